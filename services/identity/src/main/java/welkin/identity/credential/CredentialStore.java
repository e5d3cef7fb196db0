package welkin.identity.credential;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.FernetKeys;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Credentials in SQL, their blobs sealed with a key repository of their own. */
final class CredentialStore {
  private final FernetKeys keys;
  private final InstantSource clock;

  CredentialStore(FernetKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
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

  void delete(Sql sql, String id) {
    sql.update("DELETE FROM credential WHERE id = ?", id);
  }

  private String seal(Secret blob) {
    return keys.seal(blob.reveal().getBytes(StandardCharsets.UTF_8), clock.instant());
  }

  private Credential map(Row r) throws SQLException {
    var opened = keys.open(r.text("encrypted_blob"));
    if (opened == null) {
      throw new IllegalStateException(
          "credential " + r.text("id") + " was sealed with a key that is gone");
    }
    return new Credential(
        r.text("id"),
        r.text("user_id"),
        r.text("project_id"),
        r.text("type"),
        Secret.of(new String(opened.payload(), StandardCharsets.UTF_8)),
        Attributes.object(r.json("extra")));
  }
}
