package welkin.identity.policy;

import java.util.Set;
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

  public PolicyApi(Backend backend) {
    this.backend = backend;
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

  private static ObjectNode show(Call call, Policy p) {
    var out = p.extra().deepCopy();
    out.put("id", p.id());
    out.put("type", p.type());
    out.put("blob", p.blob());
    out.putObject("links").put("self", call.base() + "/v3/policies/" + p.id());
    return out;
  }

  static Answer one(int status, Call call, Policy p) {
    var body = Json.object();
    body.set("policy", show(call, p));
    return Answer.json(status, body);
  }

  private Policy policy(Call call) {
    var id = call.path("policy_id");
    return backend
        .database()
        .read(sql -> PolicyStore.find(sql, id))
        .orElseThrow(Faults.missing("policy", id));
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "type");
    var rows = backend.database().read(sql -> PolicyStore.list(sql, request));
    return request.answer(call, "policies", rows, p -> show(call, p), Policy::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("policy"));
    var policy =
        new Policy(
            backend.ids().hex(), given.text("type"), given.text("blob"), given.extra(null, KNOWN));
    backend
        .database()
        .change(
            sql -> {
              PolicyStore.insert(sql, policy);
              backend.tell(sql, "policy", "created", null, policy.id());
            });
    return one(201, call, policy);
  }

  private Answer show(Call call) {
    return one(200, call, policy(call));
  }

  private Answer update(Call call) {
    var was = policy(call);
    var given = new Attributes(call.object("policy"));
    Fields.same(given, "id", was.id());
    var policy =
        new Policy(
            was.id(),
            given.text("type", was.type()),
            given.text("blob", was.blob()),
            given.extra(was.extra(), KNOWN));
    backend
        .database()
        .change(
            sql -> {
              PolicyStore.update(sql, policy);
              backend.tell(sql, "policy", "updated", null, policy.id());
            });
    return one(200, call, policy);
  }

  private Answer delete(Call call) {
    var policy = policy(call);
    backend
        .database()
        .change(
            sql -> {
              PolicyStore.delete(sql, policy.id());
              backend.tell(sql, "policy", "deleted", null, policy.id());
            });
    return Answer.none();
  }
}
