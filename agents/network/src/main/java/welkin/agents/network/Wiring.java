package welkin.agents.network;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.PortReports;

/**
 * Which ports carry traffic, as told to the Network service. What it could not be told stays to be
 * told.
 */
final class Wiring {
  private static final Logger log = LoggerFactory.getLogger(Wiring.class);
  private final String host;
  private final NetworkPlugin plugin;
  private final Predicate<String> desired;
  private final LongSupplier nanos;
  private final Map<String, Set<String>> wiredBySource = new HashMap<>();
  private final PortReports reports = new PortReports();

  /**
   * @param desired whether the host should have a port
   * @param nanos now, as {@link System#nanoTime}
   */
  Wiring(String host, NetworkPlugin plugin, Predicate<String> desired, LongSupplier nanos) {
    this.host = host;
    this.plugin = plugin;
    this.desired = desired;
    this.nanos = nanos;
  }

  /** The service's memory may differ: every port is reported again, these in any case. */
  synchronized void doubt(Collection<String> ports) {
    reports.doubt(ports);
  }

  /** These ports are reported once more. */
  synchronized void again(Collection<String> ports) {
    reports.again(ports);
  }

  /**
   * What one part of the agent has wired now; tells the service what is new. Each part says so
   * every few seconds, so a port that stays away is told of in time.
   */
  synchronized void set(String source, Set<String> wired) {
    wiredBySource.put(source, Set.copyOf(wired));
    var now = new HashSet<String>();
    wiredBySource.values().forEach(now::addAll);
    var news = reports.news(now, desired, nanos.getAsLong());
    try {
      if (!news.up().isEmpty()) {
        plugin.portsUp(host, news.up());
        reports.saidUp(news.up());
      }
      // before all parts have spoken, nobody knows what is away
      var down = wiredBySource.size() > 1 ? news.down() : List.<String>of();
      if (!down.isEmpty()) {
        plugin.portsDown(host, down);
        reports.saidDown(down);
      }
    } catch (RuntimeException e) {
      log.warn("ports cannot be reported now, will retry: {}", e.getMessage());
    }
  }
}
