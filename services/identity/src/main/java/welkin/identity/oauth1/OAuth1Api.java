package welkin.identity.oauth1;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.role.Role;
import welkin.identity.role.RoleStore;
import welkin.identity.role.RoleWire;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.TokenWire;
import welkin.identity.token.Tokens;

/** {@code OS-OAUTH1}: consumers, request tokens, access tokens. */
public final class OAuth1Api {
  private static final Set<String> KNOWN = Set.of("description", "secret");
  private static final Shape CREATE =
      Fields.body("consumer", Shape.object().optional("description", Fields.TEXT));
  private static final Shape AUTHORIZE =
      Shape.object()
          .required("roles", Shape.array(Shape.object().required("id", Shape.string())).min(1))
          .said(Shape.Style.KEYSTONE);

  private final Backend backend;
  private final OAuth1 oauth;
  private final Tokens tokens;

  public OAuth1Api(Backend backend, OAuth1 oauth, Tokens tokens) {
    this.backend = backend;
    this.oauth = oauth;
    this.tokens = tokens;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    var base = "/OS-OAUTH1";
    r.get(base + "/consumers", this::list).policy("identity:list_consumers");
    r.post(base + "/consumers", this::create)
        .policy("identity:create_consumer")
        .body(CREATE)
        .success(201);
    r.get(base + "/consumers/{consumer_id}", this::show).policy("identity:get_consumer");
    r.patch(base + "/consumers/{consumer_id}", this::update)
        .policy("identity:update_consumer")
        .body(CREATE);
    r.delete(base + "/consumers/{consumer_id}", this::delete)
        .policy("identity:delete_consumer")
        .success(204);
    r.post(base + "/request_token", this::request).open().success(201);
    r.post(base + "/access_token", this::access).open().success(201);
    r.put(base + "/authorize/{request_token_id}", this::authorize)
        .policy("identity:authorize_request_token")
        .body(AUTHORIZE);
    var tokens = "/users/{user_id}/OS-OAUTH1/access_tokens";
    r.get(tokens, this::tokens).policyOnTarget("identity:list_access_tokens");
    r.get(tokens + "/{access_token_id}", this::token).policyOnTarget("identity:get_access_token");
    r.delete(tokens + "/{access_token_id}", this::revoke)
        .policyOnTarget("identity:delete_access_token")
        .success(204);
    r.get(tokens + "/{access_token_id}/roles", this::roles)
        .policyOnTarget("identity:list_access_token_roles");
    r.get(tokens + "/{access_token_id}/roles/{role_id}", this::role)
        .policyOnTarget("identity:get_access_token_role");
    return r;
  }

  private static ObjectNode shown(Call call, Consumer c) {
    var out = c.extra().deepCopy();
    out.put("id", c.id()).put("description", c.description());
    out.putObject("links").put("self", call.base() + "/v3/OS-OAUTH1/consumers/" + c.id());
    return out;
  }

  private static Answer one(int status, ObjectNode shown) {
    var body = Json.object();
    body.set("consumer", shown);
    return Answer.json(status, body);
  }

