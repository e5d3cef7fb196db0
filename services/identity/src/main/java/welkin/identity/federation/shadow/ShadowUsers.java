package welkin.identity.federation.shadow;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.shared.Backend;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/** Users whom this cloud knows because an identity provider vouched for them. */
public final class ShadowUsers {
  private final Backend backend;

  public ShadowUsers(Backend backend) {
    this.backend = backend;
  }

  /**
   * A user, and whether it was known before.
   *
   * @param known whether it has logged in before
   */
  public record Known(String userId, boolean known) {}

  /**
   * The user a provider knows by an id; made now when this is the first login, named and with the
   * address that the provider gives now.
   *
   * @param email or null
   */
  public Known find(
      Sql sql, Protocol by, String uniqueId, String name, String email, String domainId) {
    var found = FederatedUserStore.find(sql, by.identityProviderId(), by.id(), uniqueId);
    if (found.isPresent()) {
      var userId = found.get().userId();
      UserStore.find(sql, userId).ifPresent(u -> update(sql, u, name, email));
      return new Known(userId, true);
    }
    var userId = id(domainId, uniqueId);
    boolean known = UserStore.find(sql, userId).isPresent();
    if (known && !isOf(sql, userId, by.identityProviderId())) {
      // one provider's word is no proof of who somebody is at another, or in a directory
      throw Fault.unauthorized(
          "The domain has a user of the same id whom another identity provider or a directory"
              + " vouches for: let the mapping choose another domain or id.");
    }
    if (!known) {
      UserStore.insertShadow(
          sql,
          new User(
              userId,
              domainId,
              name,
              true,
              null,
              null,
              null,
              null,
              Json.object(),
              with(Json.object(), email)));
      backend.tell(sql, "user", "created", null, userId);
    }
    FederatedUserStore.insert(
        sql, new FederatedUser(by.identityProviderId(), by.id(), uniqueId, userId));
    return new Known(userId, known);
  }

  /** By an older protocol, perhaps. */
  private static boolean isOf(Sql sql, String userId, String identityProviderId) {
    return FederatedUserStore.ofUser(sql, userId).stream()
        .anyMatch(f -> f.identityProviderId().equals(identityProviderId));
  }

  private void update(Sql sql, User was, String name, String email) {
    var extra = with(was.extra().deepCopy(), email);
    if (!was.name().equals(name) || !was.extra().equals(extra)) {
      UserStore.renameShadow(sql, was.id(), name, extra);
      backend.epoch().end(sql);
    }
  }

  private static ObjectNode with(ObjectNode extra, String email) {
    return email == null ? extra : extra.put("email", email);
  }

  /** keystone's public id: the same user has the same id in every cloud that agrees on names. */
  static String id(String domainId, String uniqueId) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of()
          .formatHex(
              digest.digest((domainId + "user" + uniqueId).getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Ids of the users a provider knows.
   *
   * @param protocolId by which protocol, or null for any
   */
  public List<String> of(Sql sql, String identityProviderId, String protocolId) {
    return FederatedUserStore.known(sql, identityProviderId, protocolId);
  }

  /** Deletes those of these users that no provider knows any more and that were never others. */
  public void deleteIfUnknown(Sql sql, List<String> userIds) {
    for (var id : userIds) {
      if (UserStore.deleteForgotten(sql, id)) {
        backend.tell(sql, "user", "deleted", null, id);
      }
    }
  }

  /**
   * Remembers the groups that a provider named at a login.
   *
   * @param ttl for how long they count without another login
   * @return whether they are others than at the last login
   */
  public boolean inGroups(
      Sql sql, String userId, String identityProviderId, Set<String> groupIds, Duration ttl) {
    return ExpiringMembershipStore.replace(
        sql, userId, identityProviderId, groupIds, sql.now().plus(ttl));
  }

  /** Ends the memberships that a provider named. */
  public void forgetGroups(Sql sql, String identityProviderId) {
    ExpiringMembershipStore.forget(sql, identityProviderId);
  }
}
