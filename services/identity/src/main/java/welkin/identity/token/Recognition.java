package welkin.identity.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Call;
import welkin.identity.applicationcredential.ApplicationCredential;
import welkin.identity.applicationcredential.ApplicationCredentialStore;
import welkin.identity.credential.Credentials;
import welkin.identity.ldap.Directories;
import welkin.identity.oauth1.OAuth1;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.user.PasswordLogin;
import welkin.identity.user.Passwords;
import welkin.identity.user.User;

/**
 * Recognises who logs in, by every method the request names. Whatever is wrong, the answer is the
 * same 401 after about the same time; only a request that could never be right is a 400.
 */
public final class Recognition {
  private final Backend backend;
  private final Tokens tokens;
  private final Passwords passwords;
  private final PasswordLogin passwordLogin;
  private final Credentials credentials;
  private final OAuth1 oauth;
  private final Directories directories;

  public Recognition(
      Backend backend,
      Tokens tokens,
      Passwords passwords,
      PasswordLogin passwordLogin,
      Credentials credentials,
      OAuth1 oauth,
      Directories directories) {
    this.directories = directories;
    this.oauth = oauth;
    this.backend = backend;
    this.tokens = tokens;
    this.passwords = passwords;
    this.passwordLogin = passwordLogin;
    this.credentials = credentials;
  }

  /**
   * @param identity the value of {@code auth.identity}
   * @param call the request it came with: OAuth signs its headers
   */
  Recognised recognise(ObjectNode identity, Call call) {
    if (!(identity.get("methods") instanceof ArrayNode names)) {
      throw Lookup.expecting("methods", "identity");
    }
    Recognised all = null;
    for (var name : names) {
      var method = name.isString() ? name.stringValue() : name.toString();
      var one =
          switch (method) {
            case "password" -> password(Lookup.object(identity, "password", "identity"));
            case "token" -> token(Lookup.object(identity, "token", "identity"));
            case "mapped", "saml2", "openid" ->
                federated(Lookup.object(identity, method, "identity"));
            case "oauth1" -> oauth1(call);
            case "totp" -> totp(Lookup.object(identity, "totp", "identity"));
            case "application_credential" ->
                credential(Lookup.object(identity, "application_credential", "identity"));
            default ->
                throw Fault.unauthorized("Attempted to authenticate with an unsupported method.");
          };
      all = all == null ? one : joined(all, one);
    }
    if (all == null) {
      throw Faults.unauthorized();
    }
    return all;
  }

  /** Several methods must all speak of the same user. */
  private static Recognised joined(Recognised a, Recognised b) {
    if (!a.userId().equals(b.userId())) {
      throw Faults.unauthorized();
    }
    var methods = new ArrayList<>(a.methods());
    methods.addAll(b.methods());
    return new Recognised(
        a.userId(),
        methods,
        a.parent() != null ? a.parent() : b.parent(),
        a.delegation() != null ? a.delegation() : b.delegation(),
        a.scope() != null ? a.scope() : b.scope(),
        a.federation() != null ? a.federation() : b.federation());
  }

  private Recognised password(ObjectNode method) {
    var given = Lookup.object(method, "user", "password");
    var password = Json.string(given, "password");
    if (password == null) {
      throw Lookup.expecting("password", "user");
    }
    var user =
        passwordLogin.recognise(Lookup.user(backend, directories, given), Secret.of(password));
    return new Recognised(user.id(), List.of("password"), null);
  }

  private Recognised token(ObjectNode method) {
    var id = Json.string(method, "id");
    if (id == null) {
      throw Lookup.expecting("id", "token");
    }
    var parent =
        tokens
            .validate(id)
            .orElseThrow(() -> Fault.notFound("Could not find token: the token is not valid."));
    if (parent.payload().delegation() != null) {
      throw Faults.forbidden(
          switch (parent.payload().delegation().kind()) {
            case APPLICATION_CREDENTIAL ->
                "Using an application credential token to create another token";
            case TRUST ->
                "Using trust-scoped token to create another token. Create a new trust-scoped token"
                    + " instead";
            case OAUTH1 ->
                "Using OAuth-scoped token to create another token. Create a new OAuth-scoped token"
                    + " instead";
          });
    }
    if (parent.isSigned()) {
      throw Faults.forbidden("Using the token of a signed request to create another token");
    }
    var methods = new ArrayList<String>();
    methods.add("token");
    methods.addAll(parent.payload().methods());
    return new Recognised(
        parent.payload().userId(), methods, parent, null, null, parent.payload().federation());
  }

  /** A federated user scopes a token anew; logging in is at the provider's own address. */
  private Recognised federated(ObjectNode method) {
    var who = token(method);
    if (who.federation() == null) {
      throw Faults.unauthorized();
    }
    return who;
  }

  private Recognised credential(ObjectNode method) {
    var secret = Json.string(method, "secret");
    if (secret == null) {
      throw Lookup.expecting("secret", "application_credential");
    }
    var id = Json.string(method, "id");
    Optional<ApplicationCredential> found;
    if (id != null) {
      found = backend.database().read(sql -> ApplicationCredentialStore.find(sql, id));
    } else {
      var name = Json.string(method, "name");
      if (name == null) {
        throw Lookup.expecting("id or name", "application_credential");
      }
      var owner =
          Lookup.user(
              backend, directories, Lookup.object(method, "user", "application_credential"));
      found =
          owner.flatMap(
              u ->
                  backend
                      .database()
                      .read(sql -> ApplicationCredentialStore.named(sql, u.id(), name)));
    }
    boolean right =
        passwords.check(
            Secret.of(secret), found.map(ApplicationCredential::secretHash).orElse(null));
    if (!right || found.orElseThrow().isExpired(backend.clock().instant())) {
      throw Faults.unauthorized();
    }
    return new Recognised(
        found.get().userId(),
        List.of("application_credential"),
        null,
        Delegation.applicationCredential(found.get().id()),
        Scope.project(found.get().projectId()));
  }

  private Recognised oauth1(Call call) {
    var token = oauth.recognise(call);
    return new Recognised(
        token.userId(),
        List.of("oauth1"),
        null,
        Delegation.oauth1(token.id()),
        Scope.project(token.projectId()));
  }

  private Recognised totp(ObjectNode method) {
    var given = Lookup.object(method, "user", "totp");
    var passcode = Json.string(given, "passcode");
    if (passcode == null) {
      throw Lookup.expecting("passcode", "user");
    }
    var user =
        Lookup.user(backend, directories, given)
            .filter(User::enabled)
            .orElseThrow(Faults::unauthorized);
    var now = backend.clock().instant();
    credentials.used(
        credentials.totp(user.id()).stream()
            .filter(c -> Totp.accepts(c.blob(), passcode, now))
            .findFirst()
            .orElseThrow(Faults::unauthorized));
    return new Recognised(user.id(), List.of("totp"), null);
  }
}
