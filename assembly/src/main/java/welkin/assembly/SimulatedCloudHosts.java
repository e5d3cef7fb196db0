package welkin.assembly;

import welkin.agents.simulated.SimulatedHosts;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.Bus;

/** Hosts that exist only in memory. */
final class SimulatedCloudHosts implements Hosts {
  private final SimulatedHosts hosts;

  SimulatedCloudHosts(CloudSettings settings, Bus bus) {
    hosts = SimulatedHosts.start(bus, new SimulatedWorld(settings.clock()), settings.simulated());
  }

  @Override
  public void close() {
    hosts.close();
  }
}
