package welkin.core;

import java.time.Instant;
import java.util.List;

/**
 * Who asks: what a validated token says. Every service sees today's record, however the token was
 * made.
 *
 * @param userId the user, or null for a caller without a token
 * @param projectId the project the token is scoped to, or null
 * @param domainId the domain the token is scoped to, or null
 * @param system whether the token has system scope
 * @param roles role names, implied ones included
 * @param token the token as it was presented, for calls on the caller's behalf
 * @param expires when the token ends
 * @param accessRules the only calls it may make; empty for any
 */
public record Caller(
    String userId,
    String userName,
    String userDomainId,
    String projectId,
    String projectName,
    String projectDomainId,
    String domainId,
    boolean system,
    List<String> roles,
    Secret token,
    Instant expires,
    List<AccessRule> accessRules) {

  /** A caller who may make any call. */
  public Caller(
      String userId,
      String userName,
      String userDomainId,
      String projectId,
      String projectName,
      String projectDomainId,
      String domainId,
      boolean system,
      List<String> roles,
      Secret token,
      Instant expires) {
    this(
        userId,
        userName,
        userDomainId,
        projectId,
        projectName,
        projectDomainId,
        domainId,
        system,
        roles,
        token,
        expires,
        List.of());
  }

  /** Nobody: a request without a token. */
  public static final Caller ANONYMOUS =
      new Caller(null, null, null, null, null, null, null, false, List.of(), null, null);

  public boolean hasRole(String role) {
    return roles.contains(role);
  }

  public boolean isAdmin() {
    return roles.contains("admin");
  }

  /** Whether a call is one its token may make. */
  public boolean mayCall(String service, String method, String path) {
    return accessRules.isEmpty()
        || accessRules.stream().anyMatch(r -> r.allows(service, method, path));
  }

  public boolean isAnonymous() {
    return userId == null;
  }
}