  private Consumer consumer(Call call) {
    var id = call.path("consumer_id");
    return oauth.find(id).orElseThrow(Faults.missing("consumer", id));
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "description");
    return request.answer(
        call, "consumers", oauth.list(request), c -> shown(call, c), Consumer::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("consumer"));
    var made = oauth.create(given.text("description"), given);
    return one(201, shown(call, made).put("secret", made.secret().reveal()));
  }

  private Answer show(Call call) {
    return one(200, shown(call, consumer(call)));
  }

  private Answer update(Call call) {
    var was = consumer(call);
    var given = new Attributes(call.object("consumer"));
    if (given.has("secret")) {
      throw Fault.badRequest("Invalid input for field 'secret': it cannot be changed.");
    }
    var changed =
        new Consumer(
            was.id(),
            given.text("description", was.description()),
            was.secret(),
            given.extra(was.extra(), KNOWN));
    oauth.update(changed);
    return one(200, shown(call, changed));
  }

  private Answer delete(Call call) {
    oauth.delete(consumer(call).id());
    return Answer.none();
  }

  private static Answer form(String id, Secret secret, java.time.Instant expires) {
    var form =
        OAuth1Request.form(List.of("oauth_token", id, "oauth_token_secret", secret.reveal()));
    if (expires != null) {
      form += "&oauth_expires_at=" + TokenWire.time(expires); // as it is: clients compare the text
    }
    return new Answer(
        201,
        Map.of("Content-Type", "application/x-www-form-urlencoded"),
        form.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        null,
        -1);
  }

  private Answer request(Call call) {
    var token = oauth.request(call, call.header("requested-project-id"));
    return form(token.id(), token.secret(), token.expiresAt());
  }

  private Answer access(Call call) {
    var token = oauth.exchange(call);
    return form(token.id(), token.secret(), token.expiresAt());
  }

  private Answer authorize(Call call) {
    var token = tokens.validate(call.caller().token().reveal()).orElseThrow(Faults::unauthorized);
    if (token.payload().delegation() != null || token.isRestricted()) {
      throw Faults.forbidden("Cannot authorize a request token with a token issued via delegation");
    }
    var roles = new ArrayList<String>();
    call.object().get("roles").forEach(r -> roles.add(r.get("id").stringValue()));
    var verifier = oauth.authorize(call.path("request_token_id"), call.caller().userId(), roles);
    var body = Json.object();
    body.putObject("token").put("oauth_verifier", verifier);
    return Answer.ok(body);
  }

  private static void enforce(Call call) {
    call.enforce(Map.of("user_id", call.path("user_id"), "target.user.id", call.path("user_id")));
  }

  private AccessToken enforced(Call call) {
    enforce(call);
    var id = call.path("access_token_id");
    return oauth.accessOf(call.path("user_id")).stream()
        .filter(t -> t.id().equals(id))
        .findFirst()
        .orElseThrow(Faults.missing("Access Token", id));
  }

  private static ObjectNode shown(Call call, AccessToken t) {
    var self = call.base() + "/v3/users/" + t.userId() + "/OS-OAUTH1/access_tokens/" + t.id();
    var out = Json.object();
    out.put("id", t.id());
    out.put("consumer_id", t.consumerId());
    out.put("authorizing_user_id", t.userId());
    out.put("project_id", t.projectId());
    out.put("expires_at", t.expiresAt() == null ? null : TokenWire.time(t.expiresAt()));
    out.putObject("links").put("roles", self + "/roles").put("self", self);
    return out;
  }

  private Answer tokens(Call call) {
    enforce(call);
    return ListRequest.answer(
        call,
        "access_tokens",
        oauth.accessOf(call.path("user_id")).stream().map(t -> shown(call, t)).toList());
  }

  private Answer token(Call call) {
    var body = Json.object();
    body.set("access_token", shown(call, enforced(call)));
    return Answer.ok(body);
  }

  private Answer revoke(Call call) {
    oauth.delete(enforced(call));
    return Answer.none();
  }

  private List<Role> rolesOf(AccessToken token) {
    return backend
        .database()
        .read(
            sql ->
                token.roleIds().stream().flatMap(id -> RoleStore.find(sql, id).stream()).toList());
  }

  private Answer roles(Call call) {
    return ListRequest.answer(
        call, "roles", rolesOf(enforced(call)).stream().map(r -> RoleWire.show(call, r)).toList());
  }

  private Answer role(Call call) {
    var id = call.path("role_id");
    var role =
        rolesOf(enforced(call)).stream()
            .filter(r -> r.id().equals(id))
            .findFirst()
            .orElseThrow(Faults.missing("role", id));
    var body = Json.object();
    body.set("role", RoleWire.show(call, role));
    return Answer.ok(body);
  }
}
