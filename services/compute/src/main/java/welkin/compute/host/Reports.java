package welkin.compute.host;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceState;

/** What hosts tell Compute over the bus. */
public final class Reports implements ComputeReports {
  private final Hosts hosts;
  private final BiConsumer<String, InstanceState> changed;
  private final Consumer<String> arrived;
  private final Predicate<String> admitted;
  private final Set<String> heard = ConcurrentHashMap.newKeySet();

  /**
   * @param changed what to do about a guest that changed
   * @param arrived what to do about a host that was not up before, or is heard for the first time
   * @param admitted whether such a host may count as up
   */
  public Reports(
      Hosts hosts,
      BiConsumer<String, InstanceState> changed,
      Consumer<String> arrived,
      Predicate<String> admitted) {
    this.hosts = hosts;
    this.changed = changed;
    this.arrived = arrived;
    this.admitted = admitted;
  }

  @Override
  public void alive(HostReport report) {
    // a host that is heard for the first time may have stopped its guests while nobody listened
    boolean back = heard.add(report.host()) || !hosts.up(report.host());
    if (back && !admitted.test(report.host())) {
      heard.remove(report.host());
      return; // asked again at its next sign of life
    }
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
