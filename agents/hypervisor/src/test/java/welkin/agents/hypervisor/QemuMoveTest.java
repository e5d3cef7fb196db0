package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceState;
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
}
