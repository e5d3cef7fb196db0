package welkin.identity.role;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;

/**
 * {@code /v3/roles}, what roles imply, and {@code /v3/role_inferences}. A role private to a domain
 * answers to rules of its own ({@code identity:get_domain_role} for {@code identity:get_role}).
 */
public final class RoleApi {
  private static final Shape CREATE =
      Fields.body(
          "role",
          Shape.object()
              .required("name", Fields.NAME)
              .optional("domain_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("options", Fields.OPTIONS));
  private static final Shape UPDATE =
      Fields.body(
          "role",
          Shape.object()
              .optional("name", Fields.NAME)
              .optional("domain_id", Fields.ID.nullable())
              .optional("description", Fields.TEXT)
              .optional("options", Fields.OPTIONS)
              .minProps(1));

  private final Roles roles;

  public RoleApi(Backend backend) {
    this.roles = new Roles(backend);
  }

  public Routes routes() {
    var r = new Routes("/v3");
    r.get("/roles", this::list).policyOnTarget("identity:list_roles");
    r.post("/roles", this::create)
        .policyOnTarget("identity:create_role")
        .body(CREATE)
        .success(201)
        .shownBy("/roles/{role_id}");
    r.get("/roles/{role_id}", this::show).policyOnTarget("identity:get_role");
    r.patch("/roles/{role_id}", this::update)
        .policyOnTarget("identity:update_role")
        .bodyOnceAllowed(UPDATE);
    r.delete("/roles/{role_id}", this::delete).policyOnTarget("identity:delete_role").success(204);
    r.get("/roles/{role_id}/implies", this::implied).policy("identity:list_implied_roles");
    r.get("/roles/{role_id}/implies/{implied_id}", this::rule).policy("identity:get_implied_role");
    r.head("/roles/{role_id}/implies/{implied_id}", this::check)
        .policy("identity:check_implied_role")
        .success(204);
    r.put("/roles/{role_id}/implies/{implied_id}", this::imply)
        .policy("identity:create_implied_role")
        .success(201);
    r.delete("/roles/{role_id}/implies/{implied_id}", this::unimply)
        .policy("identity:delete_implied_role")
        .success(204);
    r.get("/role_inferences", this::inferences).policy("identity:list_role_inference_rules");
    return r;
  }

  private static Map<String, Object> target(Role role) {
    var target = new LinkedHashMap<String, Object>();
    target.put("target.role.name", role.name());
    target.put("target.role.domain_id", role.domainId());
    return target;
  }

  private static void enforce(Call call, String domainId, Map<String, Object> target) {
    if (domainId == null) {
      call.enforce(target);
    } else {
      call.enforce(call.route().rule().replace("_role", "_domain_role"), target);
      call.enforcedByFilter();
    }
  }

  /** That there is no such role is no secret, as with keystone. */
  private Role enforced(Call call) {
    var id = call.path("role_id");
    var role = roles.find(id).orElseThrow(Faults.missing("role", id));
    enforce(call, role.domainId(), target(role));
    return role;
  }

  private static Answer one(int status, Call call, Role role) {
    var body = Json.object();
    body.set("role", RoleWire.show(call, role));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    enforce(call, call.query("domain_id"), Map.of());
    var request = ListRequest.of(call, "name", "domain_id");
    return request.answer(
        call, "roles", roles.list(request), r -> RoleWire.show(call, r), Role::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("role"));
    enforce(call, given.text("domain_id"), Map.of());
    return one(201, call, roles.create(given));
  }

  private Answer show(Call call) {
    return one(200, call, enforced(call));
  }

  private Answer update(Call call) {
    return one(200, call, roles.update(enforced(call), new Attributes(call.object("role"))));
  }

  private Answer delete(Call call) {
    roles.delete(enforced(call));
    return Answer.none();
  }

  private Role role(Call call, String parameter) {
    var id = call.path(parameter);
    return roles.find(id).orElseThrow(Faults.missing("role", id));
  }

  private ObjectNode inference(Call call, Role prior, List<Role> implied) {
    var out = Json.object();
    out.set("prior_role", RoleWire.brief(call, prior));
    var list = out.putArray("implies");
    implied.forEach(i -> list.add(RoleWire.brief(call, i)));
    return out;
  }

  private Answer implied(Call call) {
    var prior = role(call, "role_id");
    var graph = roles.graph();
    var implied = new ArrayList<Role>();
    for (var i : roles.implications()) {
      if (i.priorId().equals(prior.id())) {
        implied.add(graph.role(i.impliedId()));
      }
    }
    var body = Json.object();
    body.set("role_inference", inference(call, prior, implied));
    body.putObject("links").put("self", call.base() + call.servicePath());
    return Answer.ok(body);
  }

  private Answer rule(Call call, int status) {
    var prior = role(call, "role_id");
    var implied = role(call, "implied_id");
    var body = Json.object();
    var inference = body.putObject("role_inference");
    inference.set("prior_role", RoleWire.brief(call, prior));
    inference.set("implies", RoleWire.brief(call, implied));
    body.putObject("links").put("self", call.base() + call.servicePath());
    return Answer.json(status, body);
  }

  private void mustImply(Call call) {
    var prior = role(call, "role_id");
    var implied = role(call, "implied_id");
    if (!roles.implications().contains(new RoleStore.Implication(prior.id(), implied.id()))) {
      throw Roles.notImplied(prior, implied);
    }
  }

  private Answer rule(Call call) {
    mustImply(call);
    return rule(call, 200);
  }

  private Answer check(Call call) {
    mustImply(call);
    return Answer.none();
  }

  private Answer imply(Call call) {
    roles.imply(role(call, "role_id"), role(call, "implied_id"));
    return rule(call, 201);
  }

  private Answer unimply(Call call) {
    roles.unimply(role(call, "role_id"), role(call, "implied_id"));
    return Answer.none();
  }

  private Answer inferences(Call call) {
    var graph = roles.graph();
    var by = new LinkedHashMap<String, List<Role>>();
    for (var i : roles.implications()) {
      by.computeIfAbsent(i.priorId(), p -> new ArrayList<>()).add(graph.role(i.impliedId()));
    }
    var body = Json.object();
    var list = body.putArray("role_inferences");
    by.forEach((prior, implied) -> list.add(inference(call, graph.role(prior), implied)));
    body.putObject("links").put("self", call.base() + call.servicePath());
    return Answer.ok(body);
  }
}
