package welkin.identity.applicationcredential;

import java.time.Instant;
import java.util.List;
import welkin.core.Secret;

/**
 * A way for a program to log in as a user on one project with some of the user's roles.
 *
 * @param expiresAt null when it does not expire
 * @param unrestricted may itself manage application credentials
 * @param roleIds the roles it was given; those the user has lost since do not count
 */
public record ApplicationCredential(
    String id,
    String userId,
    String projectId,
    String name,
    String description,
    Secret secretHash,
    Instant expiresAt,
    boolean unrestricted,
    List<String> roleIds,
    List<AccessRule> accessRules) {

  /** A call it may make; without any rule it may make all. */
  public record AccessRule(String id, String service, String method, String path) {}

  ApplicationCredential with(List<String> roleIds, List<AccessRule> accessRules) {
    return new ApplicationCredential(
        id,
        userId,
        projectId,
        name,
        description,
        secretHash,
        expiresAt,
        unrestricted,
        roleIds,
        accessRules);
  }

  public boolean isExpired(Instant now) {
    return expiresAt != null && !now.isBefore(expiresAt);
  }
}
