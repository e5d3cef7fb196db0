package welkin.identity.oauth1;

import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Consumers and their tokens in SQL; secrets are sealed. */
public final class OAuth1Store {
  private static final SealedColumn CONSUMER =
      SealedColumn.of("oauth1_consumer", "encrypted_secret", "id");
  private static final SealedColumn REQUEST =
      SealedColumn.of("oauth1_request_token", "encrypted_secret", "id");
  private static final SealedColumn ACCESS =
      SealedColumn.of("oauth1_access_token", "encrypted_secret", "id");
  public static final List<SealedColumn> SEALED = List.of(CONSUMER, REQUEST, ACCESS);

  private final StoredSecrets secrets;
  private final InstantSource clock;

  public OAuth1Store(StoredSecrets secrets, InstantSource clock) {
    this.secrets = secrets;
    this.clock = clock;
  }

  private String seal(SealedColumn column, Secret secret) {
    return secrets.seal(column, secret.reveal());
  }

  private Secret open(String text) {
    return Secret.of(secrets.open(text));
  }

  Optional<Consumer> consumer(Sql sql, String id) {
    return sql.one("SELECT * FROM oauth1_consumer WHERE id = ?", this::consumer, id);
  }

  List<Consumer> consumers(Sql sql, ListRequest request) {
    return request.list(
        sql,
        ListQuery.of("SELECT * FROM oauth1_consumer", "oauth1_consumer", "id"),
        Map.of(),
        this::consumer);
  }

  void insert(Sql sql, Consumer c) {
    sql.insert(
        "oauth1_consumer",
        "id",
        c.id(),
        "description",
        c.description(),
        "encrypted_secret",
        seal(CONSUMER, c.secret()),
        "extra",
        c.extra());
  }

  void update(Sql sql, Consumer c) {
    sql.update(
        "UPDATE oauth1_consumer SET description = ?, extra = ? WHERE id = ?",
        c.description(),
        c.extra(),
        c.id());
  }

  /** With every token it has. */
  void deleteConsumer(Sql sql, String id) {
    sql.update("DELETE FROM oauth1_consumer WHERE id = ?", id);
  }

  Optional<RequestToken> request(Sql sql, String id) {
    return sql.one("SELECT * FROM oauth1_request_token WHERE id = ?", this::request, id);
  }

  void insert(Sql sql, RequestToken t) {
    sql.update("DELETE FROM oauth1_request_token WHERE expires_at < ?", clock.instant());
    sql.insert(
        "oauth1_request_token",
        "id",
        t.id(),
        "consumer_id",
        t.consumerId(),
        "project_id",
        t.projectId(),
        "encrypted_secret",
        seal(REQUEST, t.secret()),
        "roles",
        t.roleIds(),
        "expires_at",
        t.expiresAt());
  }

  void authorize(Sql sql, String id, String userId, List<String> roles, String verifier) {
    sql.update(
        "UPDATE oauth1_request_token SET user_id = ?, roles = ?, verifier = ? WHERE id = ?",
        userId,
        roles,
        verifier,
        id);
  }

  boolean deleteRequest(Sql sql, String id) {
    return sql.update("DELETE FROM oauth1_request_token WHERE id = ?", id) > 0;
  }

  /**
   * What an access token gives, without its secret.
   *
   * @param expiresAt null when it does not expire
   */
  public record Grant(
      String consumerId,
      String userId,
      String projectId,
      List<String> roleIds,
      Instant expiresAt) {}

  public static Optional<Grant> grant(Sql sql, String id) {
    return sql.one(
        "SELECT * FROM oauth1_access_token WHERE id = ?",
        r ->
            new Grant(
                r.text("consumer_id"),
                r.text("user_id"),
                r.text("project_id"),
                r.stringList("roles"),
                r.time("expires_at")),
        id);
  }

  Optional<AccessToken> access(Sql sql, String id) {
    return sql.one("SELECT * FROM oauth1_access_token WHERE id = ?", this::access, id);
  }

  List<AccessToken> accessOf(Sql sql, String userId) {
    return sql.list(
        "SELECT * FROM oauth1_access_token WHERE user_id = ? ORDER BY id", this::access, userId);
  }

  void insert(Sql sql, AccessToken t) {
    sql.insert(
        "oauth1_access_token",
        "id",
        t.id(),
        "consumer_id",
        t.consumerId(),
        "project_id",
        t.projectId(),
        "user_id",
        t.userId(),
        "encrypted_secret",
        seal(ACCESS, t.secret()),
        "roles",
        t.roleIds(),
        "expires_at",
        t.expiresAt());
  }

  void deleteAccess(Sql sql, String id) {
    sql.update("DELETE FROM oauth1_access_token WHERE id = ?", id);
  }

  /** Whether a nonce is new; those before {@code oldest} are forgotten. */
  boolean use(Sql sql, String nonce, Instant oldest) {
    sql.update("DELETE FROM oauth1_nonce WHERE at < ?", oldest);
    return sql.insertIfAbsent("oauth1_nonce", "nonce_key", nonce, "at", clock.instant()) > 0;
  }

  private Consumer consumer(Row r) throws SQLException {
    return new Consumer(
        r.text("id"),
        r.text("description"),
        open(r.text("encrypted_secret")),
        Attributes.object(r.json("extra")));
  }

  private RequestToken request(Row r) throws SQLException {
    return new RequestToken(
        r.text("id"),
        r.text("consumer_id"),
        r.text("project_id"),
        open(r.text("encrypted_secret")),
        r.text("verifier"),
        r.text("user_id"),
        r.stringList("roles"),
        r.time("expires_at"));
  }

  private AccessToken access(Row r) throws SQLException {
    return new AccessToken(
        r.text("id"),
        r.text("consumer_id"),
        r.text("project_id"),
        r.text("user_id"),
        open(r.text("encrypted_secret")),
        r.stringList("roles"),
        r.time("expires_at"));
  }
}
