package welkin.agents.hypervisor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.NicSpec;

/**
 * QEMU's command line for a guest. Every device has an id and a PCI slot of its own, so that memory
 * saved by one process fits the next, and guests see the same hardware at every boot. File names
 * are relative to {@link GuestDirectory#vm()}.
 */
final class QemuCommand {
  /** Node name of the root disk's top layer. */
  static final String ROOT_NODE = "root";

  private final GuestRecord record;
  private final InstanceSpec spec;
  private final GuestDirectory dir;
  private final List<String> words = new ArrayList<>();
  private int disks;

  private QemuCommand(GuestRecord record, InstanceSpec spec, GuestDirectory dir) {
    this.record = record;
    this.spec = spec;
    this.dir = dir;
  }

  /**
   * The command for a guest.
   *
   * @param start how it begins
   */
  static List<String> of(
      String qemu, GuestRecord record, InstanceSpec spec, GuestDirectory dir, Start start) {
    var c = new QemuCommand(record, spec, dir);
    c.words.add(qemu);
    c.machine();
    c.consoles();
    c.disks();
    c.nics();
    if (start != Start.ARRIVING) {
      c.add("-S");
    }
    if (start != Start.PAUSED) {
      c.add("-incoming", "defer");
    }
    return c.words;
  }

  /** How a process begins. */
  enum Start {
    PAUSED,
    /** Waits for saved memory; paused then. */
    FED,
    /** Waits for memory from another host, and goes on at once as it was there. */
    ARRIVING
  }

  private void add(String... more) {
    words.addAll(List.of(more));
  }

  private void machine() {
    var h = record.hardware();
    var id = spec.serverId();
    add("-name", "guest=" + id + ",debug-threads=on", "-uuid", id);
    add("-M", h.machine());
    // a cache of translated code beyond 32 MiB costs resident memory and gains nothing at boot
    add("-accel", h.accel().equals("tcg") ? "tcg,tb-size=32" : h.accel());
    add("-cpu", h.cpu());
    add("-m", memory(), "-smp", GuestFeatures.topology(spec));
    add("-nodefaults", "-no-user-config", "-display", "none");
    add(
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-action",
        "reboot=shutdown,shutdown=pause");
    add(
        "-rtc",
        "base=" + ("windows".equals(spec.imageProperties().get("os_type")) ? "localtime" : "utc"));
    // cloud-init knows by the product name that there is a metadata service to ask
    add(
        "-smbios",
        "type=1,manufacturer=OpenStack Foundation,product=OpenStack Nova,version=Welkin,serial="
            + id
            + ",uuid="
            + id
            + ",family=Virtual Machine");
  }

  private String memory() {
    int trim = record.hardware().memoryTrimKib();
    return trim == 0 ? spec.memoryMb() + "M" : (long) spec.memoryMb() * 1024 - trim + "K";
  }

  private void consoles() {
    monitor("qmp0", GuestDirectory.MONITOR, ",logappend=on,logfile=" + GuestDirectory.MONITOR_LOG);
    monitor("qmp1", "qmp2", "");
    add(
        "-chardev",
        "socket,id=serial0,path=serial,server=on,wait=off,logfile="
            + dir.disk(GuestDirectory.CONSOLE)
            + ",logappend=on",
        "-device",
        "isa-serial,chardev=serial0");
    add("-device", "VGA,id=video0,bus=pci.0,addr=0x2", "-vnc", "unix:vnc");
    add("-device", "virtio-scsi-pci,id=scsi0,bus=pci.0,addr=0x3");
    add("-device", "virtio-balloon-pci,id=balloon0,bus=pci.0,addr=0x4");
    add("-object", "rng-random,id=rng-source0,filename=/dev/urandom");
    add("-device", "virtio-rng-pci,id=rng0,rng=rng-source0,bus=pci.0,addr=0x5");
  }

  private void monitor(String id, String socket, String more) {
    add(
        "-chardev",
        "socket,id=" + id + ",path=" + socket + ",server=on,wait=off" + more,
        "-mon",
        "chardev=" + id + ",mode=control");
  }

