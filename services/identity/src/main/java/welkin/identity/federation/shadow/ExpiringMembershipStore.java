package welkin.identity.federation.shadow;

import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import welkin.store.Sql;

/**
 * Membership in groups that an identity provider named at a login, and that ends some time after
 * it, in SQL. {@code AssignmentStore} counts it while it lasts.
 */
public final class ExpiringMembershipStore {
  /** A group, and when its user leaves it. */
  private record Membership(String groupId, Instant expiresAt) {}

  /**
   * Ids of a user's groups that count at a time, with both as arguments. What a disabled provider
   * said does not count, or what its users left behind (application credentials, trusts, keys)
   * would go on without it.
   */
  public static final String GROUPS =
      "SELECT group_id FROM expiring_membership WHERE user_id = ? AND expires_at > ? AND idp_id IN"
          + " (SELECT id FROM identity_provider WHERE enabled = 1)";

  private ExpiringMembershipStore() {}

  /** When a user leaves the first group that is not left yet; null when there is none. */
  public static Instant firstEnd(Sql sql, String userId) {
    return sql.one(
            "SELECT MIN(expires_at) AS first_end FROM expiring_membership WHERE user_id = ? AND"
                + " expires_at > ?",
            r -> Optional.ofNullable(r.time("first_end")),
            userId,
            sql.now())
        .flatMap(e -> e)
        .orElse(null);
  }

  /** Ends by group, of those not left yet. */
  public static Map<String, Instant> ofUser(Sql sql, String userId) {
    return sql
        .list(
            "SELECT group_id, expires_at FROM expiring_membership WHERE user_id = ? AND expires_at"
                + " > ?",
            r -> new Membership(r.text("group_id"), r.time("expires_at")),
            userId,
            sql.now())
        .stream()
        .collect(
            Collectors.toMap(
                Membership::groupId, Membership::expiresAt, (a, b) -> a.isAfter(b) ? a : b));
  }

  /**
   * Replaces what a provider said before.
   *
   * @return whether it says other groups now
   */
  static boolean replace(
      Sql sql, String userId, String identityProviderId, Set<String> groupIds, Instant expiresAt) {
    Set<String> before =
        new LinkedHashSet<>(
            sql.<String>list(
                "SELECT group_id FROM expiring_membership WHERE user_id = ? AND idp_id = ?",
                r -> r.text("group_id"),
                userId,
                identityProviderId));
    sql.update(
        "DELETE FROM expiring_membership WHERE user_id = ? AND idp_id = ?",
        userId,
        identityProviderId);
    for (var g : List.copyOf(groupIds)) {
      sql.insert(
          "expiring_membership",
          "user_id",
          userId,
          "group_id",
          g,
          "idp_id",
          identityProviderId,
          "expires_at",
          expiresAt);
    }
    return !before.equals(groupIds);
  }

  /** Forgets what a provider said of anyone. */
  static void forget(Sql sql, String identityProviderId) {
    sql.update("DELETE FROM expiring_membership WHERE idp_id = ?", identityProviderId);
  }
}
