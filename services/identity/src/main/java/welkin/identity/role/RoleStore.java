package welkin.identity.role;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Roles and what they imply, in SQL. */
public final class RoleStore {
  private static final String GLOBAL = "<global>";

  /** Who has the first role has the second. */
  public record Implication(String priorId, String impliedId) {}

  private RoleStore() {}

  /** Those that there are, in no order. */
  public static List<Role> findAll(Sql sql, Collection<String> ids) {
    return ByIds.list(sql, "SELECT * FROM role WHERE id IN ", ids, RoleStore::map);
  }

  public static Optional<Role> find(Sql sql, String id) {
    return sql.one("SELECT * FROM role WHERE id = ?", RoleStore::map, id);
  }

  public static Optional<Role> named(Sql sql, String domainId, String name) {
    return sql.one(
        "SELECT * FROM role WHERE name_scope = ? AND name = ?",
        RoleStore::map,
        domainId == null ? GLOBAL : domainId,
        name);
  }

  public static List<Role> list(Sql sql, ListRequest request) {
    var query = ListQuery.of("SELECT * FROM role", "role", "id");
    if (request.value("domain_id") == null) {
      query.where("domain_id IS NULL");
    }
    return request.list(sql, query, Map.of(), RoleStore::map);
  }

  public static List<Role> all(Sql sql) {
    return sql.list("SELECT * FROM role ORDER BY id", RoleStore::map);
  }

  public static void insert(Sql sql, Role r) {
    sql.insert(
        "role",
        "id",
        r.id(),
        "domain_id",
        r.domainId(),
        "name_scope",
        r.domainId() == null ? GLOBAL : r.domainId(),
        "name",
        r.name(),
        "description",
        r.description(),
        "extra",
        r.extra(),
        "options",
        r.options());
  }

  static void update(Sql sql, Role r) {
    sql.update(
        "UPDATE role SET name = ?, description = ?, extra = ?, options = ? WHERE id = ?",
        r.name(),
        r.description(),
        r.extra(),
        r.options(),
        r.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM role WHERE id = ?", id);
  }

  public static List<Implication> implications(Sql sql) {
    return sql.list(
        "SELECT * FROM implied_role ORDER BY prior_role_id, implied_role_id",
        r -> new Implication(r.text("prior_role_id"), r.text("implied_role_id")));
  }

  public static void imply(Sql sql, String priorId, String impliedId) {
    sql.insertIfAbsent("implied_role", "prior_role_id", priorId, "implied_role_id", impliedId);
  }

  static boolean unimply(Sql sql, String priorId, String impliedId) {
    return sql.update(
            "DELETE FROM implied_role WHERE prior_role_id = ? AND implied_role_id = ?",
            priorId,
            impliedId)
        > 0;
  }

  private static Role map(Row r) throws SQLException {
    return new Role(
        r.text("id"),
        r.text("domain_id"),
        r.text("name"),
        r.text("description"),
        Attributes.object(r.json("options")),
        Attributes.object(r.json("extra")));
  }
}
