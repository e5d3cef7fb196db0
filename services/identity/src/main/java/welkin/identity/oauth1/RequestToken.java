package welkin.identity.oauth1;

import java.time.Instant;
import java.util.List;
import welkin.core.Secret;

/**
 * A consumer's wish to act on a project for whoever authorises it.
 *
 * @param verifier what the user tells the consumer once authorised, null before
 * @param userId who authorised it, null before
 * @param roleIds what was authorised
 */
record RequestToken(
    String id,
    String consumerId,
    String projectId,
    Secret secret,
    String verifier,
    String userId,
    List<String> roleIds,
    Instant expiresAt) {}
