package welkin.identity.federation.serviceprovider;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Service providers in SQL. */
public final class ServiceProviderStore {
  private ServiceProviderStore() {}

  public static Optional<ServiceProvider> find(Sql sql, String id) {
    return sql.one("SELECT * FROM service_provider WHERE id = ?", ServiceProviderStore::map, id);
  }

  /** Those that tokens name. */
  public static List<ServiceProvider> enabled(Sql sql) {
    return sql.list(
        "SELECT * FROM service_provider WHERE enabled = 1 ORDER BY id", ServiceProviderStore::map);
  }

  static List<ServiceProvider> list(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM service_provider", "service_provider", "id"),
        Map.of(),
        ServiceProviderStore::map);
  }

  static void insert(Sql sql, ServiceProvider p) {
    sql.insert(
        "service_provider",
        "id",
        p.id(),
        "enabled",
        p.enabled(),
        "description",
        p.description(),
        "auth_url",
        p.authUrl(),
        "sp_url",
        p.spUrl(),
        "relay_state_prefix",
        p.relayStatePrefix());
  }

  static void update(Sql sql, ServiceProvider p) {
    sql.update(
        "UPDATE service_provider SET enabled = ?, description = ?, auth_url = ?, sp_url = ?,"
            + " relay_state_prefix = ? WHERE id = ?",
        p.enabled(),
        p.description(),
        p.authUrl(),
        p.spUrl(),
        p.relayStatePrefix(),
        p.id());
  }

  static boolean delete(Sql sql, String id) {
    return sql.update("DELETE FROM service_provider WHERE id = ?", id) > 0;
  }

  private static ServiceProvider map(Row r) throws SQLException {
    return new ServiceProvider(
        r.text("id"),
        r.flag("enabled"),
        r.text("description"),
        r.text("auth_url"),
        r.text("sp_url"),
        r.text("relay_state_prefix"));
  }
}
