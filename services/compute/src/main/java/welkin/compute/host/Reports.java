package welkin.compute.host;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceState;

/** What hosts tell Compute over the bus. */
public final class Reports implements ComputeReports {
  private final Hosts hosts;
  private final BiConsumer<String, InstanceState> changed;
  private final Consumer<String> arrived;
  private final Set<String> heard = ConcurrentHashMap.newKeySet();

  /**
   * @param changed what to do about a guest that changed
   * @param arrived what to do about a host that was not up before, or is heard for the first time
   */
  public Reports(Hosts hosts, BiConsumer<String, InstanceState> changed, Consumer<String> arrived) {
    this.hosts = hosts;
    this.changed = changed;
    this.arrived = arrived;
  }

  @Override
  public void alive(HostReport report) {
    // a host that is heard for the first time may have stopped its guests while nobody listened
    boolean back = heard.add(report.host()) || !hosts.up(report.host());
    hosts.alive(report);
    if (back) {
      arrived.accept(report.host());
    }
  }

  @Override
  public void changed(String host, InstanceState state) {
    changed.accept(host, state);
  }
}
