package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostReport;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;

/** What the host is: its QEMU, how that can run guests, and the computer below. */
final class HostFacts {
  private static final Logger log = LoggerFactory.getLogger(HostFacts.class);

  /** Processor flags that have a Placement trait (os-traits, {@code hw/cpu/x86}). */
  private static final Map<String, String> TRAITS = new LinkedHashMap<>();

  static {
    for (var flag :
        List.of(
            "mmx", "sse", "sse2", "ssse3", "avx", "avx2", "fma", "bmi1", "bmi2", "adx", "f16c",
            "abm", "3dnow", "mpx", "sgx")) {
      TRAITS.put(flag, flag.toUpperCase(Locale.ROOT));
    }
    TRAITS.put("pni", "SSE3");
    TRAITS.put("sse4_1", "SSE41");
    TRAITS.put("sse4_2", "SSE42");
    TRAITS.put("sse4a", "SSE4A");
    TRAITS.put("aes", "AESNI");
    TRAITS.put("pclmulqdq", "CLMUL");
    TRAITS.put("sha_ni", "SHA");
    TRAITS.put("avx512f", "AVX512F");
    TRAITS.put("avx512bw", "AVX512BW");
    TRAITS.put("avx512cd", "AVX512CD");
    TRAITS.put("avx512dq", "AVX512DQ");
    TRAITS.put("avx512vl", "AVX512VL");
    TRAITS.put("vmx", "VMX");
    TRAITS.put("svm", "SVM");
  }

  /** What QEMU's own translation gives a guest of the model used with it. */
  private static final Set<String> TCG_FLAGS =
      Set.of("mmx", "sse", "sse2", "pni", "ssse3", "sse4_1", "sse4_2");

  private static final String TCG_MODEL = "Nehalem";

  // what this agent does of the abilities upstream's drivers declare
  private static final List<String> ABILITIES =
      List.of(
          "COMPUTE_NODE",
          "COMPUTE_NET_ATTACH_INTERFACE",
          "COMPUTE_IMAGE_TYPE_AMI",
          "COMPUTE_IMAGE_TYPE_ISO",
          "COMPUTE_IMAGE_TYPE_QCOW2",
          "COMPUTE_IMAGE_TYPE_RAW",
          "COMPUTE_IMAGE_TYPE_VDI",
          "COMPUTE_IMAGE_TYPE_VHD",
          "COMPUTE_IMAGE_TYPE_VHDX",
          "COMPUTE_IMAGE_TYPE_VMDK",
          "COMPUTE_STORAGE_BUS_IDE",
          "COMPUTE_STORAGE_BUS_SCSI",
          "COMPUTE_STORAGE_BUS_VIRTIO",
          "COMPUTE_GRAPHICS_MODEL_VGA",
          "COMPUTE_NET_VIF_MODEL_E1000",
          "COMPUTE_NET_VIF_MODEL_E1000E",
          "COMPUTE_NET_VIF_MODEL_NE2K_PCI",
          "COMPUTE_NET_VIF_MODEL_PCNET",
          "COMPUTE_NET_VIF_MODEL_RTL8139",
          "COMPUTE_NET_VIF_MODEL_VIRTIO");

  private final HypervisorSettings settings;
  private final Confinement confinement;
  private final long version;
  private final String machine;
  private final String accel;
  private final String bootId;
  private final String storageId;
  private final InstantSource clock;

  /** Asks QEMU what it is; a fault 503 when there is none. */
  HostFacts(HypervisorSettings settings, Confinement confinement, InstantSource clock)
      throws IOException {
    this.settings = settings;
    this.clock = clock;
    this.confinement = confinement;
    this.bootId = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    this.storageId = mark(settings.storage());
    this.version = version(ask("-version"));
    this.machine = newestMachine(ask("-machine", "help"));
    this.accel = accel();
  }

  private String ask(String... options) {
    var command = new ArrayList<>(List.of(settings.qemu()));
    command.addAll(List.of(options));
    try {
      return Exec.must(command.toArray(String[]::new));
    } catch (Fault f) {
      throw Fault.unavailable("QEMU cannot be used on this host: " + f.getMessage(), 60);
    }
  }

  /** {@code 7.2.22} as 7002022. */
  static long version(String words) {
    var m = Pattern.compile("version (\\d+)\\.(\\d+)\\.(\\d+)").matcher(words);
    if (!m.find()) {
      return 0;
    }
    return Long.parseLong(m.group(1)) * 1_000_000
        + Long.parseLong(m.group(2)) * 1000
        + Long.parseLong(m.group(3));
  }

