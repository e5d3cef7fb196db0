package welkin.identity.federation.provider;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.ListRequest;
import welkin.store.ByIds;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Identity providers in SQL. */
public final class IdentityProviderStore {
  private IdentityProviderStore() {}

  public static Optional<IdentityProvider> find(Sql sql, String id) {
    return sql.one("SELECT * FROM identity_provider WHERE id = ?", IdentityProviderStore::map, id)
        .map(p -> withRemoteIds(sql, List.of(p)).getFirst());
  }

  public static List<IdentityProvider> list(Sql sql, ListRequest request) {
    return withRemoteIds(
        sql,
        request.list(
            sql,
            ListQuery.of("SELECT * FROM identity_provider", "identity_provider", "id"),
            Map.of(),
            IdentityProviderStore::map));
  }

  private static List<IdentityProvider> withRemoteIds(Sql sql, List<IdentityProvider> providers) {
    var remoteIds =
        ByIds.byOwner(
            sql,
            "SELECT * FROM identity_provider_remote_id WHERE idp_id IN ",
            providers.stream().map(IdentityProvider::id).toList(),
            "idp_id",
            "remote_id",
            r -> r.text("remote_id"));
    return providers.stream().map(p -> with(p, remoteIds.getOrDefault(p.id(), List.of()))).toList();
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

  private static IdentityProvider map(Row r) throws SQLException {
    return new IdentityProvider(
        r.text("id"),
        r.text("domain_id"),
        r.flag("enabled"),
        r.text("description"),
        List.of(),
        r.integerOrNull("authorization_ttl"));
  }
}
