package welkin.compute.servergroup;

import java.util.List;
import java.util.Optional;
import welkin.core.Json;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of server groups. */
final class ServerGroupStore {
  private ServerGroupStore() {}

  private static ServerGroup map(Sql sql, Row r) throws java.sql.SQLException {
    var most = r.json("rules").get("max_server_per_host");
    var id = r.text("id");
    return new ServerGroup(
        id,
        r.text("project_id"),
        r.text("user_id"),
        r.text("name"),
        r.text("policy"),
        most == null || most.isNull() ? null : most.intValue(),
        r.time("created_at"),
        members(sql, id));
  }

  private static List<String> members(Sql sql, String id) {
    return sql.list(
        "SELECT m.server_id FROM server_group_member m JOIN server s ON s.id = m.server_id WHERE"
            + " m.group_id = ? AND s.deleted = 0 ORDER BY s.created_at, s.id",
        r -> r.text("server_id"),
        id);
  }

  /**
   * @param projectId null for every project's
   */
  static List<ServerGroup> list(Sql sql, String projectId) {
    return sql.list(
        "SELECT * FROM server_group WHERE (? IS NULL OR project_id = ?) ORDER BY created_at, id",
        r -> map(sql, r),
        projectId,
        projectId);
  }

  static Optional<ServerGroup> find(Sql sql, String id) {
    return sql.one("SELECT * FROM server_group WHERE id = ?", r -> map(sql, r), id);
  }

  static void insert(Sql sql, ServerGroup g) {
    var rules = Json.object();
    if (g.maxPerHost() != null) {
      rules.put("max_server_per_host", g.maxPerHost());
    }
    sql.insert(
        "server_group",
        "id",
        g.id(),
        "project_id",
        g.projectId(),
        "user_id",
        g.userId(),
        "name",
        g.name(),
        "policy",
        g.policy(),
        "rules",
        rules,
        "created_at",
        g.createdAt());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM server_group_member WHERE group_id = ?", id);
    sql.update("DELETE FROM server_group WHERE id = ?", id);
  }
}
