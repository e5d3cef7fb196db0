package welkin.identity.endpointfilter;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Endpoint groups, and which endpoints and groups projects have, in SQL. */
final class EndpointFilterStore {
  private EndpointFilterStore() {}

  /** A project and an endpoint or group it has. */
  record Association(String projectId, String otherId) {}

  static Optional<EndpointGroup> group(Sql sql, String id) {
    return sql.one("SELECT * FROM endpoint_group WHERE id = ?", EndpointFilterStore::map, id);
  }

  static List<EndpointGroup> groups(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM endpoint_group", "endpoint_group", "id"),
        Map.of(),
        EndpointFilterStore::map);
  }

  static List<EndpointGroup> groupsOf(Sql sql, String projectId) {
    return sql.list(
        "SELECT endpoint_group.* FROM endpoint_group JOIN project_endpoint_group ON id ="
            + " endpoint_group_id WHERE project_id = ? ORDER BY id",
        EndpointFilterStore::map,
        projectId);
  }

  static void insert(Sql sql, EndpointGroup g) {
    sql.insert(
        "endpoint_group",
        "id",
        g.id(),
        "name",
        g.name(),
        "description",
        g.description(),
        "filters",
        g.filters());
  }

  static void update(Sql sql, EndpointGroup g) {
    sql.update(
        "UPDATE endpoint_group SET name = ?, description = ?, filters = ? WHERE id = ?",
        g.name(),
        g.description(),
        g.filters(),
        g.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM endpoint_group WHERE id = ?", id);
  }

  static void addGroup(Sql sql, String projectId, String groupId) {
    sql.insert("project_endpoint_group", "project_id", projectId, "endpoint_group_id", groupId);
  }

  static boolean removeGroup(Sql sql, String projectId, String groupId) {
    return sql.update(
            "DELETE FROM project_endpoint_group WHERE project_id = ? AND endpoint_group_id = ?",
            projectId,
            groupId)
        > 0;
  }

  static List<String> projectsOfGroup(Sql sql, String groupId) {
    return sql.list(
        "SELECT project_id FROM project_endpoint_group WHERE endpoint_group_id = ? ORDER BY"
            + " project_id",
        r -> r.text("project_id"),
        groupId);
  }

  static void addEndpoint(Sql sql, String projectId, String endpointId) {
    sql.insert("project_endpoint", "project_id", projectId, "endpoint_id", endpointId);
  }

  static boolean removeEndpoint(Sql sql, String projectId, String endpointId) {
    return sql.update(
            "DELETE FROM project_endpoint WHERE project_id = ? AND endpoint_id = ?",
            projectId,
            endpointId)
        > 0;
  }

  static List<String> projectsOfEndpoint(Sql sql, String endpointId) {
    return sql.list(
        "SELECT project_id FROM project_endpoint WHERE endpoint_id = ? ORDER BY project_id",
        r -> r.text("project_id"),
        endpointId);
  }

  static boolean hasEndpoint(Sql sql, String projectId, String endpointId) {
    return sql.exists(
        "SELECT 1 FROM project_endpoint WHERE project_id = ? AND endpoint_id = ?",
        projectId,
        endpointId);
  }

  static List<Association> endpointAssociations(Sql sql) {
    return sql.list(
        "SELECT * FROM project_endpoint",
        r -> new Association(r.text("project_id"), r.text("endpoint_id")));
  }

  static List<Association> groupAssociations(Sql sql) {
    return sql.list(
        "SELECT * FROM project_endpoint_group",
        r -> new Association(r.text("project_id"), r.text("endpoint_group_id")));
  }

  private static EndpointGroup map(Row r) throws SQLException {
    Map<String, String> filters = new LinkedHashMap<>();
    r.json("filters").forEachEntry((k, v) -> filters.put(k, v.asString()));
    return new EndpointGroup(r.text("id"), r.text("name"), r.text("description"), filters);
  }
}
