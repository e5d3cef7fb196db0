package welkin.identity;

import java.time.Duration;
import welkin.core.Secret;
import welkin.identity.shared.Backend;
import welkin.identity.token.Scope;
import welkin.identity.token.Token;
import welkin.identity.token.Tokens;
import welkin.identity.user.UserStore;

/** The token of the services' own user, made anew shortly before it ends. */
final class ServiceToken {
  /** Made anew this long before it ends. */
  private static final Duration RENEW = Duration.ofMinutes(10);

  private final Backend backend;
  private final Tokens tokens;
  private volatile Token current;

  ServiceToken(Backend backend, Tokens tokens) {
    this.backend = backend;
    this.tokens = tokens;
  }

  Secret text() {
    var t = current;
    if (t == null
        || backend.clock().instant().isAfter(t.payload().expiresAt().minus(RENEW))
        || tokens.validate(t.text().reveal()).isEmpty()) {
      t = mint();
      current = t;
    }
    return t.text();
  }

  private Token mint() {
    var user =
        backend
            .database()
            .read(sql -> UserStore.named(sql, Bootstrap.DOMAIN, Bootstrap.SERVICE_USER))
            .orElseThrow(() -> new IllegalStateException("the service user is missing"));
    return tokens.mint(user.id(), Scope.project(user.defaultProjectId()));
  }
}
