package welkin.network.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import welkin.network.host.ComputeNotifier.Event;
import welkin.store.Sql;

/** SQL of what Compute is to be told. */
final class EventStore {
  private EventStore() {}

  /**
   * @param ours how long nobody else tells it
   */
  static void insert(Sql sql, Event e, Duration ours) {
    var now = sql.now();
    sql.sendInsert(
        "compute_event",
        "id",
        e.id(),
        "name",
        e.name(),
        "server_id",
        e.server(),
        "port_id",
        e.port(),
        "status",
        e.status(),
        "created_at",
        now,
        "sent_by",
        now.plus(ours));
  }

  static boolean anyDue(Sql sql) {
    return sql.exists("SELECT 1 FROM compute_event WHERE sent_by < ? LIMIT 1", sql.now());
  }

  /** What is overdue, oldest first, from now on the caller's for a while. */
  static List<Event> take(Sql sql, int most, Duration ours) {
    var now = sql.now();
    var due =
        sql.list(
            "SELECT * FROM compute_event WHERE sent_by < ? ORDER BY created_at LIMIT ?",
            r ->
                new Event(
                    r.text("id"),
                    r.text("name"),
                    r.text("server_id"),
                    r.text("port_id"),
                    r.text("status")),
            now,
            most);
    for (var e : due) {
      sql.update("UPDATE compute_event SET sent_by = ? WHERE id = ?", now.plus(ours), e.id());
    }
    return due;
  }

  static void done(Sql sql, List<Event> events) {
    var ids = new ArrayList<Object>(events.stream().map(Event::id).toList());
    while (Integer.bitCount(ids.size()) > 1) { // few lengths, so few statements to prepare
      ids.add(ids.getLast());
    }
    sql.send(
        "DELETE FROM compute_event WHERE id IN (?" + ", ?".repeat(ids.size() - 1) + ")",
        ids.toArray());
  }

  static void forget(Sql sql, Duration old) {
    sql.update("DELETE FROM compute_event WHERE created_at < ?", sql.now().minus(old));
  }
}
