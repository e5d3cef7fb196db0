package welkin.identity.policy;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.shared.Members;

/** {@code /v3/policies}. */
public final class PolicyApi {
  private static final Set<String> KNOWN = Set.of("type", "blob");
  private static final Shape TYPE = Shape.string().length(0, 255);
  private static final Shape CREATE =
      Fields.body("policy", Shape.object().required("blob", Shape.string()).required("type", TYPE));
  private static final Shape UPDATE =
      Fields.body(
          "policy",
          Shape.object().optional("blob", Shape.string()).optional("type", TYPE).minProps(1));

  private final Backend backend;
  private final Members<Policy> policies;

  public PolicyApi(Backend backend) {
    this.backend = backend;
    policies = members(backend);
  }

  static Members<Policy> members(Backend backend) {
    return new Members<>(
        backend, "policy", "policies", Policy::id, PolicyStore::find, PolicyApi::shown);
  }

  public Routes routes() {
    var r = new Routes("/v3/policies");
    r.get("", this::list).policy("identity:list_policies");
    r.post("", this::create)
        .policy("identity:create_policy")
        .body(CREATE)
        .success(201)
        .shownBy("/policies/{policy_id}");
    r.get("/{policy_id}", this::show).policy("identity:get_policy");
    r.patch("/{policy_id}", this::update).policy("identity:update_policy").body(UPDATE);
    r.delete("/{policy_id}", this::delete).policy("identity:delete_policy").success(204);
    return r;
  }

  private static ObjectNode shown(Call call, Policy p) {
    var out = p.extra().deepCopy();
    out.put("id", p.id());
    out.put("type", p.type());
    out.put("blob", p.blob());
    out.putObject("links").put("self", call.base() + "/v3/policies/" + p.id());
    return out;
  }

  private Answer list(Call call) {
    return policies.page(call, ListRequest.of(call, "type"), PolicyStore::list);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("policy"));
    var policy =
        new Policy(
            backend.ids().hex(), given.text("type"), given.text("blob"), given.extra(null, KNOWN));
    policies.change("created", policy, sql -> PolicyStore.insert(sql, policy));
    return policies.one(201, call, policy);
  }

  private Answer show(Call call) {
    return policies.one(200, call, policies.of(call));
  }

  private Answer update(Call call) {
    var was = policies.of(call);
    var given = new Attributes(call.object("policy"));
    Fields.same(given, "id", was.id());
    var policy =
        new Policy(
            was.id(),
            given.text("type", was.type()),
            given.text("blob", was.blob()),
            given.extra(was.extra(), KNOWN));
    policies.change("updated", policy, sql -> PolicyStore.update(sql, policy));
    return policies.one(200, call, policy);
  }

  private Answer delete(Call call) {
    var policy = policies.of(call);
    policies.change("deleted", policy, sql -> PolicyStore.delete(sql, policy.id()));
    return Answer.none();
  }
}
