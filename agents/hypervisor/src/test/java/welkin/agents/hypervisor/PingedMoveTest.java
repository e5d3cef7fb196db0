package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.LiveOptions.TimeoutAction;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.NicSpec;
import welkin.core.Exec;
import welkin.core.Secret;
import welkin.testkit.Eventually;
import welkin.testkit.ImageServer;

/**
 * A Linux guest that is pinged while it goes live from one host to another, both on one bridge.
 * Needs root and the test guest: {@code -Dguest.image=guest.qcow2} (see {@code guest-image/}).
 */
@Tag("real")
class PingedMoveTest {
  private static final String ADDRESS = "10.77.0.9";
  private final String ns = "hpm-" + ProcessHandle.current().pid();
  private final String image = System.getProperty("guest.image", "");
  private final ImageServer images = new ImageServer();
  private final List<Process> daemons = new ArrayList<>();
  private Path state;
  private QemuInstanceAgent a;
  private QemuInstanceAgent b;

  @BeforeEach
  void network() throws Exception {
    assumeTrue(!image.isEmpty(), "no test guest: -Dguest.image is not set");
    state = Files.createTempDirectory("pinged");
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
    Exec.must("ip", "netns", "add", ns);
    in("ip", "link", "set", "lo", "up");
    in("ip", "link", "add", "br0", "type", "bridge");
    in("ip", "addr", "add", "10.77.0.1/24", "dev", "br0");
    in("ip", "link", "set", "br0", "up");
    daemons.add(
        start(
            "dhcp.log",
            "dnsmasq",
            "--no-daemon",
            "--conf-file=/dev/null",
            "--pid-file=",
            "--leasefile-ro",
            "--port=0",
            "--interface=br0",
            "--bind-interfaces",
            "--dhcp-range=" + ADDRESS + "," + ADDRESS + ",1h"));
  }

  private void in(String... command) {
    var words = new ArrayList<>(List.of("ip", "netns", "exec", ns));
    words.addAll(List.of(command));
    Exec.must(words.toArray(String[]::new));
  }

  private Process start(String log, String... command) throws Exception {
    var words = new ArrayList<>(List.of("ip", "netns", "exec", ns));
    words.addAll(List.of(command));
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(state.resolve(log).toFile())
        .start();
  }

  @AfterEach
  void tearDown() throws Exception {
    images.close();
    for (var agent : new QemuInstanceAgent[] {a, b}) {
      if (agent != null) {
        agent.destroyAll();
        agent.close();
      }
    }
    for (var d : daemons) {
      d.destroy();
      d.waitFor();
    }
    if (state != null) {
      Exec.must("ip", "netns", "del", ns);
      HostFiles.removeTree(state);
    }
  }

  private QemuInstanceAgent open(String name, String address, boolean shared) {
    var settings = HypervisorSettings.of(name, state.resolve(name)).withHostIp(address);
    return new QemuInstanceAgent(
        shared ? settings.withStorage(state.resolve("shared")) : settings,
        InstantSource.system(),
        s -> {});
  }

  /** What a network agent does with a guest's device. */
  private void wire(NicSpec nic, String as) {
    Exec.must("ip", "link", "set", "dev", nic.deviceName(), "netns", ns);
    in("ip", "link", "set", "dev", nic.deviceName(), "name", as);
    in("ip", "link", "set", "dev", as, "master", "br0", "up");
  }

