package welkin.compute.server;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * How many servers hosts have, and how many something is being done to. In a large cloud counting
 * all of them for every boot would cost more than the boot, so a count is used for a moment, with
 * what this process adds; it only decides who is asked first.
 */
final class HostCounts {
  private static final Duration MOMENT = Duration.ofSeconds(1);

  /** With fewer hosts they are counted every time. */
  private static final int MANY = 100;

  private final Database database;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile Counts counts;

  /** By host; hosts without any are not in it. */
  record Counts(Map<String, Long> servers, Map<String, Long> busy, long at) {
    long servers(String host) {
      return servers.getOrDefault(host, 0L);
    }

    long busy(String host) {
      return busy.getOrDefault(host, 0L);
    }
  }

  HostCounts(Database database) {
    this.database = database;
  }

  /**
   * @param hosts how many there are
   * @param recent whether a count of a moment ago will do
   */
  Counts of(int hosts, boolean recent) {
    lock.lock();
    try {
      var known = counts;
      if (known == null
          || !recent
          || hosts < MANY
          || System.nanoTime() - known.at > MOMENT.toNanos()) {
        known = database.read(HostCounts::count);
        counts = known;
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  /** This process puts another one there. */
  void claimed(String host) {
    var known = counts;
    if (known != null) {
      known.servers.merge(host, 1L, Long::sum);
      known.busy.merge(host, 1L, Long::sum);
    }
  }

  private static Counts count(Sql sql) {
    var servers = new ConcurrentHashMap<String, Long>();
    var busy = new ConcurrentHashMap<String, Long>();
    ServerStore.countByHost(sql, false).forEach(e -> servers.put(e.getKey(), e.getValue()));
    ServerStore.countByHost(sql, true).forEach(e -> busy.put(e.getKey(), e.getValue()));
    return new Counts(servers, busy, System.nanoTime());
  }
}
