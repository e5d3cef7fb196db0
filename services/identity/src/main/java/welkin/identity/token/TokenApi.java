package welkin.identity.token;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.assignment.AssignmentStore;
import welkin.identity.project.ProjectStore;
import welkin.identity.role.RoleGraph;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;

/** {@code /v3/auth}: logging in, asking about tokens, and what one may scope to. */
public final class TokenApi {
  private final Backend backend;
  private final Tokens tokens;
  private final Login login;
  private final Audit audit;
  private final LastUsed lastUsed;

  public TokenApi(Backend backend, Tokens tokens, Login login, Audit audit, LastUsed lastUsed) {
    this.audit = audit;
    this.lastUsed = lastUsed;
    this.backend = backend;
    this.tokens = tokens;
    this.login = login;
  }

  public Routes routes() {
    var r = new Routes("/v3/auth");
    r.post("/tokens", this::issue).open().success(201).summary("Log in");
    r.get("/tokens", this::validate).policyOnTarget("identity:validate_token");
    r.head("/tokens", this::validate).policyOnTarget("identity:check_token");
    r.delete("/tokens", this::revoke).policyOnTarget("identity:revoke_token").success(204);
    r.get("/catalog", this::catalog).policy("identity:get_auth_catalog");
    r.get("/projects", this::projects).policy("identity:get_auth_projects");
    r.get("/domains", this::domains).policy("identity:get_auth_domains");
    r.get("/system", this::system).policy("identity:get_auth_system");
    return r;
  }

  /** What a federated user may scope to, at its older address. */
  public Routes federated() {
    var r = new Routes("/v3/OS-FEDERATION");
    r.get("/projects", this::projects).policy("identity:get_auth_projects");
    r.get("/domains", this::domains).policy("identity:get_auth_domains");
    return r;
  }

  private Answer issue(Call call) {
    if (!(call.object().get("auth") instanceof ObjectNode auth)) {
      throw Fault.badRequest(
          "Expecting to find auth in request body. The server could not comply with the request"
              + " since it is either malformed or otherwise incorrect. The client is assumed to be"
              + " in error.");
    }
    Login.Outcome outcome;
    try {
      outcome = login.login(call, auth);
    } catch (Fault f) {
      audit.refused(call, auth, f);
      throw f;
    }
    return switch (outcome) {
      case Login.Outcome.Made(Token token) -> {
        audit.authenticated(call, token);
        yield answer(201, token.body(!call.query().containsKey("nocatalog")))
            .with("X-Subject-Token", token.text().reveal());
      }
      case Login.Outcome.More(Receipt receipt) -> {
        audit.more(call, receipt);
        yield answer(401, Json.bytes(receipt.body()))
            .with("Openstack-Auth-Receipt", receipt.text());
      }
    };
  }

  /** With {@code ?last_used} it also says when the token was used before, and is no use itself. */
  private Answer validate(Call call) {
    if (call.query().containsKey("last_used")) {
      var token = enforced(call, tokens.validateExpired(text(call)));
      var id = token.payload().auditIds().getFirst();
      var at = lastUsed.of(LastUsed.Kind.TOKEN, List.of(id)).get(id);
      var body = Json.parse(token.body(!call.query().containsKey("nocatalog")));
      ((ObjectNode) body.get("token")).put("last_used_at", at == null ? null : TokenWire.time(at));
      return answer(200, Json.bytes(body)).with("X-Subject-Token", token.text().reveal());
    }
    var token = subject(call, call.queryFlag("allow_expired", false));
    return answer(200, token.body(!call.query().containsKey("nocatalog")))
        .with("X-Subject-Token", token.text().reveal());
  }

  private Answer revoke(Call call) {
    tokens.revoke(subject(call, false));
    return Answer.none();
  }

  private static String text(Call call) {
    var text = call.header("x-subject-token");
    if (text == null || text.isEmpty()) {
      throw Fault.badRequest("The X-Subject-Token header is missing.");
    }
    return text;
  }

  private Token subject(Call call, boolean allowExpired) {
    var text = text(call);
    return enforced(call, allowExpired ? tokens.validateExpired(text) : tokens.validate(text));
  }

  private static Token enforced(Call call, Optional<Token> found) {
    var token =
        found.orElseThrow(() -> Fault.notFound("Could not find token: the token is not valid."));
    call.enforce(Map.of("target.token.user_id", token.payload().userId()));
    return token;
  }

  private static Answer answer(int status, byte[] body) {
    return new Answer(status, Map.of("Content-Type", "application/json"), body, null, -1);
  }

  private Answer catalog(Call call) {
    var token = own(call);
    if (token.scope().isUnscoped()) {
      throw Faults.forbidden("A project-scoped token is required to produce a service catalog");
    }
    var body = Json.object();
    body.set("catalog", Json.parse(token.authorization().catalog()));
    body.putObject("links")
        .putNull("next")
        .put("self", call.base() + call.servicePath())
        .putNull("previous");
    return Answer.ok(body);
  }

  private Token own(Call call) {
    return tokens.validate(call.caller().token().reveal()).orElseThrow(Faults::unauthorized);
  }

  /** Projects the caller could scope to. */
  private Answer projects(Call call) {
    var groups = own(call).groupIds();
    var rows =
        backend
            .database()
            .read(
                sql -> {
                  var ids = AssignmentStore.projectsOf(sql, call.caller().userId(), groups);
                  return ProjectStore.among(sql, ListRequest.all(), ids);
                });
    var out = new ArrayList<ObjectNode>();
    rows.stream()
        .filter(p -> p.enabled() && !p.isDomain())
        .forEach(p -> out.add(welkin.identity.project.ProjectWire.show(call, p)));
    return ListRequest.answer(call, "projects", out);
  }

  /** Domains the caller could scope to. */
  private Answer domains(Call call) {
    var groups = own(call).groupIds();
    var rows =
        backend
            .database()
            .read(
                sql -> {
                  var ids = new LinkedHashSet<String>();
                  var roles = RoleGraph.load(sql);
                  for (var a : AssignmentStore.ofUser(sql, call.caller().userId(), groups)) {
                    if (a.domainId() != null
                        && !a.inherited()
                        && !roles.effective(List.of(a.roleId())).isEmpty()) {
                      ids.add(a.domainId());
                    }
                  }
                  return ProjectStore.among(sql, ListRequest.all(), ids);
                });
    var out = new ArrayList<ObjectNode>();
    rows.stream()
        .filter(p -> p.enabled() && p.isDomain())
        .forEach(p -> out.add(welkin.identity.project.ProjectWire.showDomain(call, p)));
    return ListRequest.answer(call, "domains", out);
  }

  private Answer system(Call call) {
    boolean any =
        backend
            .database()
            .read(
                sql -> !AssignmentStore.onSystem(sql, call.caller().userId(), List.of()).isEmpty());
    var body = Json.object();
    body.set("system", Json.tree(any ? List.of(Map.of("all", true)) : List.of()));
    body.putObject("links").put("self", call.base() + call.servicePath());
    return Answer.ok(body);
  }
}
