package welkin.identity.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.ldap.Directories;
import welkin.identity.shared.Backend;
import welkin.identity.trust.TrustStore;

/**
 * Issues, validates and revokes tokens. A token is only sealed ids; what it means is looked up at
 * each validation, from memory while nothing has changed. So taking a role away, disabling a user
 * or changing the catalog shows at once.
 */
public final class Tokens {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Backend backend;
  private final TokenKeys keys;
  private final Revocations revocations;
  private final Authorizations authorizations;
  private final Duration life;
  private final Duration allowExpired;
  private final Directories directories;
  private final LastUsed lastUsed;
  private final Cache<String, Token> good =
      Caffeine.newBuilder().maximumSize(20_000).expireAfterAccess(Duration.ofMinutes(10)).build();

  /**
   * @param life how long a token is good
   * @param allowExpired how long after that it may still be asked for with {@code allow_expired}
   * @param directories where users may be looked at again
   */
  public Tokens(
      Backend backend,
      TokenKeys keys,
      Revocations revocations,
      Duration life,
      Duration allowExpired,
      Directories directories,
      LastUsed lastUsed) {
    this.backend = backend;
    this.keys = keys;
    this.revocations = revocations;
    this.authorizations = new Authorizations(backend, directories);
    this.directories = directories;
    this.lastUsed = lastUsed;
    this.life = life;
    this.allowExpired = allowExpired;
  }

  /** Whether and what a user may on a scope. */
  Optional<Authorization> authorize(
      String userId, Scope scope, Delegation delegation, Federation federation) {
    return authorizations.find(userId, scope, delegation, federation);
  }

  /**
   * Makes a token.
   *
   * @param parent the token it is made from, whose end it inherits, or null
   */
  Token issue(Authorization what, List<String> methods, Token parent, Delegation delegation) {
    var now = backend.clock().instant();
    var audit = new ArrayList<String>(2);
    audit.add(auditId());
    if (parent != null) {
      audit.add(parent.payload().auditIds().getLast());
    }
    var expires = parent != null ? parent.payload().expiresAt() : now.plus(life);
    if (what.validUntil() != null && what.validUntil().isBefore(expires)) {
      expires = what.validUntil();
    }
    var issued =
        revocations.issueTime(now, what.userId(), what.scope(), List.copyOf(what.domainIds()));
    expires = Instant.ofEpochSecond(expires.getEpochSecond());
    var payload =
        new Payload(
            what.userId(),
            List.copyOf(new LinkedHashSet<>(methods)),
            what.scope(),
            expires,
            List.copyOf(audit),
            delegation,
            issued,
            what.federation());
    var text = keys.seal(payload);
    var token = new Token(Secret.of(text), payload, what);
    good.put(text, token);
    lastUsed.made(delegation);
    return token;
  }

  /** The token a text stands for; empty when it is no token, expired, or revoked in any way. */
  public Optional<Token> validate(String text) {
    var token = look(text);
    token.ifPresent(t -> lastUsed.token(t, backend.clock().instant()));
    return token;
  }

  private Optional<Token> look(String text) {
    var kept = good.getIfPresent(text);
    if (kept != null && directories.any()) {
      authorizations.refresh(kept.payload().userId(), kept.payload().delegation());
    }
    var now = backend.clock().instant();
    if (kept != null
        && kept.authorization().epoch() == backend.epoch().now()
        && kept.authorization().isFresh(now)) {
      var until = kept.authorization().validUntil();
      return now.isBefore(kept.payload().expiresAt()) && (until == null || now.isBefore(until))
          ? Optional.of(kept)
          : Optional.empty();
    }
    var token = open(text, Duration.ZERO);
    token.ifPresentOrElse(t -> good.put(text, t), () -> good.invalidate(text));
    return token;
  }

  /** Like {@link #validate}, and a while longer: for services that finish long work with it. */
  public Optional<Token> validateExpired(String text) {
    return open(text, allowExpired);
  }

  private Optional<Token> open(String text, Duration after) {
    var payload = keys.open(text);
    if (payload == null) {
      return Optional.empty();
    }
    if (!backend.clock().instant().isBefore(payload.expiresAt().plus(after))) {
      return Optional.empty();
    }
    return authorizations
        .find(payload.userId(), payload.scope(), payload.delegation(), payload.federation())
        .filter(a -> !revocations.covers(payload, List.copyOf(a.domainIds())))
        .map(a -> new Token(Secret.of(text), payload, a));
  }

  /** Calls one token back. */
  void revoke(Token token) {
    backend.database().change(sql -> revocations.token(sql, token.payload().auditIds().getFirst()));
  }

  /** A token without a login, for the service's own user. */
  public Token mint(String userId, Scope scope) {
    var what =
        authorizations
            .find(userId, scope, null, null)
            .orElseThrow(() -> new IllegalStateException("user " + userId + " has no role there"));
    return issue(what, List.of("password"), null, null);
  }

  /**
   * A token for whoever signed with an EC2 key pair: never more than what the pair was made with.
   *
   * @param trustId the trust the pair was made with, or null
   * @param applicationCredentialId the application credential the pair was made with, or null
   */
  public Optional<Token> ofKeyPair(
      String userId,
      String projectId,
      String trustId,
      String applicationCredentialId,
      String method) {
    var scope = Scope.project(projectId);
    Delegation delegation = null;
    var speaker = userId;
    if (trustId != null) {
      var trust =
          backend
              .database()
              .read(sql -> TrustStore.find(sql, trustId))
              .filter(t -> t.trusteeId().equals(userId));
      if (trust.isEmpty()) {
        return Optional.empty();
      }
      speaker = trust.get().speaksFor();
      delegation = Delegation.trust(trustId);
    } else if (applicationCredentialId != null) {
      delegation = Delegation.applicationCredential(applicationCredentialId);
    }
    var by = delegation;
    return authorizations
        .find(speaker, scope, by, null)
        .filter(what -> scope.equals(what.scope()))
        .map(what -> issue(what, List.of(method), null, by));
  }

  private static String auditId() {
    var bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
