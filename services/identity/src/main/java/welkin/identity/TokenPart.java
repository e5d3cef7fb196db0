package welkin.identity;

import welkin.http.Routes;
import welkin.identity.ldap.Directories;
import welkin.identity.shared.Backend;
import welkin.identity.token.Audit;
import welkin.identity.token.LastUsed;
import welkin.identity.token.Login;
import welkin.identity.token.OAuth2Api;
import welkin.identity.token.PkiApi;
import welkin.identity.token.RevocationApi;
import welkin.identity.token.Revocations;
import welkin.identity.token.TokenApi;
import welkin.identity.token.TokenKeys;
import welkin.identity.token.Tokens;

/** Tokens, and what is written down of their making and use. */
final class TokenPart implements AutoCloseable {
  private final Backend backend;
  private final LastUsed lastUsed;
  private final Tokens tokens;
  private final Audit audit;

  TokenPart(
      Backend backend,
      TokenKeys keys,
      TokenLife life,
      Revocations revocations,
      Directories directories) {
    this.backend = backend;
    lastUsed = new LastUsed(backend, life.kept());
    tokens =
        new Tokens(backend, keys, revocations, life.life(), life.window(), directories, lastUsed);
    audit = new Audit(backend);
  }

  Tokens tokens() {
    return tokens;
  }

  LastUsed lastUsed() {
    return lastUsed;
  }

  Audit audit() {
    return audit;
  }

  Routes routes(Login login) {
    var api = new TokenApi(backend, tokens, login, audit, lastUsed);
    return new Routes("")
        .include(api.routes())
        .include(api.federated())
        .include(new OAuth2Api(backend, login, audit).routes())
        .include(PkiApi.routes())
        .include(new RevocationApi(backend).routes());
  }

  void start() {
    audit.start();
    lastUsed.start();
  }

  @Override
  public void close() {
    audit.close();
    lastUsed.close();
  }
}
