package welkin.identity.trust;

import java.time.Instant;
import java.util.List;

/**
 * What a user (trustor) lets another (trustee) do on a project in the trustor's name.
 *
 * @param impersonation whether the trustee's tokens name the trustor as their user
 * @param expiresAt or null
 * @param remainingUses how many tokens may still be made with it, or null for any number
 * @param redelegatedTrustId the trust it was made from, or null
 * @param redelegationCount how often it may be passed on
 */
public record Trust(
    String id,
    String trustorId,
    String trusteeId,
    String projectId,
    boolean impersonation,
    Instant expiresAt,
    Integer remainingUses,
    String redelegatedTrustId,
    int redelegationCount,
    List<String> roleIds) {

  Trust with(List<String> roleIds) {
    return new Trust(
        id,
        trustorId,
        trusteeId,
        projectId,
        impersonation,
        expiresAt,
        remainingUses,
        redelegatedTrustId,
        redelegationCount,
        roleIds);
  }

  /** Whether a token may still be made with it; one that may not is as good as gone. */
  public boolean isUsable(Instant now) {
    return !isExpired(now) && (remainingUses == null || remainingUses > 0);
  }

  public boolean isExpired(Instant now) {
    return expiresAt != null && !now.isBefore(expiresAt);
  }

  /** The user its tokens speak for. */
  public String speaksFor() {
    return impersonation ? trustorId : trusteeId;
  }
}
