package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.LiveOptions.TimeoutAction;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.testkit.InstanceMoveContract;

/**
 * Moves of real guests between two agents on this computer, each with a directory and an address of
 * its own.
 */
@Tag("real")
class QemuMoveTest extends InstanceMoveContract {
  private final List<InstanceState> reported = new CopyOnWriteArrayList<>();
  private Path state;
  private boolean shared;
  private QemuInstanceAgent agent;
  private QemuInstanceAgent other;

  @BeforeEach
  void directory() throws Exception {
    state = Files.createTempDirectory("moves");
    // a shared storage's directories let QEMU pass
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx--x--x"));
  }

  @AfterEach
  void stop() throws Exception {
    agent.destroyAll();
    other.destroyAll();
    agent.close();
    other.close();
    assertThat(state.resolve("a/guests")).isEmptyDirectory();
    assertThat(state.resolve("b/guests")).isEmptyDirectory();
    if (shared) {
      assertThat(state.resolve("shared/guests")).isEmptyDirectory();
    }
    HostFiles.removeTree(state);
  }

  private QemuInstanceAgent open(String name, String address) {
    var settings =
        HypervisorSettings.of(name, state.resolve(name))
            .withHostIp(address)
            .withUnplugLimit(Duration.ofSeconds(20));
    return new QemuInstanceAgent(
        shared ? settings.withStorage(state.resolve("shared")) : settings,
        InstantSource.system(),
        reported::add);
  }

  @Override
  protected void hosts(boolean sharedStorage) {
    shared = sharedStorage;
    agent = open("a", "127.0.0.21");
    other = open("b", "127.0.0.22");
  }

  @Override
  protected InstanceAgent agent() {
    return agent;
  }

  @Override
  protected InstanceAgent other() {
    return other;
  }

  @Override
  protected void restartAgents() {
    agent.close();
    other.close();
    agent = open("a", "127.0.0.21");
    other = open("b", "127.0.0.22");
  }

  private ProcessHandle process(String host, String serverId) throws Exception {
    var pid = state.resolve(host).resolve("guests").resolve(serverId).resolve("pid");
    return ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
  }

  @Override
  protected void loseHost() throws Exception {
    agent.close();
    for (var guest : agent.instances()) {
      var p = process("a", guest.serverId());
      p.destroyForcibly();
      p.onExit().get();
    }
  }

  @Override
  protected void returnHost() {
    agent = open("a", "127.0.0.21");
  }

  @Override
  protected List<InstanceState> reported() {
    return reported;
  }

  // ---- what is QEMU's own

  private Path guest(String host, InstanceSpec spec) {
    return state.resolve(host).resolve("guests").resolve(spec.serverId());
  }

  private Exec.Result read(MoveTicket t, Path keys) {
    var source =
        "driver=raw,file.driver=nbd,file.server.type=inet,file.server.host="
            + t.address()
            + ",file.server.port="
            + t.diskPort()
            + ",file.export=root";
    return keys == null
        ? Exec.run("qemu-img", "info", "--image-opts", source)
        : Exec.run(
            "qemu-img",
            "info",
            "--object",
            "tls-creds-psk,id=t,endpoint=client,username=" + MoveKey.USER + ",dir=" + keys,
            "--image-opts",
            source + ",file.tls-creds=t");
  }

  private Path keys(String name, String key) throws Exception {
    var directory = Files.createDirectories(state.resolve(name));
    Files.writeString(directory.resolve("keys.psk"), MoveKey.USER + ":" + key + "\n");
    return directory;
  }

