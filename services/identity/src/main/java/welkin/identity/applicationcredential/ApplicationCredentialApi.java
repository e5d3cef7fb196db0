package welkin.identity.applicationcredential;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.core.Secrets;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.applicationcredential.ApplicationCredential.AccessRule;
import welkin.identity.role.Role;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.LastUsed;
import welkin.identity.token.Token;
import welkin.identity.token.TokenWire;
import welkin.identity.token.Tokens;

/** {@code /v3/users/{id}/application_credentials} and {@code /v3/users/{id}/access_rules}. */
public final class ApplicationCredentialApi {
  private static final Shape RULE =
      Shape.object()
          .optional("id", Shape.string())
          .optional("service", Shape.string().length(1, 64))
          .optional("path", Shape.string().length(1, 128).pattern("^/"))
          .optional("method", Shape.string().oneOf("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
          .noOthers();
  private static final Shape CREATE =
      Fields.body(
          "application_credential",
          Shape.object()
              .required("name", Fields.NAME)
              .optional("description", Fields.TEXT)
              .optional("secret", Shape.string().nullable().secret())
              .optional("expires_at", Shape.string().nullable())
              .optional(
                  "roles",
                  Shape.array(
                      Shape.object()
                          .optional("id", Shape.string())
                          .optional("name", Shape.string())))
              .optional("unrestricted", Shape.bool().nullable())
              .optional("access_rules", Shape.array(RULE)));

  private final ApplicationCredentials credentials;
  private final Tokens tokens;
  private final LastUsed lastUsed;

  public ApplicationCredentialApi(
      ApplicationCredentials credentials, Tokens tokens, LastUsed lastUsed) {
    this.lastUsed = lastUsed;
    this.credentials = credentials;
    this.tokens = tokens;
  }

  public Routes routes() {
    var r = new Routes("/v3/users/{user_id}");
    var one = "/application_credentials/{application_credential_id}";
    r.get("/application_credentials", this::list)
        .policyOnTarget("identity:list_application_credentials");
    r.post("/application_credentials", this::create)
        .policyOnTarget("identity:create_application_credential")
        .body(CREATE)
        .success(201);
    r.get(one, this::show).policyOnTarget("identity:get_application_credential");
    r.delete(one, this::delete)
        .policyOnTarget("identity:delete_application_credential")
        .success(204);
    r.get("/access_rules", this::rules).policyOnTarget("identity:list_access_rules");
    r.get("/access_rules/{rule_id}", this::rule).policyOnTarget("identity:get_access_rule");
    r.delete("/access_rules/{rule_id}", this::deleteRule)
        .policyOnTarget("identity:delete_access_rule")
        .success(204);
    return r;
  }

  private static void enforce(Call call) {
    var target = new LinkedHashMap<String, Object>();
    target.put("user_id", call.path("user_id"));
    target.put("target.user.id", call.path("user_id"));
    call.enforce(target);
  }

  /** The rule is asked about whom the credential belongs to, not about the user of the path. */
  private ApplicationCredential enforced(Call call) {
    var id = call.path("application_credential_id");
    var found = credentials.find(id);
    var owner = found.map(ApplicationCredential::userId).orElse(call.path("user_id"));
    call.enforce(Map.of("user_id", owner, "target.user.id", owner));
    return found
        .filter(c -> c.userId().equals(call.path("user_id")))
        .orElseThrow(Faults.missing("application_credential", id));
  }

  /** How credentials are shown, with what is looked up for all of them together. */
  private Function<ApplicationCredential, ObjectNode> view(
      Call call, List<ApplicationCredential> rows) {
    var ids = rows.stream().map(ApplicationCredential::id).toList();
    var used = lastUsed.of(LastUsed.Kind.APPLICATION_CREDENTIAL, ids);
    var roles = credentials.roles(rows);
    return c -> show(call, c, roles, used.get(c.id()));
  }

  private ObjectNode show(Call call, ApplicationCredential c) {
    return view(call, List.of(c)).apply(c);
  }

  /**
   * @param known roles by id
   * @param usedAt when it or a token of it was last used, or null for never; keystone does not tell
   */
  private static ObjectNode show(
      Call call, ApplicationCredential c, Map<String, Role> known, Instant usedAt) {
    var out = Json.object();
    out.put("id", c.id());
    out.put("name", c.name());
    out.put("description", c.description());
    out.put("user_id", c.userId());
    out.put("project_id", c.projectId());
    out.putNull("system");
    out.put("expires_at", c.expiresAt() == null ? null : time(c));
    out.put("unrestricted", c.unrestricted());
    out.put("last_used_at", usedAt == null ? null : TokenWire.time(usedAt));
    var roles = out.putArray("roles");
    for (var id : c.roleIds()) {
      var r = known.get(id);
      if (r != null) {
        roles
            .addObject()
            .put("id", r.id())
            .put("name", r.name())
            .put("domain_id", r.domainId())
            .put("description", r.description())
            .set("options", r.options());
      }
    }
    if (!c.accessRules().isEmpty()) {
      out.set("access_rules", Json.tree(c.accessRules()));
    }
    out.putObject("links")
        .put(
            "self", call.base() + "/v3/users/" + c.userId() + "/application_credentials/" + c.id());
    return out;
  }

  /** keystone gives this one time without the {@code Z}. */
  private static String time(ApplicationCredential c) {
    var text = TokenWire.time(c.expiresAt());
    return text.substring(0, text.length() - 1);
  }

  private static Answer one(int status, ObjectNode shown) {
    var body = Json.object();
    body.set("application_credential", shown);
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    enforce(call);
    var request = ListRequest.of(call, "name");
    var rows = credentials.list(request, call.path("user_id"));
    return request.answer(
        call, "application_credentials", rows, view(call, rows), ApplicationCredential::id);
  }

  private Answer create(Call call) {
    enforce(call);
    var token = manager(call);
    var given = new Attributes(call.object("application_credential"));
    var secret =
        given.text("secret") == null ? Secrets.generate() : Secret.of(given.text("secret"));
    var shown = show(call, credentials.create(given, token, secret));
    shown.put("secret", secret.reveal());
    return one(201, shown);
  }

  /** The caller's token, unless it came from a restricted application credential itself. */
  private Token manager(Call call) {
    var token = tokens.validate(call.caller().token().reveal()).orElseThrow(Faults::unauthorized);
    if (token.isRestricted()) {
      throw Faults.forbidden(
          "Using method 'application_credential' is not allowed for managing additional"
              + " application credentials");
    }
    if (token.scope().projectId() == null) {
      throw Faults.forbidden("identity:create_application_credential");
    }
    return token;
  }

  private Answer show(Call call) {
    return one(200, show(call, enforced(call)));
  }

  private Answer delete(Call call) {
    var credential = enforced(call);
    if (tokens.validate(call.caller().token().reveal()).orElseThrow().isRestricted()) {
      throw Faults.forbidden(
          "Using method 'application_credential' is not allowed for managing additional"
              + " application credentials");
    }
    credentials.delete(credential);
    return Answer.none();
  }

  // ---- access rules ----

  private static ObjectNode show(Call call, AccessRule rule) {
    var out = Json.object();
    out.put("id", rule.id());
    out.put("service", rule.service());
    out.put("path", rule.path());
    out.put("method", rule.method());
    out.putObject("links")
        .put(
            "self",
            call.base() + "/v3/users/" + call.path("user_id") + "/access_rules/" + rule.id());
    return out;
  }

  private AccessRule enforcedRule(Call call) {
    enforce(call);
    var id = call.path("rule_id");
    return credentials.rules(call.path("user_id")).stream()
        .filter(r -> r.id().equals(id))
        .findFirst()
        .orElseThrow(Faults.missing("access_rule", id));
  }

  private Answer rules(Call call) {
    enforce(call);
    return ListRequest.answer(
        call,
        "access_rules",
        credentials.rules(call.path("user_id")).stream().map(r -> show(call, r)).toList());
  }

  private Answer rule(Call call) {
    return Answer.ok(Map.of("access_rule", show(call, enforcedRule(call))));
  }

  private Answer deleteRule(Call call) {
    credentials.deleteRule(enforcedRule(call));
    return Answer.none();
  }
}
