package welkin.identity.project;

import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Json;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Projects and domains in SQL. */
public final class ProjectStore {
  /** What domain names are unique in; no id has this form. */
  private static final String ALL_DOMAINS = "<domains>";

  private static final String SELECT = "SELECT * FROM project";

  private ProjectStore() {}

  /** Those that there are, in no order. */
  public static List<Project> findAll(Sql sql, Collection<String> ids) {
    return ByIds.list(sql, SELECT + " WHERE id IN ", ids, ProjectStore::map);
  }

  public static Optional<Project> find(Sql sql, String id) {
    return sql.one(SELECT + " WHERE id = ?", ProjectStore::map, id);
  }

  /** By name in a domain; a null domain means a domain's own name. */
  public static Optional<Project> named(Sql sql, String domainId, String name) {
    return sql.one(
        SELECT + " WHERE name_scope = ? AND name = ?",
        ProjectStore::map,
        domainId == null ? ALL_DOMAINS : domainId,
        name);
  }

  static List<Project> list(Sql sql, ListRequest request, TagFilter tags) {
    var query = ListQuery.of(SELECT, "project", "id");
    tags.apply(query);
    return request.list(sql, query, Map.of(), ProjectStore::map);
  }

  /** Projects (not domains) among these ids. */
  public static List<Project> among(
      Sql sql, ListRequest request, java.util.Collection<String> ids) {
    return request.list(
        sql, ListQuery.of(SELECT, "project", "id").whereIn("id", ids), Map.of(), ProjectStore::map);
  }

  /** Holds its row to the end of the transaction: who else wants it waits. */
  public static void lock(Sql sql, String id) {
    sql.update("UPDATE project SET enabled = enabled WHERE id = ?", id);
  }

  public static List<Project> children(Sql sql, String id) {
    return sql.list(SELECT + " WHERE parent_id = ? ORDER BY id", ProjectStore::map, id);
  }

  /** The children of many, by id. */
  public static List<Project> childrenOf(Sql sql, Collection<String> ids) {
    return ByIds.list(sql, SELECT + " WHERE parent_id IN ", ids, ProjectStore::map).stream()
        .sorted(Comparator.comparing(Project::id))
        .toList();
  }

  /** Projects with more than so many projects between them and their domain, themselves counted. */
  public static List<String> deeperThan(Sql sql, int levels) {
    return sql.list(
        "SELECT p0.id AS id FROM project p0"
            + chain(levels)
            + " WHERE p0.is_domain = ? AND p"
            + levels
            + ".is_domain = ? ORDER BY p0.id",
        r -> r.text("id"),
        false,
        false);
  }

  /** Each joined with its parent, {@code p1} to {@code pN}. */
  private static String chain(int levels) {
    var out = new StringBuilder();
    for (int i = 1; i <= levels; i++) {
      out.append(" JOIN project p").append(i).append(" ON p").append(i).append(".id = p");
      out.append(i - 1).append(".parent_id");
    }
    return out.toString();
  }

  public static void insert(Sql sql, Project p) {
    sql.insert(
        "project",
        "id",
        p.id(),
        "domain_id",
        p.domainId(),
        "parent_id",
        p.parentId(),
        "name_scope",
        p.isDomain() ? ALL_DOMAINS : p.domainId(),
        "name",
        p.name(),
        "is_domain",
        p.isDomain(),
        "enabled",
        p.enabled(),
        "description",
        p.description(),
        "tags",
        p.tags(),
        "extra",
        p.extra(),
        "options",
        p.options());
    tags(sql, p.id(), p.tags());
  }

  static void update(Sql sql, Project p) {
    sql.update(
        "UPDATE project SET name = ?, enabled = ?, description = ?, tags = ?, extra = ?, options ="
            + " ? WHERE id = ?",
        p.name(),
        p.enabled(),
        p.description(),
        p.tags(),
        p.extra(),
        p.options(),
        p.id());
    tags(sql, p.id(), p.tags());
  }

  private static void tags(Sql sql, String id, List<String> tags) {
    sql.update("DELETE FROM project_tag WHERE project_id = ?", id);
    tags.forEach(t -> sql.insert("project_tag", "project_id", id, "name", t));
  }

  /** Also what is inside a domain and what refers to either: the schema cascades. */
  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM project WHERE id = ?", id);
  }

  private static Project map(Row r) throws SQLException {
    return new Project(
        r.text("id"),
        r.text("domain_id"),
        r.text("parent_id"),
        r.text("name"),
        r.flag("is_domain"),
        r.flag("enabled"),
        r.text("description"),
        Json.stringList(r.text("tags")),
        Attributes.object(r.json("options")),
        Attributes.object(r.json("extra")));
  }
}
