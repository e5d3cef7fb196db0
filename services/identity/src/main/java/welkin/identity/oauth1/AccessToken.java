package welkin.identity.oauth1;

import java.time.Instant;
import java.util.List;
import welkin.core.Secret;

/**
 * What lets a consumer log in for a user on one project with some of the user's roles.
 *
 * @param expiresAt null when it does not expire
 */
public record AccessToken(
    String id,
    String consumerId,
    String projectId,
    String userId,
    Secret secret,
    List<String> roleIds,
    Instant expiresAt) {

  public boolean isExpired(Instant now) {
    return expiresAt != null && !now.isBefore(expiresAt);
  }
}
