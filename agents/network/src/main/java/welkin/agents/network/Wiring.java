package welkin.agents.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NetworkPlugin;

/**
 * Which ports carry traffic, as told to the Network service. What it could not be told stays to be
 * told.
 */
final class Wiring {
  private static final Logger log = LoggerFactory.getLogger(Wiring.class);
  private final String host;
  private final NetworkPlugin plugin;
  private final Map<String, Set<String>> wiredBySource = new HashMap<>();
  private final Set<String> told = new HashSet<>();

  /** Ports to speak of even if they are as the service may believe. */
  private final Set<String> doubtful = new HashSet<>();

  Wiring(String host, NetworkPlugin plugin) {
    this.host = host;
    this.plugin = plugin;
  }

  /** The service's memory may differ: every one of these ports is reported again. */
  synchronized void doubt(Set<String> desired) {
    told.retainAll(desired);
    doubtful.addAll(desired);
  }

  /** These ports are reported once more. */
  synchronized void again(Set<String> ports) {
    doubtful.addAll(ports);
  }

  /** What one part of the agent has wired now; tells the service what is new. */
  synchronized void set(String source, Set<String> wired) {
    wiredBySource.put(source, Set.copyOf(wired));
    flush();
  }

  synchronized void flush() {
    var now = new HashSet<String>();
    wiredBySource.values().forEach(now::addAll);
    var up = new ArrayList<String>();
    for (var p : now) {
      if (!told.contains(p) || doubtful.contains(p)) {
        up.add(p);
      }
    }
    var down = new ArrayList<String>();
    for (var p : told) {
      if (!now.contains(p)) {
        down.add(p);
      }
    }
    if (wiredBySource.size() > 1) {
      doubtful.stream().filter(p -> !now.contains(p) && !told.contains(p)).forEach(down::add);
    }
    try {
      tell(up, down);
    } catch (RuntimeException e) {
      log.warn("ports cannot be reported now, will retry: {}", e.getMessage());
    }
  }

  private void tell(List<String> up, List<String> down) {
    if (!up.isEmpty()) {
      plugin.portsUp(host, up);
      told.addAll(up);
      up.forEach(doubtful::remove);
    }
    if (!down.isEmpty()) {
      plugin.portsDown(host, down);
      down.forEach(told::remove);
      down.forEach(doubtful::remove);
    }
  }
}
