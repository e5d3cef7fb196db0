package welkin.network.resource;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/**
 * A noun's table: the document, split into what every reader sees and what only some do, so that a
 * long list can be answered without taking documents apart, and the columns that are searched. It
 * writes times, revisions and events, so no change can forget them.
 */
public final class ResourceStore {
  /** What a column holds. */
  public enum Kind {
    TEXT,
    FLAG,
    NUMBER
  }

  /** An attribute that is searched or sorted by, and its column. */
  public record Column(String attribute, String name, Kind kind) {
    public static Column text(String attribute) {
      return new Column(attribute, attribute, Kind.TEXT);
    }

    public static Column text(String attribute, String name) {
      return new Column(attribute, name, Kind.TEXT);
    }

    public static Column flag(String attribute) {
      return new Column(attribute, attribute, Kind.FLAG);
    }

    public static Column flag(String attribute, String name) {
      return new Column(attribute, name, Kind.FLAG);
    }

    public static Column number(String attribute, String name) {
      return new Column(attribute, name, Kind.NUMBER);
    }
  }

  /** A row of a list, its document still text. */
  public record Listed(
      String id, String projectId, String parentProject, String doc, String adminDoc) {
    public Resource resource() {
      return parsed(doc, adminDoc);
    }
  }

  private final Journal journal;
  private final String kind;
  private final String table;
  private final Set<String> hidden;
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final String updateSql;
  private final String parent;

  /**
   * @param kind the word in events, e.g. {@code port}
   * @param parent SQL for the owner of the parent, or {@code NULL}
   * @param hidden attributes that some readers do not see
   */
  public ResourceStore(
      Journal journal,
      String kind,
      String table,
      String parent,
      Set<String> hidden,
      Column... columns) {
    this.journal = journal;
    this.kind = kind;
    this.table = table;
    this.parent = parent;
    this.hidden = hidden;
    for (var c : columns) {
      this.columns.put(c.attribute, c);
    }
    for (var c :
        List.of(
            Column.text("created_at"),
            Column.text("updated_at"),
            Column.number("revision_number", "revision_number"))) {
      this.columns.put(c.attribute, c);
    }
    var set = new StringBuilder("UPDATE " + table + " SET doc = ?, admin_doc = ?, project_id = ?");
    this.columns.values().forEach(c -> set.append(", ").append(c.name).append(" = ?"));
    this.updateSql = set.append(" WHERE id = ?").toString();
  }

  public Journal journal() {
    return journal;
  }

  public Set<String> hidden() {
    return hidden;
  }

  /** The column an attribute is searched by, or null. */
  public Column column(String attribute) {
    return switch (attribute) {
      case "id" -> Column.text("id");
      case "project_id", "tenant_id" -> Column.text(attribute, "project_id");
      default -> columns.get(attribute);
    };
  }

  /** API name to SQL for every attribute that can be sorted by. */
  public Map<String, String> sortable() {
    var m = new LinkedHashMap<String, String>();
    m.put("id", "id");
    m.put("project_id", "COALESCE(project_id, '')");
    m.put("tenant_id", "COALESCE(project_id, '')");
    columns
        .values()
        .forEach(
            c ->
                m.put(
                    c.attribute,
                    c.kind == Kind.TEXT
                        ? "COALESCE(" + c.name + ", '')"
                        : "COALESCE(" + c.name + ", 0)"));
    return m;
  }

  public ListQuery query() {
    return ListQuery.of(
        "SELECT id, project_id, " + parent + " AS parent_project, doc, admin_doc FROM " + table,
        table,
        "id");
  }

  public static Listed listed(Row r) throws SQLException {
    return new Listed(
        r.text("id"),
        r.text("project_id"),
        r.text("parent_project"),
        r.text("doc"),
        r.text("admin_doc"));
  }

