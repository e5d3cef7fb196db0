package welkin.identity.credential;

import java.sql.SQLException;
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

/** Credentials in SQL, their blobs sealed with a key repository of their own. */
final class CredentialStore {
  static final SealedColumn SEALED = SealedColumn.of("credential", "encrypted_blob", "id");

  private final StoredSecrets secrets;

  CredentialStore(StoredSecrets secrets) {
    this.secrets = secrets;
  }

  Optional<Credential> find(Sql sql, String id) {
    return sql.one("SELECT * FROM credential WHERE id = ?", this::map, id);
  }

  List<Credential> list(Sql sql, ListRequest request) {
    return request.list(
        sql, ListQuery.of("SELECT * FROM credential", "credential", "id"), Map.of(), this::map);
  }

  void insert(Sql sql, Credential c) {
    sql.insert(
        "credential",
        "id",
        c.id(),
        "user_id",
        c.userId(),
        "project_id",
        c.projectId(),
        "type",
        c.type(),
        "encrypted_blob",
        seal(c.blob()),
        "extra",
        c.extra());
  }

  void update(Sql sql, Credential c) {
    sql.update(
        "UPDATE credential SET project_id = ?, type = ?, encrypted_blob = ?, extra = ? WHERE id ="
            + " ?",
        c.projectId(),
        c.type(),
        seal(c.blob()),
        c.extra(),
        c.id());
  }

  /** How many a user has, of every type. */
  static long count(Sql sql, String userId) {
    return sql.one(
            "SELECT COUNT(*) AS n FROM credential WHERE user_id = ?", r -> r.number("n"), userId)
        .orElseThrow();
  }

  void delete(Sql sql, String id) {
    sql.update("DELETE FROM credential WHERE id = ?", id);
  }

  private String seal(Secret blob) {
    return secrets.seal(SEALED, blob.reveal());
  }

  private Credential map(Row r) throws SQLException {
    return new Credential(
        r.text("id"),
        r.text("user_id"),
        r.text("project_id"),
        r.text("type"),
        Secret.of(secrets.open(r.text("encrypted_blob"))),
        Attributes.object(r.json("extra")));
  }
}
