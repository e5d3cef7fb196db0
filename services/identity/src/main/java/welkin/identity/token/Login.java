package welkin.identity.token;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Call;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.trust.TrustStore;
import welkin.identity.user.User;
import welkin.identity.user.UserStore;

/**
 * Turns an authentication request into a token. Whatever is wrong with who logs in, the answer is
 * the same 401 after about the same time; only a request that could never be right is a 400.
 */
public final class Login {
  private final Backend backend;
  private final Tokens tokens;
  private final Recognition recognition;
  private final MultiFactor factors;

  public Login(Backend backend, Tokens tokens, Recognition recognition, MultiFactor factors) {
    this.backend = backend;
    this.tokens = tokens;
    this.recognition = recognition;
    this.factors = factors;
  }

  /** A token, or a receipt for the factors shown so far. */
  sealed interface Outcome {
    /** All that was asked was shown. */
    record Made(Token token) implements Outcome {}

    /** Another factor is asked for. */
    record More(Receipt receipt) implements Outcome {}
  }

  /**
   * @param auth the value of {@code auth} in the request
   */
  Outcome login(Call call, ObjectNode auth) {
    var now = recognition.recognise(Lookup.object(auth, "identity", "auth"), call);
    var who = factors.withEarlier(now, call.header("openstack-auth-receipt"));
    var missing = factors.missing(who);
    return missing.isPresent()
        ? new Outcome.More(missing.get())
        : new Outcome.Made(token(auth, who));
  }

  /**
   * A token for a user whom an identity provider vouched for and a mapping made known here.
   *
   * @param federation how the user came in; null for a mapping to a local user
   * @return an unscoped one, for a local user one for the default project
   */
  public Token federated(String userId, Federation federation) {
    var who = new Recognised(userId, List.of("mapped"), null, null, null, federation);
    if (factors.missing(who).isPresent()) {
      throw Faults.unauthorized();
    }
    return token(Json.object(), who);
  }

  private Token token(ObjectNode auth, Recognised who) {
    if (auth.path("scope").get("OS-TRUST:trust") instanceof ObjectNode given && onlyScope(auth)) {
      return byTrust(given, who);
    }
    var scope = scope(auth.get("scope"), who);
    var what =
        tokens
            .authorize(who.userId(), scope, who.delegation(), who.federation())
            .orElseThrow(Faults::unauthorized);
    return tokens.issue(what, who.methods(), who.parent(), who.delegation());
  }

  private Scope scope(JsonNode given, Recognised who) {
    if (who.delegation() != null) {
      if (given != null && !given.isNull()) {
        throw Fault.unauthorized("Application credentials cannot request a scope.");
      }
      return who.scope();
    }
    if (given == null || given.isNull()) {
      return who.federation() != null ? Scope.UNSCOPED : usual(who.userId());
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
      if (!Lookup.object(scope, "system", "scope").path("all").asBoolean(false)) {
        throw Fault.badRequest("Invalid input for field 'scope/system': all must be true.");
      }
      if (who.federation() != null) {
        throw Fault.unauthorized(
            "A federated login cannot be scoped to the system: keystone's tokens do not hold"
                + " both.");
      }
      return Scope.SYSTEM;
    }
    if (scope.has("domain")) {
      var domain = Lookup.object(scope, "domain", "scope");
      return backend
          .database()
          .read(sql -> Lookup.domain(sql, domain))
          .map(d -> Scope.domain(d.id()))
          .orElseThrow(Faults::unauthorized);
    }
    if (scope.has("project")) {
      return project(Lookup.object(scope, "project", "scope"));
    }
    throw Lookup.expecting("id", "OS-TRUST:trust");
  }

  private static boolean onlyScope(ObjectNode auth) {
    return auth.get("scope").size() == 1;
  }

  /** What a trustor lets this user do; takes one use of the trust. */
  private Token byTrust(ObjectNode given, Recognised who) {
    if (who.delegation() != null) {
      throw Fault.unauthorized("Application credentials cannot request a scope.");
    }
    var id = Json.string(given, "id");
    if (id == null) {
      throw Lookup.expecting("id", "OS-TRUST:trust");
    }
    var trust =
        backend
            .database()
            .read(sql -> TrustStore.find(sql, id))
            .filter(t -> t.isUsable(backend.clock().instant()))
            .orElseThrow(Faults.missing("trust", id));
    if (!trust.trusteeId().equals(who.userId())) {
      throw Fault.forbidden("User is not a trustee.");
    }
    var delegation = Delegation.trust(id);
    var what =
        tokens
            .authorize(trust.speaksFor(), Scope.project(trust.projectId()), delegation, null)
            .orElseThrow(() -> Fault.forbidden("Trustee has no delegated roles."));
    if (trust.remainingUses() != null
        && !backend.database().<Boolean>tx(sql -> TrustStore.use(sql, id))) {
      throw Fault.forbidden("There are no remaining uses for trust " + id + ".");
    }
    return tokens.issue(what, who.methods(), who.parent(), delegation);
  }

  private Scope project(ObjectNode given) {
    var id = Json.string(given, "id");
    if (id != null) {
      return Scope.project(id);
    }
    var name = Json.string(given, "name");
    if (name == null) {
      throw Lookup.expecting("id or name", "project");
    }
    var domain = Lookup.object(given, "domain", "project");
    return backend
        .database()
        .read(sql -> Lookup.domain(sql, domain).flatMap(d -> ProjectStore.named(sql, d.id(), name)))
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
    return tokens.authorize(userId, scope, null, null).isPresent() ? scope : Scope.UNSCOPED;
  }
}