  private static boolean listens(String address, int port) {
    try (var s = new Socket()) {
      s.connect(new InetSocketAddress(address, port), 2000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void whoHasNotTheKeyReadsAndWritesNothing() throws Exception {
    hosts(false);
    var stopped = running(spec());
    agent.power(stopped.serverId(), PowerAction.STOP, 30);
    var cold = agent.openDisks(stopped.serverId());
    var runs = running(spec());
    var live = other.prepareIncoming(runs, agent.openDisks(runs.serverId()), true);
    var wrong = keys("wrong", "00".repeat(32));
    for (var ticket : List.of(cold, live)) {
      assertThat(read(ticket, null).ok()).as("without a key").isFalse();
      assertThat(read(ticket, wrong).ok()).as("with a wrong key").isFalse();
      var right = keys("right", ticket.key().reveal());
      assertThat(read(ticket, right).out()).contains("1 GiB");
      assertThat(ticket.toString()).doesNotContain(ticket.key().reveal());
      // only where the host says
      assertThat(listens(ticket.address(), ticket.diskPort())).isTrue();
      assertThat(listens("127.0.0.1", ticket.diskPort())).isFalse();
    }
    assertThat(cold.key()).isNotEqualTo(live.key());
    // the tools of one move cannot open the other
    assertThat(read(live, keys("other", cold.key().reveal())).ok()).isFalse();

    // a stranger at the door of the memory keeps nobody out
    try (var stranger = new Socket(live.address(), live.memoryPort())) {
      stranger.getOutputStream().write("QEVM nonsense nonsense nonsense".getBytes());
    }
    var badKey =
        new MoveTicket(
            live.serverId(),
            live.host(),
            live.address(),
            live.memoryPort(),
            live.diskPort(),
            Secret.of("11".repeat(32)),
            live.storageId(),
            live.model(),
            live.disks());
    agent.migrateLive(runs.serverId(), badKey, LiveOptions.standard());
    await("its end", () -> agent.migration(runs.serverId()).status().over());
    assertThat(agent.migration(runs.serverId()).status()).isEqualTo(Status.FAILED);
    assertThat(power(runs)).isEqualTo(PowerState.RUNNING);
    moved(runs, live);

    agent.closeDisks(stopped.serverId());
    agent.closeDisks(runs.serverId());
    for (var ticket : List.of(cold, live)) {
      assertThat(listens(ticket.address(), ticket.diskPort())).isFalse();
    }
    assertThat(listens(live.address(), live.memoryPort())).isFalse();
    for (var file : List.of("a", "b")) {
      try (var all = Files.walk(state.resolve(file).resolve("guests"))) {
        assertThat(all.map(p -> p.getFileName().toString()))
            .noneMatch(n -> n.startsWith("key") || n.contains("fetched") || n.endsWith(".part"));
      }
    }
  }

  private void moved(InstanceSpec spec, MoveTicket to) {
    agent.migrateLive(spec.serverId(), to, LiveOptions.standard());
    await("its end", () -> agent.migration(spec.serverId()).status().over());
    assertThat(agent.migration(spec.serverId()))
        .satisfies(p -> assertThat(p.status()).as(p.error()).isEqualTo(Status.COMPLETED));
    other.completeIncoming(spec.serverId());
    assertThat(other.instance(spec.serverId()).power()).isEqualTo(PowerState.RUNNING);
  }

  /** With a second disk, swap and, as all guests here, a config drive. */
  private InstanceSpec manyDisks(InstanceSpec s) {
    return new InstanceSpec(
        s.serverId(),
        s.name(),
        s.hostname(),
        s.projectId(),
        s.vcpus(),
        s.memoryMb(),
        s.rootGb(),
        1,
        64,
        s.image(),
        s.nics(),
        s.configDrive(),
        s.extraSpecs(),
        s.imageProperties());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void allDisksArriveWithOrWithoutTheirImage(boolean imageGone) throws Exception {
    hosts(false);
    var runs = running(manyDisks(spec()));
    var stopped = running(manyDisks(spec()));
    agent.power(stopped.serverId(), PowerAction.STOP, 30);
    var iso = Files.readAllBytes(guest("a", runs).resolve("config.iso"));
    if (imageGone) {
      images.remove(runs.image().id());
    }
    moved(runs, other.prepareIncoming(runs, agent.openDisks(runs.serverId()), true));
    assertThat(Files.readAllBytes(guest("b", runs).resolve("config.iso"))).isEqualTo(iso);
    other.power(runs.serverId(), PowerAction.STOP, 30);
    other.adopt(stopped, agent.openDisks(stopped.serverId()));
    for (var spec : List.of(runs, stopped)) {
      assertThat(agent.consoleLog(spec.serverId(), null))
          .isEqualTo(other.consoleLog(spec.serverId(), null));
      for (var disk : List.of("disk.qcow2", "ephemeral.raw", "swap.raw")) {
        var format = disk.endsWith("raw") ? "raw" : "qcow2";
        var same =
            Exec.run(
                "qemu-img",
                "compare",
                "-f",
                format,
                "-F",
                format,
                guest("a", spec).resolve("vm").resolve(disk).toString(),
                guest("b", spec).resolve("vm").resolve(disk).toString());
        assertThat(same.ok()).as(disk + ": " + same.out() + same.err()).isTrue();
      }
      var backing =
          Exec.must(
              "qemu-img", "info", guest("b", spec).resolve("vm").resolve("disk.qcow2").toString());
      assertThat(backing.contains("backing file")).isEqualTo(!imageGone);
      agent.destroy(spec.serverId());
      other.power(spec.serverId(), PowerAction.START, 0);
      await(
          "the second boot",
          () -> other.consoleLog(spec.serverId(), null).split(banner(), -1).length == 3);
    }
  }

  @Test
  void aResizedGuestHasItsLargerDisks() throws Exception {
    hosts(false);
    var spec = running(manyDisks(spec()));
    agent.power(spec.serverId(), PowerAction.STOP, 30);
    var l = larger(spec);
    other.adopt(l, agent.openDisks(spec.serverId()));
    assertThat(
            Exec.must(
                "qemu-img",
                "info",
                guest("b", spec).resolve("vm").resolve("disk.qcow2").toString()))
        .contains("virtual size: 2 GiB");
    agent.closeDisks(spec.serverId());
    other.power(spec.serverId(), PowerAction.START, 0);
    assertThat(other.diagnostics(spec.serverId())).containsKey("cpu1_time");
  }

  @Test
  void twoHostsCannotRunOneDisk() throws Exception {
    hosts(true);
    var spec = running(spec());
    // the control plane thought the first host dead, and it is not
    other.adopt(spec, null);
    var f =
        catchThrowableOfType(Fault.class, () -> other.power(spec.serverId(), PowerAction.START, 0));
    assertThat(f).hasMessageContaining("lock");
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
    assertThat(other.instance(spec.serverId()).power()).isEqualTo(PowerState.SHUTDOWN);
    agent.destroy(spec.serverId());
    other.power(spec.serverId(), PowerAction.START, 0);
    assertThat(other.instance(spec.serverId()).power()).isEqualTo(PowerState.RUNNING);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b"})
  void whenQemuDiesOnOneSideTheOtherSideIsSure(String side) throws Exception {
    hosts(false);
    var spec = running(busySpec());
    var to = other.prepareIncoming(spec, agent.openDisks(spec.serverId()), true);
    agent.migrateLive(spec.serverId(), to, slow(0, TimeoutAction.ABORT, false));
    await(
        "memory on its way",
        () -> agent.migration(spec.serverId()).memoryProcessedBytes() > 100_000);
    process(side, spec.serverId()).destroyForcibly();
    await("its end", () -> agent.migration(spec.serverId()).status().over());
    assertThat(agent.migration(spec.serverId()).status()).isEqualTo(Status.FAILED);
    await(
        "the states",
        () ->
            power(spec) == (side.equals("a") ? PowerState.CRASHED : PowerState.RUNNING)
                && other.instance(spec.serverId()).power() == PowerState.CRASHED);
    other.destroy(spec.serverId());
    agent.closeDisks(spec.serverId());
    agent.power(spec.serverId(), PowerAction.REBOOT_HARD, 0);
    assertThat(power(spec)).isEqualTo(PowerState.RUNNING);
  }

  /** A word of guest memory, by the second monitor. */
  private String word(String host, InstanceSpec spec, int address) {
    try (var qmp =
        QmpClient.connect(
            guest(host, spec).resolve("vm/qmp2"), Duration.ofSeconds(10), () -> true, e -> {})) {
      return qmp.execute(
              "human-monitor-command",
              Map.of("command-line", "xp /1hx 0x" + Integer.toHexString(address)))
          .asString()
          .replaceAll(".*: ", "")
          .strip();
    }
  }

  @Test
  void noWriteToMemoryIsLost() throws Exception {
    hosts(true);
    var spec = running(busySpec());
    agent.migrateLive(
        spec.serverId(),
        other.prepareIncoming(spec, agent.openDisks(spec.serverId()), false),
        slow(0, TimeoutAction.ABORT, false));
    await("passes", () -> agent.migration(spec.serverId()).elapsedMs() > 3000);
    agent.forceComplete(spec.serverId());
    await("its end", () -> agent.migration(spec.serverId()).status().over());
    other.completeIncoming(spec.serverId());
    other.power(spec.serverId(), PowerAction.PAUSE, 0);
    // the guest adds one to each of these together; it may be stopped in between
    var words = new TreeSet<Integer>();
    for (int address = 0x10000; address < 0x90000; address += 0x9000) {
      words.add(Integer.decode(word("b", spec, address)));
    }
    assertThat(words.last() - words.first()).as("" + words).isLessThanOrEqualTo(1);
  }

  @Test
  void anAgentKilledWhileDisksAreCopiedGoesOn() throws Exception {
    hosts(false);
    var spec = running(manyDisks(spec()));
    var to = other.prepareIncoming(spec, agent.openDisks(spec.serverId()), true);
    agent.migrateLive(spec.serverId(), to, LiveOptions.standard());
    restartAgents();
    await("its end", () -> agent.migration(spec.serverId()).status().over());
    assertThat(agent.migration(spec.serverId()).status()).isEqualTo(Status.COMPLETED);
    other.completeIncoming(spec.serverId());
    assertThat(other.instance(spec.serverId()).power()).isEqualTo(PowerState.RUNNING);
    assertThat(power(spec)).isEqualTo(PowerState.SHUTDOWN);
  }
}
