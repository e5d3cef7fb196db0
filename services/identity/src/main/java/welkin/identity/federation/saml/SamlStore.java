package welkin.identity.federation.saml;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** What was asked, what was proven, what was used and what signs, in SQL. */
final class SamlStore {
  private SamlStore() {}

  /**
   * A request that was sent to an identity provider.
   *
   * @param entityId the identity provider it was sent to; null when the client chose
   * @param browser the hash of the cookie of the browser that was sent, or null
   * @param returnTo the path where the login goes on
   */
  record Asked(
      String id,
      String identityProviderId,
      String protocolId,
      String entityId,
      String browser,
      String returnTo,
      Instant expiresAt) {}

  /**
   * Who was proven to somebody, to be used once.
   *
   * @param id the hash of what the client shows for it
   * @param identityProviderId where alone it counts, or null
   */
  record Session(
      String id, String identityProviderId, String protocolId, Proof proof, Instant expiresAt) {}

  /** One half of the cloud's own key. */
  record Key(int number, String sealed, String certificate, Instant since) {}

  static void insert(Sql sql, Asked a, Instant now) {
    sql.update("DELETE FROM saml_request WHERE expires_at < ?", now);
    sql.insert(
        "saml_request",
        "id",
        a.id,
        "identity_provider_id",
        a.identityProviderId,
        "protocol_id",
        a.protocolId,
        "entity_id",
        a.entityId,
        "browser",
        a.browser,
        "return_to",
        a.returnTo,
        "expires_at",
        a.expiresAt);
  }

  /** The request, which is answered by that; empty when it is unknown, too old or answered. */
  static Optional<Asked> take(Sql sql, String id, Instant now) {
    var found = sql.one("SELECT * FROM saml_request WHERE id = ?", SamlStore::asked, id);
    boolean mine = sql.update("DELETE FROM saml_request WHERE id = ?", id) == 1;
    return found.filter(a -> mine && now.isBefore(a.expiresAt));
  }

  private static Asked asked(Row r) throws SQLException {
    return new Asked(
        r.text("id"),
        r.text("identity_provider_id"),
        r.text("protocol_id"),
        r.text("entity_id"),
        r.text("browser"),
        r.text("return_to"),
        r.time("expires_at"));
  }

  static void insert(Sql sql, Session s, Instant now) {
    sql.update("DELETE FROM saml_session WHERE expires_at < ? OR id = ?", now, s.id);
    sql.insert(
        "saml_session",
        "id",
        s.id,
        "identity_provider_id",
        s.identityProviderId,
        "protocol_id",
        s.protocolId,
        "proof",
        s.proof,
        "expires_at",
        s.expiresAt);
  }

  static Optional<Session> session(Sql sql, String id, Instant now) {
    return sql.one("SELECT * FROM saml_session WHERE id = ?", SamlStore::session, id)
        .filter(s -> now.isBefore(s.expiresAt));
  }

  static boolean delete(Sql sql, Session s) {
    return sql.update("DELETE FROM saml_session WHERE id = ?", s.id) == 1;
  }

  private static Session session(Row r) throws SQLException {
    return new Session(
        r.text("id"),
        r.text("identity_provider_id"),
        r.text("protocol_id"),
        r.json("proof", Proof.class),
        r.time("expires_at"));
  }

  /** Notes that an assertion was used; false when it was before, by any process. */
  static boolean use(Sql sql, String hash, Instant until, Instant now) {
    sql.update("DELETE FROM saml_assertion WHERE expires_at < ?", now);
    return sql.insertIfAbsent("saml_assertion", "id", hash, "expires_at", until) == 1;
  }

  static List<Key> keys(Sql sql) {
    return sql.list(
        "SELECT * FROM saml_key ORDER BY number",
        r ->
            new Key(r.integer("number"), r.text("sealed"), r.text("certificate"), r.time("since")));
  }

  static boolean insert(Sql sql, Key k) {
    return sql.insertIfAbsent(
            "saml_key",
            "number",
            k.number,
            "sealed",
            k.sealed,
            "certificate",
            k.certificate,
            "since",
            k.since)
        == 1;
  }

  static void deleteKey(Sql sql, int number) {
    sql.update("DELETE FROM saml_key WHERE number = ?", number);
  }
}
