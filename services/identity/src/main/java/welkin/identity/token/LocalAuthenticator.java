package welkin.identity.token;

import welkin.core.Caller;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.identity.shared.Faults;

/** Tells who a token stands for in the process that holds the keys. */
public final class LocalAuthenticator implements Authenticator {
  private final Tokens tokens;

  public LocalAuthenticator(Tokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public Caller authenticate(Secret token) {
    return tokens.validate(token.reveal()).orElseThrow(Faults::unauthorized).caller();
  }
}
