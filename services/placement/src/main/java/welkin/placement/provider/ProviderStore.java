package welkin.placement.provider;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.core.Fault;
import welkin.placement.PlacementFaults;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of providers. */
public final class ProviderStore {
  private static final String SELECT =
      "SELECT uuid, name, generation, parent, root, updated_at FROM provider";
  static final Row.Mapper<Provider> MAPPER =
      r ->
          new Provider(
              r.text("uuid"),
              r.text("name"),
              r.integer("generation"),
              r.text("parent"),
              r.text("root"),
              r.time("updated_at"));

  public Optional<Provider> find(Sql sql, String uuid) {
    return ask(sql, uuid).one();
  }

  public Sql.Asked<Provider> ask(Sql sql, String uuid) {
    return sql.ask(SELECT + " WHERE uuid = ?", MAPPER, uuid);
  }

  /**
   * @throws Fault 404
   */
  public Provider get(Sql sql, String uuid) {
    return find(sql, uuid)
        .orElseThrow(() -> Fault.notFound("No resource provider with uuid " + uuid + " found"));
  }

  /** All, oldest first. */
  public List<Provider> all(Sql sql) {
    return sql.list(SELECT + " ORDER BY position", MAPPER);
  }

  void insert(Sql sql, Provider p) {
    sql.insert(
        "provider",
        "uuid",
        p.uuid(),
        "name",
        p.name(),
        "generation",
        p.generation(),
        "parent",
        p.parent(),
        "root",
        p.root(),
        "created_at",
        p.updatedAt(),
        "updated_at",
        p.updatedAt());
  }

  void update(Sql sql, Provider p) {
    sql.update(
        "UPDATE provider SET name = ?, parent = ?, root = ?, updated_at = ? WHERE uuid = ?",
        p.name(),
        p.parent(),
        p.root(),
        p.updatedAt(),
        p.uuid());
  }

  void moveTree(Sql sql, String uuid, String root) {
    sql.update("UPDATE provider SET root = ? WHERE uuid = ?", root, uuid);
  }

  List<String> children(Sql sql, String uuid) {
    return sql.list(
        "SELECT uuid FROM provider WHERE parent = ? ORDER BY position", r -> r.text("uuid"), uuid);
  }

  boolean nameTaken(Sql sql, String name, String exceptUuid) {
    return sql.exists("SELECT 1 FROM provider WHERE name = ? AND uuid <> ?", name, exceptUuid);
  }

  boolean hasAllocations(Sql sql, String uuid) {
    return sql.exists("SELECT 1 FROM allocation WHERE provider = ?", uuid);
  }

  void delete(Sql sql, String uuid) {
    sql.update("DELETE FROM inventory WHERE provider = ?", uuid);
    sql.update("DELETE FROM provider_trait WHERE provider = ?", uuid);
    sql.update("DELETE FROM provider_aggregate WHERE provider = ?", uuid);
    sql.update("DELETE FROM provider WHERE uuid = ?", uuid);
  }

  /**
   * One generation further, and only from {@code generation}.
   *
   * @return the new generation
   * @throws Fault 409 when somebody was faster
   */
  public int advance(Sql sql, String uuid, int generation, Instant now) {
    if (sql.update(
            "UPDATE provider SET generation = generation + 1, updated_at = ? WHERE uuid = ? AND"
                + " generation = ?",
            now,
            uuid,
            generation)
        == 0) {
      throw PlacementFaults.generationConflict(
          "Another thread concurrently updated the resource provider data. Please retry your"
              + " update");
    }
    return generation + 1;
  }
}
