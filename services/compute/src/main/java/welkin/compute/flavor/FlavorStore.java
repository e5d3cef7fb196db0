package welkin.compute.flavor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Fault;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of flavors and who may use the ones that are not public. */
final class FlavorStore {
  private static final Map<String, String> SORTS =
      Map.ofEntries(
          Map.entry("flavorid", "flavor_id"),
          Map.entry("id", "flavor_id"),
          Map.entry("name", "name"),
          Map.entry("memory_mb", "ram"),
          Map.entry("vcpus", "vcpus"),
          Map.entry("root_gb", "disk"),
          Map.entry("ephemeral_gb", "ephemeral"),
          Map.entry("swap", "swap"),
          Map.entry("rxtx_factor", "rxtx_factor"),
          Map.entry("is_public", "is_public"),
          Map.entry("disabled", "disabled"),
          Map.entry("created_at", "created_at"));

  private FlavorStore() {}

  private static Flavor map(Row r) throws java.sql.SQLException {
    return new Flavor(
        r.text("flavor_id"),
        r.text("name"),
        r.integer("vcpus"),
        r.integer("ram"),
        r.integer("disk"),
        r.integer("ephemeral"),
        r.integer("swap"),
        r.decimal("rxtx_factor"),
        r.flag("disabled"),
        r.flag("is_public"),
        r.text("description"),
        r.stringMap("extra_specs"),
        r.time("created_at"));
  }

  static Optional<Flavor> find(Sql sql, String id) {
    return sql.one("SELECT * FROM flavor WHERE flavor_id = ?", FlavorStore::map, id);
  }

  static boolean nameExists(Sql sql, String name) {
    return sql.exists("SELECT 1 FROM flavor WHERE name = ?", name);
  }

  /**
   * @param isPublic null for all
   * @param projectId what this project may use besides public ones; null for everything
   */
  static List<Flavor> list(
      Sql sql, Boolean isPublic, String projectId, int minRam, int minDisk, Paging page) {
    var query = ListQuery.of("SELECT * FROM flavor", "flavor", "flavor_id");
    if (projectId != null) {
      query
          .where(
              "is_public = 1 OR flavor_id IN (SELECT flavor_id FROM flavor_access WHERE project_id"
                  + " = ?)",
              projectId)
          .where("disabled = 0");
    }
    if (isPublic != null) {
      query.where("is_public = ?", isPublic);
    }
    try {
      return query
          .where("ram >= ?", minRam)
          .where("disk >= ?", minDisk)
          .sort(page.sorts(), SORTS)
          .after(sql, page.marker())
          .limit(page.limit())
          .list(sql, FlavorStore::map);
    } catch (Fault f) {
      throw f.getMessage().startsWith("Sort key")
          ? f
          : Fault.badRequest("Could not find marker " + page.marker() + ".");
    }
  }

  static void insert(Sql sql, Flavor f) {
    sql.insert(
        "flavor",
        "flavor_id",
        f.id(),
        "name",
        f.name(),
        "vcpus",
        f.vcpus(),
        "ram",
        f.ramMb(),
        "disk",
        f.diskGb(),
        "ephemeral",
        f.ephemeralGb(),
        "swap",
        f.swapMb(),
        "rxtx_factor",
        f.rxtxFactor(),
        "disabled",
        f.disabled(),
        "is_public",
        f.isPublic(),
        "description",
        f.description(),
        "extra_specs",
        f.extraSpecs(),
        "created_at",
        f.createdAt());
  }

  static void describe(Sql sql, String id, String description) {
    sql.update("UPDATE flavor SET description = ? WHERE flavor_id = ?", description, id);
  }

  static void extraSpecs(Sql sql, String id, Map<String, String> specs) {
    sql.update("UPDATE flavor SET extra_specs = ? WHERE flavor_id = ?", specs, id);
  }

  static boolean delete(Sql sql, String id) {
    sql.update("DELETE FROM flavor_access WHERE flavor_id = ?", id);
    return sql.update("DELETE FROM flavor WHERE flavor_id = ?", id) > 0;
  }

  static List<String> access(Sql sql, String id) {
    return sql.list(
        "SELECT project_id FROM flavor_access WHERE flavor_id = ? ORDER BY project_id",
        r -> r.text("project_id"),
        id);
  }

  static boolean allow(Sql sql, String id, String projectId) {
    return sql.insertIfAbsent("flavor_access", "flavor_id", id, "project_id", projectId) > 0;
  }

  static boolean disallow(Sql sql, String id, String projectId) {
    return sql.update(
            "DELETE FROM flavor_access WHERE flavor_id = ? AND project_id = ?", id, projectId)
        > 0;
  }
}