  /** The newest versioned i440fx machine type; the first QEMU lists. */
  static String newestMachine(String help) {
    return help.lines()
        .map(l -> l.split("\\s+")[0])
        .filter(n -> n.matches("pc-i440fx-\\d+\\.\\d+"))
        .max(java.util.Comparator.comparing(HostFacts::machineOrder))
        .orElseThrow(() -> Fault.unavailable("This QEMU has no pc-i440fx machine.", 60));
  }

  private static int machineOrder(String name) {
    var v = name.substring("pc-i440fx-".length()).split("\\.");
    return Integer.parseInt(v[0]) * 1000 + Integer.parseInt(v[1]);
  }

  /** The id of the storage guests' disks lie on. */
  String storageId() {
    return storageId;
  }

  String bootId() {
    return bootId;
  }

  /**
   * The virtual hardware new guests get.
   *
   * <p>Before version 9.0 QEMU under TCG loses writes to memory during a migration when the size of
   * memory is a multiple of 256 KiB (it clears the dirty bits of 64 pages at once and forgets to
   * tell its translated code): guests get 128 KiB less.
   */
  GuestRecord.Hardware hardware() {
    return new GuestRecord.Hardware(machine, cpuModel(accel), accel, trim());
  }

  /** Today's hardware for a guest that was made with another; its machine type stays. */
  GuestRecord.Hardware hardware(GuestRecord.Hardware old) {
    return new GuestRecord.Hardware(old.machine(), cpuModel(accel), accel, trim());
  }

  private int trim() {
    return forgetsWrites() ? 128 : 0;
  }

  /** Whether a migration of an untrimmed guest loses writes. */
  boolean forgetsWrites() {
    return accel.equals("tcg") && version < 9_000_000;
  }

  private static String cpuModel(String accel) {
    return accel.equals("kvm") ? "host" : TCG_MODEL;
  }

  boolean kvm() {
    return accel.equals("kvm");
  }

  /** The answer of the boot sector probe, remembered until the host or QEMU changes. */
  private record Probe(String bootId, long version, String accel) {}

  private String accel() throws IOException {
    var file = settings.state().resolve("accel.json");
    if (Files.exists(file)) {
      var known = Json.read(Files.readAllBytes(file), Probe.class);
      if (bootId.equals(known.bootId()) && known.version() == version) {
        return known.accel();
      }
    }
    var found = Files.exists(Path.of("/dev/kvm")) && runs("kvm") ? "kvm" : "tcg";
    log.info("guests run under {}", found);
    HostFiles.write(file, Json.bytes(new Probe(bootId, version, found)));
    return found;
  }

  /**
   * Whether QEMU really runs code this way: a boot sector that writes 16 to the debug exit port
   * ends QEMU with status 33. {@code /dev/kvm} may be there and hang.
   */
  private boolean runs(String way) throws IOException {
    var sector = new byte[512];
    var code = HexFormat.of().parseHex("baf400b010eef4");
    System.arraycopy(code, 0, sector, 0, code.length);
    sector[510] = 0x55;
    sector[511] = (byte) 0xaa;
    var directory = settings.state().resolve("probe");
    confinement.directory(directory);
    try {
      Files.write(directory.resolve("sector"), sector);
      var command = new ArrayList<String>();
      command.addAll(List.of("env", "-C", directory.toString()));
      command.addAll(confinement.words(true));
      command.addAll(
          List.of(
              settings.qemu(),
              "-accel",
              way,
              "-m",
              "32",
              "-nodefaults",
              "-display",
              "none",
              "-device",
              "isa-debug-exit,iobase=0xf4,iosize=4",
              "-drive",
              "file=sector,format=raw,if=ide"));
      confinement.own(directory.resolve("sector"));
      var r = Exec.run(Duration.ofSeconds(5), null, command);
      log.info("accelerator {}: status {} {}", way, r.status(), r.err().strip());
      return r.status() == 33;
    } catch (Fault f) {
      log.info("accelerator {}: {}", way, f.getMessage());
      return false;
    } finally {
      HostFiles.removeTree(directory);
    }
  }

  /**
   * The mark of the storage guests' disks lie on, made by the host that comes first: hosts that
   * find the same share it.
   */
  static String mark(Path storage) throws IOException {
    Files.createDirectories(storage);
    var mark = storage.resolve("storage-id");
    var mine = Files.createTempFile(storage, "storage-id", ".part");
    try {
      Files.writeString(mine, Ids.system().uuid() + "\n");
      // unlike a rename, a link does not replace what another host wrote a moment ago
      Files.createLink(mark, mine);
    } catch (FileAlreadyExistsException e) {
      log.debug("{} is there", mark);
    } finally {
      Files.delete(mine);
    }
    return Files.readString(mark).strip();
  }

