package welkin.identity.token;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.identity.applicationcredential.ApplicationCredential;
import welkin.identity.applicationcredential.ApplicationCredentialStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.trust.TrustStore;
import welkin.identity.user.PasswordLogin;
import welkin.identity.user.Passwords;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;
import welkin.store.Sql;

/**
 * Turns an authentication request into a token. Whatever is wrong with who logs in, the answer is
 * the same 401 after about the same time; only a request that could never be right is a 400.
 */
final class Login {
  private final Backend backend;
  private final Tokens tokens;
  private final Passwords passwords;
  private final PasswordLogin passwordLogin;

  /** Who was recognised, and how. */
  private record Recognised(
      String userId, List<String> methods, Token parent, ApplicationCredential credential) {}

  Login(Backend backend, Tokens tokens, Passwords passwords, PasswordLogin passwordLogin) {
    this.passwordLogin = passwordLogin;
    this.backend = backend;
    this.tokens = tokens;
    this.passwords = passwords;
  }

  /**
   * @param auth the value of {@code auth} in the request
   */
  Token login(ObjectNode auth) {
    var who = recognise(object(auth, "identity", "auth"));
    if (auth.path("scope").get("OS-TRUST:trust") instanceof ObjectNode given && onlyScope(auth)) {
      return byTrust(given, who);
    }
    var scope = scope(auth.get("scope"), who);
    var delegation =
        who.credential == null ? null : Delegation.applicationCredential(who.credential.id());
    var what = tokens.authorize(who.userId, scope, delegation).orElseThrow(Faults::unauthorized);
    return tokens.issue(what, who.methods, who.parent, delegation);
  }

  private Recognised recognise(ObjectNode identity) {
    if (!(identity.get("methods") instanceof tools.jackson.databind.node.ArrayNode names)) {
      throw expecting("methods", "identity");
    }
    Recognised all = null;
    for (var name : names) {
      var method = name.isString() ? name.stringValue() : name.toString();
      var one =
          switch (method) {
            case "password" -> password(object(identity, "password", "identity"));
            case "token" -> token(object(identity, "token", "identity"));
            case "application_credential" ->
                credential(object(identity, "application_credential", "identity"));
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
    if (!a.userId.equals(b.userId)) {
      throw Faults.unauthorized();
    }
    var methods = new ArrayList<>(a.methods);
    methods.addAll(b.methods);
    return new Recognised(
        a.userId,
        methods,
        a.parent != null ? a.parent : b.parent,
        a.credential != null ? a.credential : b.credential);
  }

  private Recognised password(ObjectNode method) {
    var given = object(method, "user", "password");
    var password = Json.string(given, "password");
    if (password == null) {
      throw expecting("password", "user");
    }
    var user = passwordLogin.recognise(user(given), Secret.of(password));
    return new Recognised(user.id(), List.of("password"), null, null);
  }

  private Recognised token(ObjectNode method) {
    var id = Json.string(method, "id");
    if (id == null) {
      throw expecting("id", "token");
    }
    var parent = tokens.validate(id).orElseThrow(Faults::unauthorized);
    if (parent.payload().delegation() != null) {
      throw Faults.forbidden(
          parent.payload().delegation().isTrust()
              ? "Using trust-scoped token to create another token. Create a new trust-scoped token"
                  + " instead"
              : "Using an application credential token to create another token");
    }
    if (parent.isSigned()) {
      throw Faults.forbidden("Using the token of a signed request to create another token");
    }
    var methods = new ArrayList<String>();
    methods.add("token");
    methods.addAll(parent.payload().methods());
    return new Recognised(parent.payload().userId(), methods, parent, null);
  }

  private Recognised credential(ObjectNode method) {
    var secret = Json.string(method, "secret");
    if (secret == null) {
      throw expecting("secret", "application_credential");
    }
    var id = Json.string(method, "id");
    Optional<ApplicationCredential> found;
    if (id != null) {
      found = backend.database().read(sql -> ApplicationCredentialStore.find(sql, id));
    } else {
      var name = Json.string(method, "name");
      if (name == null) {
        throw expecting("id or name", "application_credential");
      }
      var owner = user(object(method, "user", "application_credential"));
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
        found.get().userId(), List.of("application_credential"), null, found.get());
  }

  /** The user of an id, or of a name in a domain; empty when there is none. */
  private Optional<User> user(ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      return backend.database().read(sql -> UserStore.find(sql, id));
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw expecting("id or name", "user");
    }
    var domain = object(given, "domain", "user");
    return backend
        .database()
        .read(sql -> domain(sql, domain).flatMap(d -> UserStore.named(sql, d.id(), name)));
  }

  private static Optional<Project> domain(Sql sql, ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      return ProjectStore.find(sql, id).filter(Project::isDomain);
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw expecting("id or name", "domain");
    }
    return ProjectStore.named(sql, null, name);
  }

