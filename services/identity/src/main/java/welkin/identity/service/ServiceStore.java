package welkin.identity.service;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Services in SQL. */
public final class ServiceStore {
  private ServiceStore() {}

  public static Optional<ServiceEntry> find(Sql sql, String id) {
    return sql.one("SELECT * FROM service WHERE id = ?", ServiceStore::map, id);
  }

  static List<ServiceEntry> list(Sql sql, ListRequest request) {
    return request.list(
        sql, ListQuery.of("SELECT * FROM service", "service", "id"), Map.of(), ServiceStore::map);
  }

  public static List<ServiceEntry> all(Sql sql) {
    return sql.list("SELECT * FROM service ORDER BY type, id", ServiceStore::map);
  }

  public static void insert(Sql sql, ServiceEntry s) {
    sql.insert(
        "service",
        "id",
        s.id(),
        "type",
        s.type(),
        "name",
        s.name(),
        "enabled",
        s.enabled(),
        "extra",
        s.extra());
  }

  static void update(Sql sql, ServiceEntry s) {
    sql.update(
        "UPDATE service SET type = ?, name = ?, enabled = ?, extra = ? WHERE id = ?",
        s.type(),
        s.name(),
        s.enabled(),
        s.extra(),
        s.id());
  }

  /** With its endpoints; registered limits outlive it. */
  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM service WHERE id = ?", id);
  }

  private static ServiceEntry map(Row r) throws SQLException {
    return new ServiceEntry(
        r.text("id"), r.text("type"), r.flag("enabled"), Attributes.object(r.json("extra")));
  }
}
