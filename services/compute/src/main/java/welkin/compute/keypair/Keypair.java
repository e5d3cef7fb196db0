package welkin.compute.keypair;

import java.time.Instant;

/**
 * A user's public key.
 *
 * @param type {@code ssh} or {@code x509}
 * @param fingerprint hexadecimal bytes joined by colons: MD5 of an ssh key, SHA-1 of a certificate
 */
public record Keypair(
    long id,
    String userId,
    String name,
    String type,
    String fingerprint,
    String publicKey,
    Instant createdAt) {}
