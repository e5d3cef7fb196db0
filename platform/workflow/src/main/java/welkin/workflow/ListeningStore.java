package welkin.workflow;

import java.time.Instant;
import java.util.Optional;
import welkin.store.Sql;

/** SQL of listening clocks. */
final class ListeningStore {
  private ListeningStore() {}

  /** When a clock ticked last, and what it showed then, in microseconds. */
  record Tick(Instant at, long reading) {}

  static Optional<Tick> last(Sql sql, String name) {
    return sql.one(
        "SELECT ticked_at, reading FROM listening WHERE name = ?",
        r -> new Tick(r.time("ticked_at"), r.number("reading")),
        name);
  }

  static void begin(Sql sql, String name, Instant now) {
    sql.insertIfAbsent("listening", "name", name, "ticked_at", now, "reading", 0);
  }

  static void tick(Sql sql, String name, Tick tick) {
    sql.update(
        "UPDATE listening SET ticked_at = ?, reading = ? WHERE name = ?",
        tick.at(),
        tick.reading(),
        name);
  }
}