  private Scope scope(JsonNode given, Recognised who) {
    if (who.credential != null) {
      if (given != null && !given.isNull()) {
        throw Fault.unauthorized("Application credentials cannot request a scope.");
      }
      return Scope.project(who.credential.projectId());
    }
    if (given == null || given.isNull()) {
      return usual(who.userId);
    }
    if (given.isString() && given.stringValue().equals("unscoped")) {
      return Scope.UNSCOPED;
    }
    if (!(given instanceof ObjectNode scope)) {
      throw Fault.badRequest("Invalid input for field 'scope': " + given + " is not valid.");
    }
    long kinds =
        List.of("project", "domain", "system", "OS-TRUST:trust", "unscoped").stream()
            .filter(scope::has)
            .count();
    if (kinds != 1) {
      throw Fault.badRequest(
          "Expecting to find exactly one of project, domain, system or unscoped in scope.");
    }
    if (scope.has("unscoped")) {
      return Scope.UNSCOPED;
    }
    if (scope.has("system")) {
      if (!object(scope, "system", "scope").path("all").asBoolean(false)) {
        throw Fault.badRequest("Invalid input for field 'scope/system': all must be true.");
      }
      return Scope.SYSTEM;
    }
    if (scope.has("domain")) {
      var domain = object(scope, "domain", "scope");
      return backend
          .database()
          .read(sql -> domain(sql, domain))
          .map(d -> Scope.domain(d.id()))
          .orElseThrow(Faults::unauthorized);
    }
    if (scope.has("project")) {
      return project(object(scope, "project", "scope"));
    }
    throw expecting("id", "OS-TRUST:trust");
  }

  private static boolean onlyScope(ObjectNode auth) {
    return auth.get("scope").size() == 1;
  }

  /** What a trustor lets this user do; takes one use of the trust. */
  private Token byTrust(ObjectNode given, Recognised who) {
    if (who.credential != null) {
      throw Fault.unauthorized("Application credentials cannot request a scope.");
    }
    var id = Json.string(given, "id");
    if (id == null) {
      throw expecting("id", "OS-TRUST:trust");
    }
    var trust =
        backend
            .database()
            .read(sql -> TrustStore.find(sql, id))
            .filter(t -> t.isUsable(backend.clock().instant()))
            .orElseThrow(Faults.missing("trust", id));
    if (!trust.trusteeId().equals(who.userId)) {
      throw Fault.forbidden("User is not a trustee.");
    }
    var delegation = Delegation.trust(id);
    var what =
        tokens
            .authorize(trust.speaksFor(), Scope.project(trust.projectId()), delegation)
            .orElseThrow(() -> Fault.forbidden("Trustee has no delegated roles."));
    if (trust.remainingUses() != null
        && !backend.database().<Boolean>tx(sql -> TrustStore.use(sql, id))) {
      throw Fault.forbidden("There are no remaining uses for trust " + id + ".");
    }
    return tokens.issue(what, who.methods, who.parent, delegation);
  }

  private Scope project(ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      return Scope.project(id);
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw expecting("id or name", "project");
    }
    var domain = object(given, "domain", "project");
    return backend
        .database()
        .read(sql -> domain(sql, domain).flatMap(d -> ProjectStore.named(sql, d.id(), name)))
        .map(p -> Scope.project(p.id()))
        .orElseThrow(Faults::unauthorized);
  }

  /** The user's default project when it can be had, else none. */
  private Scope usual(String userId) {
    var id =
        backend
            .database()
            .read(sql -> UserStore.find(sql, userId))
            .map(User::defaultProjectId)
            .orElse(null);
    var scope = id == null ? Scope.UNSCOPED : Scope.project(id);
    return tokens.authorize(userId, scope, null).isPresent() ? scope : Scope.UNSCOPED;
  }

  private static ObjectNode object(ObjectNode in, String name, String where) {
    if (in.get(name) instanceof ObjectNode o) {
      return o;
    }
    throw expecting(name, where);
  }

  private static Fault expecting(String what, String where) {
    return Fault.badRequest(
        "Expecting to find "
            + what
            + " in "
            + where
            + ". The server could not comply with the request since it is either malformed or"
            + " otherwise incorrect. The client is assumed to be in error.");
  }
}