  /** What the host is and has now. */
  HostReport report() {
    var cpu = proc("/proc/cpuinfo", ":");
    var memory = proc("/proc/meminfo", ":");
    long total = kib(memory.get("MemTotal"));
    long free = kib(memory.get("MemAvailable"));
    var flags = flags(cpu);
    try {
      var store = Files.getFileStore(settings.storage());
      return new HostReport(
          settings.host(),
          "QEMU",
          version,
          cpuInfo(cpu, flags),
          Runtime.getRuntime().availableProcessors(),
          total >> 10,
          (total - free) >> 10,
          store.getTotalSpace() >> 30,
          (store.getTotalSpace() - store.getUsableSpace()) >> 30,
          settings.hostIp(),
          traits(flags),
          accel,
          storageId,
          uptime());
    } catch (IOException e) {
      throw HostFiles.fault("looking at " + settings.state(), e);
    }
  }

  /** What the program {@code uptime} prints (procps): time, how long up, users, load. */
  private String uptime() {
    try {
      long up = (long) Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
      var load = Files.readString(Path.of("/proc/loadavg")).split(" ");
      int users = users(Path.of("/run/utmp"));
      return " %tT up %s,  %d user%s,  load average: %s, %s, %s"
          .formatted(
              LocalTime.ofInstant(clock.instant(), ZoneId.systemDefault()),
              upFor(up),
              users,
              users == 1 ? "" : "s",
              load[0],
              load[1],
              load[2]);
    } catch (IOException e) {
      throw HostFiles.fault("reading the load", e);
    }
  }

  /** {@code 3 days, 2:11}, {@code 2:11} or {@code 11 min}. */
  static String upFor(long seconds) {
    long days = seconds / 86_400;
    long hours = seconds / 3600 % 24;
    long minutes = seconds / 60 % 60;
    var b = new StringBuilder();
    if (days > 0) {
      b.append(days).append(days == 1 ? " day, " : " days, ");
    }
    return b.append(hours > 0 ? "%2d:%02d".formatted(hours, minutes) : minutes + " min").toString();
  }

  /** Sessions in the login records (utmp(5)): entries of 384 bytes, type 7 is a user. */
  private static int users(Path utmp) throws IOException {
    if (!Files.exists(utmp)) {
      return 0;
    }
    var entries = ByteBuffer.wrap(Files.readAllBytes(utmp)).order(ByteOrder.nativeOrder());
    int users = 0;
    for (int at = 0; at + 384 <= entries.capacity(); at += 384) {
      users += entries.getShort(at) == 7 ? 1 : 0;
    }
    return users;
  }

  private Set<String> flags(Map<String, String> cpu) {
    return kvm() ? Set.of(cpu.getOrDefault("flags", "").split("\\s+")) : TCG_FLAGS;
  }

  private static List<String> traits(Set<String> flags) {
    var traits = new TreeSet<String>(ABILITIES);
    TRAITS.forEach(
        (flag, trait) -> {
          if (flags.contains(flag)) {
            traits.add("HW_CPU_X86_" + trait);
          }
        });
    return List.copyOf(traits);
  }

  private String cpuInfo(Map<String, String> cpu, Set<String> flags) {
    int n = Runtime.getRuntime().availableProcessors();
    return Json.text(
        Map.of(
            "arch",
            "x86_64",
            "model",
            kvm() ? cpu.getOrDefault("model name", "host") : TCG_MODEL,
            "vendor",
            vendor(cpu.getOrDefault("vendor_id", "")),
            "topology",
            Map.of("cells", 1, "sockets", 1, "cores", n, "threads", 1),
            "features",
            new TreeSet<>(flags)));
  }

  private static String vendor(String id) {
    return switch (id) {
      case "GenuineIntel" -> "Intel";
      case "AuthenticAMD" -> "AMD";
      default -> id;
    };
  }

  private static long kib(String value) {
    return value == null ? 0 : Long.parseLong(value.replaceAll("\\D", ""));
  }

  /** The first value of every name in a file of names and values. */
  private static Map<String, String> proc(String file, String separator) {
    try {
      var values = new LinkedHashMap<String, String>();
      for (var line : Files.readAllLines(Path.of(file))) {
        int at = line.indexOf(separator);
        if (at > 0) {
          values.putIfAbsent(line.substring(0, at).strip(), line.substring(at + 1).strip());
        }
      }
      return values;
    } catch (IOException e) {
      throw HostFiles.fault("reading " + file, e);
    }
  }
}
