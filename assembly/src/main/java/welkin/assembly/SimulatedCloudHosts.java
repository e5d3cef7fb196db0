package welkin.assembly;

import welkin.agents.simulated.SimulatedHosts;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.Bus;

/**
 * Simulated hosts; their world is kept in the state folder, so that it outlives a killed process.
 */
final class SimulatedCloudHosts implements Hosts {
  private final SimulatedHosts hosts;

  SimulatedCloudHosts(CloudSettings settings, Bus bus) {
    hosts =
        SimulatedHosts.start(
            bus,
            SimulatedWorld.kept(settings.home().resolve("simulated-world.jsonl"), settings.clock()),
            settings.simulated(),
            settings.config().get(Options.SIMULATED_PREFIX));
  }

  SimulatedWorld world() {
    return hosts.world();
  }

  @Override
  public void close() {
    hosts.close();
  }
}
