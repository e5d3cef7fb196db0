package welkin.identity.federation.provider;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Identity providers in SQL. */
public final class IdentityProviderStore {
  private IdentityProviderStore() {}

  public static Optional<IdentityProvider> find(Sql sql, String id) {
    return sql.one(
        "SELECT * FROM identity_provider WHERE id = ?", r -> map(r, remoteIds(sql, id)), id);
  }

  public static List<IdentityProvider> list(Sql sql, ListRequest request) {
    return request
        .list(
            sql,
            ListQuery.of("SELECT * FROM identity_provider", "identity_provider", "id"),
            Map.of(),
            r -> map(r, List.of()))
        .stream()
        .map(p -> with(p, remoteIds(sql, p.id())))
        .toList();
  }

  private static List<String> remoteIds(Sql sql, String id) {
    return sql.list(
        "SELECT remote_id FROM identity_provider_remote_id WHERE idp_id = ? ORDER BY remote_id",
        r -> r.text("remote_id"),
        id);
  }

  static void insert(Sql sql, IdentityProvider p) {
    sql.insert(
        "identity_provider",
        "id",
        p.id(),
        "domain_id",
        p.domainId(),
        "enabled",
        p.enabled(),
        "description",
        p.description(),
        "authorization_ttl",
        p.authorizationTtl());
    insertRemoteIds(sql, p);
  }

  static void update(Sql sql, IdentityProvider p) {
    sql.update(
        "UPDATE identity_provider SET enabled = ?, description = ?, authorization_ttl = ? WHERE id"
            + " = ?",
        p.enabled(),
        p.description(),
        p.authorizationTtl(),
        p.id());
    sql.update("DELETE FROM identity_provider_remote_id WHERE idp_id = ?", p.id());
    insertRemoteIds(sql, p);
  }

  private static void insertRemoteIds(Sql sql, IdentityProvider p) {
    p.remoteIds()
        .forEach(r -> sql.insert("identity_provider_remote_id", "remote_id", r, "idp_id", p.id()));
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM identity_provider WHERE id = ?", id);
  }

  private static IdentityProvider with(IdentityProvider p, List<String> remoteIds) {
    return new IdentityProvider(
        p.id(), p.domainId(), p.enabled(), p.description(), remoteIds, p.authorizationTtl());
  }

  private static IdentityProvider map(Row r, List<String> remoteIds) throws SQLException {
    return new IdentityProvider(
        r.text("id"),
        r.text("domain_id"),
        r.flag("enabled"),
        r.text("description"),
        remoteIds,
        r.integerOrNull("authorization_ttl"));
  }
}
