package welkin.identity.region;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Regions in SQL. */
public final class RegionStore {
  private RegionStore() {}

  public static Optional<Region> find(Sql sql, String id) {
    return sql.one("SELECT * FROM region WHERE id = ?", RegionStore::map, id);
  }

  static List<Region> list(Sql sql, ListRequest request) {
    return request.list(
        sql, ListQuery.of("SELECT * FROM region", "region", "id"), Map.of(), RegionStore::map);
  }

  public static void insert(Sql sql, Region r) {
    sql.insert(
        "region",
        "id",
        r.id(),
        "description",
        r.description(),
        "parent_region_id",
        r.parentRegionId(),
        "extra",
        r.extra());
  }

  static void update(Sql sql, Region r) {
    sql.update(
        "UPDATE region SET description = ?, parent_region_id = ?, extra = ? WHERE id = ?",
        r.description(),
        r.parentRegionId(),
        r.extra(),
        r.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM region WHERE id = ?", id);
  }

  /** Whether endpoints in it keep it from going; a registered limit outlives it. */
  static boolean inUse(Sql sql, String id) {
    return sql.exists("SELECT 1 FROM endpoint WHERE region_id = ?", id);
  }

  static List<String> children(Sql sql, String id) {
    return sql.list("SELECT id FROM region WHERE parent_region_id = ?", r -> r.text("id"), id);
  }

  private static Region map(Row r) throws SQLException {
    return new Region(
        r.text("id"),
        r.text("description"),
        r.text("parent_region_id"),
        Attributes.object(r.json("extra")));
  }
}