  /** Adds a resource: id, times and the first revision are written into it. */
  public Resource insert(Sql sql, Resource r) {
    var d = r.document();
    if (!d.has("id")) {
      d.put("id", journal.ids().uuid());
    }
    var now = journal.now();
    d.put("created_at", now);
    d.put("updated_at", now);
    if (!d.has("revision_number")) {
      d.put("revision_number", 1);
    }
    var pairs = new ArrayList<Object>();
    pairs.addAll(List.of("id", r.id()));
    pairs.add("project_id");
    pairs.add(r.projectId());
    var split = split(d);
    pairs.addAll(List.of("doc", split[0], "admin_doc", split[1]));
    columns
        .values()
        .forEach(
            c -> {
              pairs.add(c.name);
              pairs.add(value(c, d));
            });
    sql.sendInsert(table, pairs.toArray());
    journal.tell(sql, kind, "create", r);
    return r;
  }

  /** Keeps a changed resource with its next revision; one that is as it was is left alone. */
  public Resource update(Sql sql, Resource before, Resource after) {
    if (before.document().equals(after.document())) {
      return after;
    }
    var d = after.document();
    d.put("updated_at", journal.now());
    d.put("revision_number", before.revision() + 1);
    write(sql, after);
    journal.tell(sql, kind, "update", after);
    return after;
  }

  private void write(Sql sql, Resource r) {
    var d = r.document();
    var args = new ArrayList<Object>();
    var split = split(d);
    args.add(split[0]);
    args.add(split[1]);
    args.add(r.projectId());
    columns.values().forEach(c -> args.add(value(c, d)));
    args.add(r.id());
    sql.send(updateSql, args.toArray());
  }

  public void delete(Sql sql, Resource r) {
    sql.send("DELETE FROM " + table + " WHERE id = ?", r.id());
    if (!r.texts("tags").isEmpty()) {
      sql.send("DELETE FROM tag WHERE resource_id = ?", r.id());
    }
    journal.tell(sql, kind, "delete", r);
  }

  public Optional<Resource> find(Sql sql, String id) {
    return sql.one("SELECT doc, admin_doc FROM " + table + " WHERE id = ?", ResourceStore::map, id);
  }

  /** All resources with a value in a column. */
  public List<Resource> where(Sql sql, String column, Object value) {
    return sql.list(
        "SELECT doc, admin_doc FROM " + table + " WHERE " + column + " = ? ORDER BY id",
        ResourceStore::map,
        value);
  }

  public List<Resource> all(Sql sql) {
    return sql.list("SELECT doc, admin_doc FROM " + table + " ORDER BY id", ResourceStore::map);
  }

  /** Resources by id, in no order. */
  public List<Resource> findAll(Sql sql, Collection<String> ids) {
    return whereIn(sql, "id", ids);
  }

  public List<Resource> whereIn(Sql sql, String column, Collection<?> values) {
    return ByIds.list(
        sql,
        "SELECT doc, admin_doc FROM " + table + " WHERE " + column + " IN ",
        values,
        ResourceStore::map);
  }

  public static Resource map(Row r) throws SQLException {
    return parsed(r.text("doc"), r.text("admin_doc"));
  }

  /** A resource of its document as kept: what everybody sees, and what only some do. */
  public static Resource parsed(String doc, String adminDoc) {
    var d = (ObjectNode) Json.parse(doc);
    if (adminDoc != null && adminDoc.length() > 2) {
      d.setAll((ObjectNode) Json.parse(adminDoc));
    }
    return new Resource(d);
  }

  private String[] split(ObjectNode d) {
    if (hidden.isEmpty()) {
      return new String[] {Json.text(d), "{}"};
    }
    var open = Json.object();
    var closed = Json.object();
    d.forEachEntry((k, v) -> (hidden.contains(k) ? closed : open).set(k, v));
    return new String[] {Json.text(open), Json.text(closed)};
  }

  private static Object value(Column c, ObjectNode d) {
    JsonNode v = d.get(c.attribute);
    if (v == null || v.isNull()) {
      return null;
    }
    return switch (c.kind) {
      case TEXT -> v.asString();
      case FLAG -> v.asBoolean(false);
      case NUMBER -> v.asLong(0);
    };
  }
}
