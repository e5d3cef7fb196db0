package welkin.compute.server;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import welkin.compute.host.Hosts.Aggregates;
import welkin.compute.scheduler.HostState;

/**
 * What the scheduler knew of all hosts when it was asked what room they have; what this process
 * claims is written in. A thousand hosts are put together once for each answer that {@link
 * welkin.compute.scheduler.Room} uses for a moment, not for each boot.
 */
final class HostTables {
  /** Answers of a moment; more start over. */
  private static final int MANY = 20;

  /** By the very answer each was made from. */
  private final Map<Map<String, Map<String, Long>>, Table> tables = new IdentityHashMap<>();

  /**
   * @param rows by provider
   */
  private record Table(
      Aggregates aggregates, CopyOnWriteArrayList<HostState> states, Map<String, Integer> rows) {
    void claimed(String provider, Map<String, Long> left) {
      var row = rows.get(provider);
      if (row != null && left != null) {
        var s = states.get(row);
        states.set(row, s.with(left, s.busy() + 1, s.servers() + 1));
      }
    }
  }

  /**
   * @param recent whether a table of this answer will do
   * @param make puts it together
   */
  List<HostState> states(
      Map<String, Map<String, Long>> free,
      Aggregates aggregates,
      boolean recent,
      Supplier<List<HostState>> make) {
    if (recent) {
      synchronized (tables) {
        var table = tables.get(free);
        if (table != null && table.aggregates.equals(aggregates)) {
          return table.states;
        }
      }
    }
    var states = make.get();
    var rows = new HashMap<String, Integer>();
    for (int i = 0; i < states.size(); i++) {
      rows.put(states.get(i).provider(), i);
    }
    synchronized (tables) {
      if (tables.size() >= MANY) {
        tables.clear();
      }
      tables.put(free, new Table(aggregates, new CopyOnWriteArrayList<>(states), rows));
    }
    return states;
  }

  void claimed(String provider) {
    synchronized (tables) {
      tables.forEach((free, table) -> table.claimed(provider, free.get(provider)));
    }
  }
}
