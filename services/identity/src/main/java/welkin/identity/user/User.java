package welkin.identity.user;

import java.time.Instant;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Secret;

/**
 * Someone, or something, that logs in.
 *
 * @param defaultProjectId what a login without a scope is scoped to, or null
 * @param passwordHash bcrypt, or null for a user without a password
 * @param passwordCreatedAt null for a user without a password
 * @param passwordExpiresAt null when the password does not expire
 * @param extra attributes the client made up, e.g. {@code email}, {@code description}
 */
public record User(
    String id,
    String domainId,
    String name,
    boolean enabled,
    String defaultProjectId,
    Secret passwordHash,
    Instant passwordCreatedAt,
    Instant passwordExpiresAt,
    ObjectNode options,
    ObjectNode extra) {

  /** Whether an option is set, e.g. {@code lock_password}. */
  boolean option(String name) {
    return options.path(name).asBoolean(false);
  }

  User withPassword(Secret hash, Instant createdAt, Instant expiresAt) {
    return new User(
        id, domainId, name, enabled, defaultProjectId, hash, createdAt, expiresAt, options, extra);
  }

  User disabled() {
    return new User(
        id,
        domainId,
        name,
        false,
        defaultProjectId,
        passwordHash,
        passwordCreatedAt,
        passwordExpiresAt,
        options,
        extra);
  }
}
