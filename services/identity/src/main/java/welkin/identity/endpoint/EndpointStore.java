package welkin.identity.endpoint;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Endpoints in SQL. */
public final class EndpointStore {
  private EndpointStore() {}

  public static Optional<Endpoint> find(Sql sql, String id) {
    return sql.one("SELECT * FROM endpoint WHERE id = ?", EndpointStore::map, id);
  }

  static List<Endpoint> list(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM endpoint", "endpoint", "id"),
        Map.of(),
        EndpointStore::map);
  }

  public static List<Endpoint> all(Sql sql) {
    return sql.list("SELECT * FROM endpoint ORDER BY service_id, id", EndpointStore::map);
  }

  public static void insert(Sql sql, Endpoint e) {
    sql.insert(
        "endpoint",
        "id",
        e.id(),
        "interface",
        e.serviceInterface(),
        "region_id",
        e.regionId(),
        "service_id",
        e.serviceId(),
        "url",
        e.url(),
        "enabled",
        e.enabled(),
        "extra",
        e.extra());
  }

  static void update(Sql sql, Endpoint e) {
    sql.update(
        "UPDATE endpoint SET interface = ?, region_id = ?, service_id = ?, url = ?, enabled = ?,"
            + " extra = ? WHERE id = ?",
        e.serviceInterface(),
        e.regionId(),
        e.serviceId(),
        e.url(),
        e.enabled(),
        e.extra(),
        e.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM endpoint WHERE id = ?", id);
  }

  /** Remembers an endpoint as one the bootstrap made, so that it may follow a moved door. */
  public static void made(Sql sql, String id, String path) {
    sql.insert("bootstrap_endpoint", "endpoint_id", id, "path", path);
  }

  /** Moves the endpoints the bootstrap made for a path to where it is now. */
  public static void move(Sql sql, String path, String url) {
    sql.update(
        "UPDATE endpoint SET url = ? WHERE url <> ? AND id IN (SELECT endpoint_id FROM"
            + " bootstrap_endpoint WHERE path = ?)",
        url,
        url,
        path);
  }

  private static Endpoint map(Row r) throws SQLException {
    return new Endpoint(
        r.text("id"),
        r.text("interface"),
        r.text("region_id"),
        r.text("service_id"),
        r.text("url"),
        r.flag("enabled"),
        Attributes.object(r.json("extra")));
  }
}
