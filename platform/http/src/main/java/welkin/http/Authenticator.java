package welkin.http;

import welkin.core.Caller;
import welkin.core.Secret;

/** Tells who a token stands for. */
@FunctionalInterface
public interface Authenticator {
  /**
   * @throws welkin.core.Fault 401 for a token that is unknown, expired or revoked
   */
  Caller authenticate(Secret token);
}
