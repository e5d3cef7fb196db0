package welkin.compute.aggregate;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of aggregates. */
final class AggregateStore {
  private AggregateStore() {}

  private static Aggregate map(Row r) throws java.sql.SQLException {
    return new Aggregate(
        r.number("id"),
        r.text("uuid"),
        r.text("name"),
        r.stringMap("metadata"),
        r.stringList("hosts"),
        r.time("created_at"),
        r.time("updated_at"));
  }

  static List<Aggregate> list(Sql sql) {
    return sql.list("SELECT * FROM aggregate ORDER BY id", AggregateStore::map);
  }

  static Optional<Aggregate> find(Sql sql, long id) {
    return sql.one("SELECT * FROM aggregate WHERE id = ?", AggregateStore::map, id);
  }

  static Aggregate insert(
      Sql sql, String uuid, String name, java.util.Map<String, String> metadata, Instant now) {
    sql.insert(
        "aggregate",
        "uuid",
        uuid,
        "name",
        name,
        "metadata",
        metadata,
        "hosts",
        List.of(),
        "created_at",
        now);
    return sql.one("SELECT * FROM aggregate WHERE uuid = ?", AggregateStore::map, uuid)
        .orElseThrow();
  }

  static void update(Sql sql, Aggregate a, Instant now) {
    sql.update(
        "UPDATE aggregate SET name = ?, metadata = ?, hosts = ?, updated_at = ? WHERE id = ?",
        a.name(),
        a.metadata(),
        a.hosts(),
        now,
        a.id());
  }

  static void delete(Sql sql, long id) {
    sql.update("DELETE FROM aggregate WHERE id = ?", id);
  }

  /** Whether a server of these hosts asked for its zone by name. */
  static boolean hasServersOn(Sql sql, List<String> hosts) {
    return hosts.stream()
        .anyMatch(h -> sql.exists("SELECT 1 FROM server WHERE deleted = 0 AND host = ?", h));
  }
}
