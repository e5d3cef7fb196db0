package welkin.placement.allocation;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.placement.PlacementFaults;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of allocations and their consumers. */
public final class AllocationStore {
  private static final Row.Mapper<Allocation> MAPPER =
      r ->
          new Allocation(
              r.text("consumer"),
              r.text("provider"),
              r.text("class"),
              r.number("used"),
              r.time("updated_at"));

  private static final Row.Mapper<Consumer> CONSUMER =
      r ->
          new Consumer(
              r.text("uuid"),
              r.text("project_id"),
              r.text("user_id"),
              r.text("type"),
              r.integer("generation"));

  Optional<Consumer> consumer(Sql sql, String uuid) {
    return askConsumer(sql, uuid).one();
  }

  Sql.Asked<Consumer> askConsumer(Sql sql, String uuid) {
    return sql.ask("SELECT * FROM consumer WHERE uuid = ?", CONSUMER, uuid);
  }

  void insertConsumer(Sql sql, Consumer c, Instant now) {
    sql.sendInsert(
        "consumer",
        "uuid",
        c.uuid(),
        "project_id",
        c.projectId(),
        "user_id",
        c.userId(),
        "type",
        c.type(),
        "generation",
        c.generation(),
        "created_at",
        now,
        "updated_at",
        now);
  }

  /** Writes a consumer one generation on, only from {@code from}. */
  void updateConsumer(Sql sql, Consumer c, int from, Instant now) {
    if (sql.update(
            "UPDATE consumer SET project_id = ?, user_id = ?, type = ?, generation = ?,"
                + " updated_at = ? WHERE uuid = ? AND generation = ?",
            c.projectId(),
            c.userId(),
            c.type(),
            c.generation(),
            now,
            c.uuid(),
            from)
        == 0) {
      throw PlacementFaults.generationConflict(
          "Another thread concurrently updated the data. Please retry your update");
    }
  }

  void deleteConsumer(Sql sql, String uuid) {
    sql.send("DELETE FROM consumer WHERE uuid = ?", uuid);
  }

  List<Allocation> ofConsumer(Sql sql, String consumer) {
    return sql.list(
        "SELECT * FROM allocation WHERE consumer = ? ORDER BY provider, class", MAPPER, consumer);
  }

  List<Allocation> ofProvider(Sql sql, String provider) {
    return sql.list(
        "SELECT * FROM allocation WHERE provider = ? ORDER BY consumer, class", MAPPER, provider);
  }

  /** Generations of the consumers that have something of a provider. */
  Map<String, Integer> consumerGenerations(Sql sql, String provider) {
    var out = new LinkedHashMap<String, Integer>();
    sql.list(
        "SELECT c.uuid, c.generation FROM consumer c WHERE c.uuid IN (SELECT consumer FROM"
            + " allocation WHERE provider = ?)",
        r -> out.put(r.text("uuid"), r.integer("generation")),
        provider);
    return out;
  }

  void insert(Sql sql, List<Allocation> all) {
    sql.sendInserts("allocation", all.stream().map(AllocationStore::row).toList());
  }

  private static Object[] row(Allocation a) {
    return new Object[] {
      "consumer",
      a.consumer(),
      "provider",
      a.provider(),
      "class",
      a.resourceClass(),
      "used",
      a.used(),
      "updated_at",
      a.updatedAt()
    };
  }

  void delete(Sql sql, String consumer) {
    sql.send("DELETE FROM allocation WHERE consumer = ?", consumer);
  }

  /** A sum of usage over consumers of one type. */
  public record Usage(String type, String resourceClass, long used) {}

  /** Usage of a project (and user, and type); types that are null come as null. */
  public List<Usage> usages(Sql sql, String projectId, String userId, String type) {
    return sql.list(
        "SELECT c.type AS type, a.class AS class, SUM(a.used) AS used FROM consumer c JOIN"
            + " allocation a ON a.consumer = c.uuid WHERE c.project_id = ? AND (? IS NULL OR"
            + " c.user_id = ?) AND (? IS NULL OR COALESCE(c.type, 'unknown') = ?)"
            + " GROUP BY c.type, a.class ORDER BY c.type, a.class",
        r -> new Usage(r.text("type"), r.text("class"), r.number("used")),
        projectId,
        userId,
        userId,
        type,
        type);
  }

  /** How many consumers of each type a project (and user) has. */
  public Map<String, Long> consumerCounts(Sql sql, String projectId, String userId) {
    var out = new LinkedHashMap<String, Long>();
    sql.list(
        "SELECT COALESCE(type, 'unknown') AS type, COUNT(*) AS n FROM consumer WHERE project_id = ?"
            + " AND (? IS NULL OR user_id = ?) GROUP BY COALESCE(type, 'unknown')",
        r -> out.put(r.text("type"), r.number("n")),
        projectId,
        userId,
        userId);
    return out;
  }
}
