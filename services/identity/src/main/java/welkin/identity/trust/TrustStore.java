package welkin.identity.trust;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import welkin.store.ByIds;
import welkin.store.Row;
import welkin.store.Sql;

/** Trusts in SQL. One goes with its users, its project, and the trust it was made from. */
public final class TrustStore {
  private TrustStore() {}

  public static Optional<Trust> find(Sql sql, String id) {
    return sql.one("SELECT * FROM trust WHERE id = ?", TrustStore::map, id)
        .map(t -> withRoles(sql, List.of(t)).getFirst());
  }

  /**
   * @param trustorId only this trustor's, or null
   * @param trusteeId only this trustee's, or null
   */
  static List<Trust> list(Sql sql, String trustorId, String trusteeId) {
    return withRoles(
        sql,
        sql.list(
            "SELECT * FROM trust WHERE trustor_id = COALESCE(?, trustor_id) AND trustee_id ="
                + " COALESCE(?, trustee_id) ORDER BY id",
            TrustStore::map,
            trustorId,
            trusteeId));
  }

  static void insert(Sql sql, Trust t) {
    sql.insert(
        "trust",
        "id",
        t.id(),
        "trustor_id",
        t.trustorId(),
        "trustee_id",
        t.trusteeId(),
        "project_id",
        t.projectId(),
        "impersonation",
        t.impersonation(),
        "expires_at",
        t.expiresAt(),
        "remaining_uses",
        t.remainingUses(),
        "redelegated_trust_id",
        t.redelegatedTrustId(),
        "redelegation_count",
        t.redelegationCount());
    for (var role : t.roleIds()) {
      sql.insert("trust_role", "trust_id", t.id(), "role_id", role);
    }
  }

  /** Takes one use; false when there is none left. */
  public static boolean use(Sql sql, String id) {
    return sql.update(
            "UPDATE trust SET remaining_uses = remaining_uses - 1 WHERE id = ? AND"
                + " (remaining_uses IS NULL OR remaining_uses > 0)",
            id)
        > 0;
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM trust WHERE id = ?", id);
  }

  private static List<Trust> withRoles(Sql sql, List<Trust> trusts) {
    var roles =
        ByIds.byOwner(
            sql,
            "SELECT * FROM trust_role WHERE trust_id IN ",
            trusts.stream().map(Trust::id).toList(),
            "trust_id",
            "role_id",
            r -> r.text("role_id"));
    return trusts.stream().map(t -> t.with(roles.getOrDefault(t.id(), List.of()))).toList();
  }

  private static Trust map(Row r) throws SQLException {
    return new Trust(
        r.text("id"),
        r.text("trustor_id"),
        r.text("trustee_id"),
        r.text("project_id"),
        r.flag("impersonation"),
        r.time("expires_at"),
        r.integerOrNull("remaining_uses"),
        r.text("redelegated_trust_id"),
        r.integer("redelegation_count"),
        List.of());
  }
}
