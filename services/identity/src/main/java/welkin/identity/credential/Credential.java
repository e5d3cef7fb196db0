package welkin.identity.credential;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Secret;

/**
 * Something a user proves identity with elsewhere: an EC2 key pair, a TOTP seed, a certificate.
 *
 * @param projectId what it is for, or null
 * @param type {@code ec2}, {@code totp}, {@code cert} or the client's own word
 * @param blob the client's own text, for {@code ec2} JSON with {@code access} and {@code secret}
 */
public record Credential(
    String id, String userId, String projectId, String type, Secret blob, ObjectNode extra) {}
