package welkin.identity.token;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import welkin.core.AccessRule;
import welkin.identity.role.Role;

/**
 * What a user may on a scope, looked up once and shared by all tokens for it: the part of a token's
 * body that is not its own, already as JSON.
 *
 * @param domainIds the domains of the user and of the scope
 * @param roles effective ones
 * @param fields {@code "user": ..., "project": ..., "roles": ...} without braces
 * @param catalog the catalog's JSON; null for an unscoped token
 * @param validUntil when the delegation ends, or null
 * @param unrestricted whether its delegation, if any, may make others
 * @param accessRules the only calls its tokens may make; empty for any
 * @param federation how a federated user came in, or null
 * @param freshUntil when the user leaves a group by itself, so that this must be worked out anew;
 *     null for never
 * @param epoch when it was worked out
 */
record Authorization(
    String userId,
    String userName,
    String userDomainId,
    Scope scope,
    String projectName,
    String projectDomainId,
    Set<String> domainIds,
    List<Role> roles,
    List<String> roleNames,
    byte[] fields,
    byte[] catalog,
    Instant validUntil,
    boolean unrestricted,
    List<AccessRule> accessRules,
    Federation federation,
    Instant freshUntil,
    long epoch) {
  boolean isFresh(Instant now) {
    return freshUntil == null || now.isBefore(freshUntil);
  }
}