  @ParameterizedTest
  @CsvSource({"true,128", "false,128", "true,512", "false,512"})
  void aPingedGuestHardlyMissesOne(boolean shared, int memoryMb) throws Exception {
    a = open("a", "127.0.0.31", shared);
    b = open("b", "127.0.0.32", shared);
    var bytes = Files.readAllBytes(Path.of(image));
    var imageId = UUID.randomUUID().toString();
    images.put(imageId, bytes);
    var port = UUID.randomUUID().toString();
    var nic =
        new NicSpec(
            port,
            UUID.randomUUID().toString(),
            "fa:16:3e:" + port.replaceAll("(..)(..)(..).*", "$1:$2:$3"),
            1450);
    var spec =
        new InstanceSpec(
            UUID.randomUUID().toString(),
            "pinged",
            "pinged",
            "c0ffee00c0ffee00c0ffee00c0ffee00",
            1,
            memoryMb,
            1,
            0,
            0,
            new ImageSource(
                imageId,
                images.url(imageId),
                Secret.of(ImageServer.TOKEN),
                "qcow2",
                bytes.length,
                null),
            List.of(nic),
            Map.of("openstack/latest/meta_data.json", "e30="),
            Map.of(),
            Map.of());
    a.spawn(spec);
    wire(nic, "ta");
    a.power(spec.serverId(), PowerAction.RESUME, 0);
    within(
        "the guest answers",
        Duration.ofSeconds(180),
        () -> Exec.run("ip", "netns", "exec", ns, "ping", "-c1", "-W1", ADDRESS).ok());
    within(
        "the guest is up",
        Duration.ofSeconds(180),
        () -> a.consoleLog(spec.serverId(), null).contains("login:"));

    var to = b.prepareIncoming(spec, a.openDisks(spec.serverId()), !shared);
    wire(nic, "tb");
    daemons.add(start("fine.log", "ping", "-D", "-i", "0.02", ADDRESS));
    daemons.add(start("five.log", "ping", "-D", "-i", "0.2", ADDRESS));
    within("pings", Duration.ofSeconds(30), () -> seconds("five.log").size() > 15);
    var quiet = gap();
    a.migrateLive(
        spec.serverId(), to, new LiveOptions(300, TimeoutAction.ABORT, 100, 0, true, false));
    within("the end", Duration.ofSeconds(300), () -> a.migration(spec.serverId()).status().over());
    var end = a.migration(spec.serverId());
    assertThat(end.status()).as(end.error()).isEqualTo(Status.COMPLETED);
    b.completeIncoming(spec.serverId());
    int before = seconds("five.log").lastKey();
    within("pings again", Duration.ofSeconds(30), () -> seconds("five.log").lastKey() > before + 5);
    var answers = seconds("five.log");
    int lost = answers.lastKey() - answers.firstKey() + 1 - answers.size();
    System.out.printf(
        "%s storage, %d MiB: %d ms in all, %d ms downtime, longest gap %.0f ms (before %.0f ms),"
            + " %d lost at 5/s, %d MiB sent%n",
        shared ? "shared" : "local",
        memoryMb,
        end.elapsedMs(),
        end.downtimeMs(),
        gap() * 1000,
        quiet * 1000,
        lost,
        end.memoryProcessedBytes() + end.diskProcessedBytes() >> 20);
    assertThat(lost).isLessThanOrEqualTo(1 + overload());
    assertThat(b.consoleLog(spec.serverId(), null)).contains("login:");
  }

  private static void within(String what, Duration limit, java.util.function.BooleanSupplier is) {
    Eventually.eventually(what, limit, is, () -> "");
  }

  /** What a machine busy with other things may lose besides: it stops pings and guests alike. */
  private static int overload() throws java.io.IOException {
    var load = Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    return (int) (load / (4 * Runtime.getRuntime().availableProcessors()));
  }

  /** The longest time without an answer so far, in seconds. */
  private double gap() {
    double gap = 0;
    double last = 0;
    for (var at : seconds("fine.log").values()) {
      gap = last == 0 ? 0 : Math.max(gap, at - last);
      last = at;
    }
    return gap;
  }

  /** When answers came, by number, in seconds. */
  private TreeMap<Integer, Double> seconds(String log) {
    try {
      var times = new TreeMap<Integer, Double>();
      var m =
          Pattern.compile("\\[([0-9.]+)\\] [0-9]+ bytes from .* icmp_seq=([0-9]+)")
              .matcher(Files.readString(state.resolve(log)));
      while (m.find()) {
        times.put(Integer.valueOf(m.group(2)), Double.valueOf(m.group(1)));
      }
      return times;
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
