package welkin.agents.contracts;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What a host's agent says of its ports ({@link NetworkPlugin#portsUp}, {@link
 * NetworkPlugin#portsDown}), and when: that one is up at once, that one is down when it has been
 * without its device for {@link #PATIENCE}. Of a port that the host should not have any more
 * nothing is said: the service knows, it took it away.
 */
public final class PortReports {
  /**
   * Most devices go because their guest does, and its ports are taken off the host in much less: a
   * message and a transaction about each would be for nothing. Neutron's agents look for devices
   * every two seconds, so nobody is used to hear sooner.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(1);

  /** What is to be said now. */
  public record News(List<String> up, List<String> down) {}

  /** Said to be up, and so it is. */
  private final Set<String> up = new HashSet<>();

  /** Ports the service may take for up that are not, and since when, in nanoseconds. */
  private final Map<String, Long> away = new HashMap<>();

  /** Of these something is said even if they are as the service may believe. */
  private final Set<String> doubtful = new HashSet<>();

  /** The service's memory may differ: these ports, and all that were up, are reported again. */
  public synchronized void doubt(Collection<String> ports) {
    doubtful.addAll(up);
    doubtful.addAll(ports);
  }

  /** These ports are reported once more. */
  public synchronized void again(Collection<String> ports) {
    doubtful.addAll(ports);
  }

  /**
   * @param wired the ports with their devices
   * @param desired whether the host should have a port
   * @param nanos now, in {@link System#nanoTime}
   */
  public synchronized News news(Set<String> wired, Predicate<String> desired, long nanos) {
    var ups = new ArrayList<String>();
    for (var port : wired) {
      if (!up.contains(port) || doubtful.contains(port)) {
        ups.add(port);
      }
    }
    // it is said to be up when it comes back, whenever that is: meanwhile the service may have
    // bound it anew, and wait
    leave(up, wired, nanos);
    leave(doubtful, wired, nanos);
    away.keySet().removeIf(port -> wired.contains(port) || !desired.test(port));
    var downs =
        away.entrySet().stream()
            .filter(e -> nanos - e.getValue() >= PATIENCE.toNanos())
            .map(Map.Entry::getKey)
            .toList();
    return new News(ups, downs);
  }

  private void leave(Set<String> ports, Set<String> wired, long nanos) {
    ports.removeIf(
        port -> {
          boolean gone = !wired.contains(port);
          if (gone) {
            away.putIfAbsent(port, nanos);
          }
          return gone;
        });
  }

  /** The service heard that these are up. */
  public synchronized void saidUp(Collection<String> ports) {
    up.addAll(ports);
    doubtful.removeAll(ports);
  }

  /** The service heard that these are down. */
  public synchronized void saidDown(Collection<String> ports) {
    away.keySet().removeAll(ports);
  }

  /** Whether there is a port to be reported down by now. */
  public synchronized boolean due(long nanos) {
    return away.values().stream().anyMatch(since -> nanos - since >= PATIENCE.toNanos());
  }
}