  private void disks() {
    var bus = GuestFeatures.diskBus(spec);
    if (record.base() != null) {
      blockdev("driver=file,read-only=on,node-name=base-file,filename=" + base(dir, record.base()));
      blockdev("driver=raw,read-only=on,node-name=base,file=base-file");
    }
    blockdev("driver=file,node-name=root-file,filename=" + dir.disk(GuestDirectory.DISK));
    blockdev(
        "driver=qcow2,file=root-file,discard=unmap,node-name="
            + ROOT_NODE
            + (record.base() == null ? "" : ",backing=base"));
    disk(bus, "root", 6, false);
    if (spec.ephemeralGb() > 0) {
      raw("ephemeral", GuestDirectory.EPHEMERAL, "");
      disk(bus, "ephemeral", 7, false);
    }
    if (spec.swapMb() > 0) {
      raw("swap", GuestDirectory.SWAP, "");
      disk(bus, "swap", 8, false);
    }
    if (spec.configDrive() != null) {
      raw("config", GuestDirectory.CONFIG_DRIVE, ",read-only=on");
      var asked = spec.imageProperties().get("hw_cdrom_bus");
      disk(GuestFeatures.cdromBus(spec), "config", 9, asked != null && !asked.equals("virtio"));
    }
  }

  /** A base image as QEMU is told. */
  static String base(GuestDirectory dir, String base) {
    return dir.disk("../../../" + ImageCache.DIRECTORY + "/" + base);
  }

  private void raw(String node, String file, String more) {
    blockdev("driver=file,node-name=" + node + "-file,filename=" + dir.disk(file) + more);
    blockdev("driver=raw,file=" + node + "-file,discard=unmap,node-name=" + node + more);
  }

  private void blockdev(String options) {
    add("-blockdev", options);
  }

  private void disk(String bus, String node, int slot, boolean cdrom) {
    int n = disks++;
    var common = ",id=disk-" + node + ",drive=" + node + (n == 0 ? ",bootindex=1" : "");
    add(
        "-device",
        switch (bus) {
          case "scsi" ->
              (cdrom ? "scsi-cd" : "scsi-hd") + common + ",bus=scsi0.0,scsi-id=" + n + ",lun=0";
          case "ide" ->
              (cdrom ? "ide-cd" : "ide-hd") + common + ",bus=ide." + (n / 2) + ",unit=" + (n % 2);
          default -> "virtio-blk-pci" + common + ",bus=pci.0,addr=0x" + Integer.toHexString(slot);
        });
  }

  private void nics() {
    for (var nic : spec.nics()) {
      add("-netdev", options(netdev(nic)));
      add("-device", options(device(record, spec, nic)));
    }
  }

  /** The host side of a network device, as {@code netdev_add} wants it. */
  static Map<String, Object> netdev(NicSpec nic) {
    var m = new LinkedHashMap<String, Object>();
    m.put("type", "tap");
    m.put("id", netdevId(nic.portId()));
    m.put("ifname", nic.deviceName());
    m.put("script", "no");
    m.put("downscript", "no");
    return m;
  }

  /** The guest side of a network device, as {@code device_add} wants it. */
  static Map<String, Object> device(GuestRecord record, InstanceSpec spec, NicSpec nic) {
    var m = new LinkedHashMap<String, Object>();
    var model = GuestFeatures.nicModel(spec);
    m.put("driver", model);
    m.put("id", deviceId(nic.portId()));
    m.put("netdev", netdevId(nic.portId()));
    m.put("mac", nic.mac());
    m.put("bus", "pci.0");
    m.put("addr", "0x" + Integer.toHexString(record.slots().get(nic.portId())));
    m.put("romfile", "");
    if (model.startsWith("virtio") && nic.mtu() >= 68 && nic.mtu() <= 65535) {
      m.put("host_mtu", nic.mtu());
    }
    return m;
  }

  private static String options(Map<String, Object> options) {
    var s = new StringBuilder(String.valueOf(options.values().iterator().next()));
    options.forEach(
        (k, v) -> {
          if (!k.equals("type") && !k.equals("driver")) {
            // QEMU doubles a comma inside a value
            s.append(',').append(k).append('=').append(String.valueOf(v).replace(",", ",,"));
          }
        });
    return s.toString();
  }

  static String netdevId(String portId) {
    return "net-" + portId;
  }

  static String deviceId(String portId) {
    return "nic-" + portId;
  }

  /** The block device names a guest of these disks shows, upstream's counting, by device id. */
  static Map<String, String> diskNames(InstanceSpec spec) {
    var names = new LinkedHashMap<String, String>();
    var prefix =
        switch (GuestFeatures.diskBus(spec)) {
          case "scsi" -> "sd";
          case "ide" -> "hd";
          default -> "vd";
        };
    char letter = 'a';
    names.put("disk-root", prefix + letter++);
    if (spec.ephemeralGb() > 0) {
      names.put("disk-ephemeral", prefix + letter++);
    }
    if (spec.swapMb() > 0) {
      names.put("disk-swap", prefix + letter);
    }
    return names;
  }
}
