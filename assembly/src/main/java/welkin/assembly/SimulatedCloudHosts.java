package welkin.assembly;

import java.time.Duration;
import welkin.agents.simulated.SimulatedHosts;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.Bus;

/**
 * Simulated hosts; their world is kept in the state folder, so that it outlives a killed process.
 */
final class SimulatedCloudHosts implements Hosts {
  private final SimulatedHosts hosts;

  SimulatedCloudHosts(CloudSettings settings, Bus bus) {
    var config = settings.config();
    var world =
        SimulatedWorld.kept(settings.home().resolve("simulated-world.jsonl"), settings.clock());
    int snapshot = config.get(Options.SIMULATED_SNAPSHOT);
    if (snapshot > 0) {
      world.delay("snapshot", Duration.ofSeconds(snapshot));
    }
    hosts =
        SimulatedHosts.start(
            bus, world, settings.simulated(), config.get(Options.SIMULATED_PREFIX));
  }

  SimulatedWorld world() {
    return hosts.world();
  }

  @Override
  public void close() {
    hosts.close();
  }
}
