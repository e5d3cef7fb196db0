package welkin.identity.federation.protocol;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** Protocols in SQL. */
public final class ProtocolStore {
  private ProtocolStore() {}

  public static Optional<Protocol> find(Sql sql, String identityProviderId, String id) {
    return sql.one(
        "SELECT * FROM federation_protocol WHERE idp_id = ? AND id = ?",
        ProtocolStore::map,
        identityProviderId,
        id);
  }

  static List<Protocol> of(Sql sql, String identityProviderId) {
    return sql.list(
        "SELECT * FROM federation_protocol WHERE idp_id = ? ORDER BY id",
        ProtocolStore::map,
        identityProviderId);
  }

  static List<Protocol> named(Sql sql, String id) {
    return sql.list(
        "SELECT * FROM federation_protocol WHERE id = ? ORDER BY idp_id", ProtocolStore::map, id);
  }

  static void insert(Sql sql, Protocol p) {
    sql.insert(
        "federation_protocol",
        "idp_id",
        p.identityProviderId(),
        "id",
        p.id(),
        "mapping_id",
        p.mappingId(),
        "remote_id_attribute",
        p.remoteIdAttribute());
  }

  static void update(Sql sql, Protocol p) {
    sql.update(
        "UPDATE federation_protocol SET mapping_id = ?, remote_id_attribute = ? WHERE idp_id = ?"
            + " AND id = ?",
        p.mappingId(),
        p.remoteIdAttribute(),
        p.identityProviderId(),
        p.id());
  }

  static void delete(Sql sql, Protocol p) {
    sql.update(
        "DELETE FROM federation_protocol WHERE idp_id = ? AND id = ?",
        p.identityProviderId(),
        p.id());
  }

  private static Protocol map(Row r) throws SQLException {
    return new Protocol(
        r.text("idp_id"), r.text("id"), r.text("mapping_id"), r.text("remote_id_attribute"));
  }
}
