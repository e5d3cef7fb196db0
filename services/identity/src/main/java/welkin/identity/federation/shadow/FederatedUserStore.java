package welkin.identity.federation.shadow;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** Who is known to which identity provider, in SQL. */
public final class FederatedUserStore {
  private FederatedUserStore() {}

  static Optional<FederatedUser> find(
      Sql sql, String identityProviderId, String protocolId, String uniqueId) {
    return sql.one(
        "SELECT * FROM federated_user WHERE idp_id = ? AND protocol_id = ? AND unique_id = ?",
        FederatedUserStore::map,
        identityProviderId,
        protocolId,
        uniqueId);
  }

  public static List<FederatedUser> ofUser(Sql sql, String userId) {
    return sql.list(
        "SELECT * FROM federated_user WHERE user_id = ? ORDER BY idp_id, protocol_id, unique_id",
        FederatedUserStore::map,
        userId);
  }

  /**
   * Ids of the users a provider knows.
   *
   * @param protocolId by which protocol, or null for any
   */
  static List<String> known(Sql sql, String identityProviderId, String protocolId) {
    return sql.list(
        "SELECT DISTINCT user_id FROM federated_user WHERE idp_id = ? AND (? IS NULL OR protocol_id"
            + " = ?)",
        r -> r.text("user_id"),
        identityProviderId,
        protocolId,
        protocolId);
  }

  public static void insert(Sql sql, FederatedUser f) {
    sql.insert(
        "federated_user",
        "idp_id",
        f.identityProviderId(),
        "protocol_id",
        f.protocolId(),
        "unique_id",
        f.uniqueId(),
        "user_id",
        f.userId());
  }

  public static void deleteOf(Sql sql, String userId) {
    sql.update("DELETE FROM federated_user WHERE user_id = ?", userId);
  }

  private static FederatedUser map(Row r) throws SQLException {
    return new FederatedUser(
        r.text("idp_id"), r.text("protocol_id"), r.text("unique_id"), r.text("user_id"));
  }
}
