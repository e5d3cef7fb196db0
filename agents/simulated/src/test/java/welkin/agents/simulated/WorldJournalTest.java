package welkin.agents.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;

class WorldJournalTest {
  private static InstanceSpec spec(String id) {
    return new InstanceSpec(
        id,
        "n",
        "n",
        "p",
        1,
        64,
        1,
        0,
        0,
        null,
        List.of(
            new NicSpec("12345678-1234-1234-1234-123456789012", "net", "fa:16:3e:00:00:01", 1450)),
        Map.of("k", "v"),
        Map.of(),
        Map.of());
  }

  @Test
  void aWorldIsFoundAsItWasLeft(@TempDir Path dir) {
    var file = dir.resolve("world");
    var agent = new SimulatedInstanceAgent(SimulatedWorld.kept(file, InstantSource.system()), "h");
    agent.spawn(spec("a"));
    agent.spawn(spec("b"));
    agent.power("a", PowerAction.RESUME, 0);
    agent.destroy("b");

    var again = new SimulatedInstanceAgent(SimulatedWorld.kept(file, InstantSource.system()), "h");
    assertThat(again.instances()).hasSize(1);
    assertThat(again.instance("a").power()).isEqualTo(PowerState.RUNNING);
    assertThat(again.report().memoryUsedMb()).isEqualTo(64);
  }

  @Test
  void aTornLineIsForgottenAndHostsKeepTheirAddresses(@TempDir Path dir) throws Exception {
    var file = dir.resolve("world");
    var agent =
        new SimulatedInstanceAgent(SimulatedWorld.kept(file, InstantSource.system()), "sim-0042");
    agent.spawn(spec("a"));
    Files.writeString(file, "{\"host\":\"sim-0042\",\"id\":\"b", StandardOpenOption.APPEND);
    for (int i = 0; i < 2; i++) {
      var again =
          new SimulatedInstanceAgent(SimulatedWorld.kept(file, InstantSource.system()), "sim-0042");
      assertThat(again.instances()).extracting(InstanceState::serverId).containsExactly("a");
      assertThat(again.report().hostIp()).isEqualTo("198.18.0.42");
      again.power("a", PowerAction.STOP, 0);
    }
  }

  @Test
  void historyIsLeftOut(@TempDir Path dir) throws Exception {
    var file = dir.resolve("world");
    var world = new SimulatedWorld(InstantSource.system());
    var journal = new WorldJournal(file, world, 2000);
    var agent = new SimulatedInstanceAgent(world, "h");
    agent.spawn(spec("a"));
    for (int i = 0; i < 1000; i++) {
      journal.keep(world.host("h"), "a");
    }
    assertThat(Files.size(file)).isLessThan(10_000);
    assertThat(
            new SimulatedInstanceAgent(SimulatedWorld.kept(file, InstantSource.system()), "h")
                .instances())
        .hasSize(1);
  }
}
