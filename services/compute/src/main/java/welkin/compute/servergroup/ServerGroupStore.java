package welkin.compute.servergroup;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import welkin.core.Json;
import welkin.store.ByIds;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of server groups and of who is in them. */
public final class ServerGroupStore {
  private ServerGroupStore() {}

  private static ServerGroup map(Row r) throws SQLException {
    var most = r.json("rules").get("max_server_per_host");
    return new ServerGroup(
        r.text("id"),
        r.text("project_id"),
        r.text("user_id"),
        r.text("name"),
        r.text("policy"),
        most == null || most.isNull() ? null : most.intValue(),
        r.time("created_at"),
        List.of());
  }

  private static List<ServerGroup> withMembers(Sql sql, List<ServerGroup> groups) {
    var members =
        ByIds.byOwner(
            sql,
            "SELECT m.group_id, m.server_id FROM server_group_member m JOIN server s ON s.id ="
                + " m.server_id WHERE s.deleted = 0 AND m.group_id IN ",
            groups.stream().map(ServerGroup::id).toList(),
            "group_id",
            "s.created_at, s.id",
            r -> r.text("server_id"));
    return groups.stream().map(g -> g.with(members.getOrDefault(g.id(), List.of()))).toList();
  }

  /**
   * @param projectId null for every project's
   */
  static List<ServerGroup> list(Sql sql, String projectId) {
    return withMembers(
        sql,
        sql.list(
            "SELECT * FROM server_group WHERE (? IS NULL OR project_id = ?) ORDER BY created_at,"
                + " id",
            ServerGroupStore::map,
            projectId,
            projectId));
  }

  static Optional<ServerGroup> find(Sql sql, String id) {
    return sql.one("SELECT * FROM server_group WHERE id = ?", ServerGroupStore::map, id)
        .map(g -> withMembers(sql, List.of(g)).getFirst());
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

  /** Whether a project has the group. */
  public static boolean exists(Sql sql, String id, String projectId) {
    return sql.exists("SELECT 1 FROM server_group WHERE id = ? AND project_id = ?", id, projectId);
  }

  public static void join(Sql sql, String id, String serverId) {
    sql.insert("server_group_member", "group_id", id, "server_id", serverId);
  }

  public static void leave(Sql sql, String serverId) {
    sql.send("DELETE FROM server_group_member WHERE server_id = ?", serverId);
  }

  public static long countMembers(Sql sql, String id) {
    return sql.number("SELECT COUNT(*) FROM server_group_member WHERE group_id = ?", id);
  }

  /**
   * How members are placed.
   *
   * @param name affinity, anti-affinity, soft-affinity, soft-anti-affinity or none
   * @param maxPerHost how many an anti-affinity group may have on one host
   */
  public record Policy(String name, int maxPerHost) {}

  /** A group's policy; {@code none} when the group is gone. */
  public static Policy policy(Sql sql, String id) {
    return sql.one(
            "SELECT policy, rules FROM server_group WHERE id = ?",
            r -> new Policy(r.text("policy"), r.json("rules").path("max_server_per_host").asInt(1)),
            id)
        .orElse(new Policy("none", 1));
  }

  /** The host of each member but one; a host is named as often as members are on it. */
  public static List<String> hosts(Sql sql, String id, String exceptServer) {
    return sql.list(
        "SELECT s.host FROM server s JOIN server_group_member m ON m.server_id = s.id WHERE"
            + " m.group_id = ? AND s.deleted = 0 AND s.host IS NOT NULL AND s.id <> ?",
        r -> r.text("host"),
        id,
        exceptServer);
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM server_group_member WHERE group_id = ?", id);
    sql.update("DELETE FROM server_group WHERE id = ?", id);
  }
}
