package welkin.compute.servergroup;

import static welkin.http.Version.v;

import java.util.HashMap;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.http.StringShape;

/** {@code /os-server-groups}. */
public final class ServerGroupApi {
  private static final String RULE = "os_compute_api:os-server-groups:";
  private static final StringShape HARD = Shape.string().oneOf("anti-affinity", "affinity");
  private static final StringShape ALL =
      Shape.string().oneOf("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity");

  private static final Shape CREATE =
      Shape.object()
          .required(
              "server_group",
              Shape.object()
                  .required("name", Shape.string().length(1, 255).name())
                  .required("policies", Shape.array(HARD).min(1).max(1))
                  .until("policies", v(2, 14))
                  .required("policies", Shape.array(ALL).min(1).max(1))
                  .since("policies", v(2, 15))
                  .until("policies", v(2, 63))
                  .required("policy", ALL)
                  .since("policy", v(2, 64))
                  .optional(
                      "rules",
                      Shape.object()
                          .optional("max_server_per_host", Shape.integer().min(1).lenient())
                          .noOthers())
                  .since("rules", v(2, 64))
                  .noOthers())
          .noOthers();

  private final ServerGroups groups;

  public ServerGroupApi(ServerGroups groups) {
    this.groups = groups;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-server-groups", this::list)
        .policy(RULE + "index")
        .summary("The project's server groups.");
    r.post("/os-server-groups", this::create)
        .policy(RULE + "create")
        .body(CREATE)
        .shownBy("/os-server-groups/{id}")
        .summary("Makes a server group.");
    r.get("/os-server-groups/{id}", c -> one(mine(c), c)).policyOnTarget(RULE + "show");
    r.delete("/os-server-groups/{id}", this::delete).policyOnTarget(RULE + "delete").success(204);
    return r;
  }

  private Answer list(Call call) {
    boolean all = call.query("all_projects") != null;
    if (all) {
      call.enforce(RULE + "index:all_projects", call.own());
    }
    var found = groups.list(all ? null : call.caller().projectId());
    int from =
        call.queryNumber("offset") == null ? 0 : Math.min(call.queryNumber("offset"), found.size());
    int most = call.queryNumber("limit") == null ? found.size() : call.queryNumber("limit");
    var out = Json.object();
    var array = out.putArray("server_groups");
    for (var g : found.subList(from, Math.min(found.size(), from + most))) {
      array.add(full(g, call));
    }
    return Answer.ok(out);
  }

  private Answer create(Call call) {
    var body = call.object("server_group");
    var policy =
        call.at(2, 64) ? Json.string(body, "policy") : body.get("policies").get(0).stringValue();
    var most = body.path("rules").get("max_server_per_host");
    if (most != null && !policy.equals("anti-affinity")) {
      throw Fault.badRequest("Only anti-affinity policy supports rules.");
    }
    var made =
        groups.create(
            call.caller().projectId(),
            call.caller().userId(),
            Json.string(body, "name"),
            policy,
            most == null ? null : (int) NumberShape.read(most, 1));
    return one(made, call);
  }

  private ServerGroup mine(Call call) {
    var group = groups.show(call.path("id"));
    var target = new HashMap<String, Object>();
    target.put("project_id", group.projectId());
    target.put("user_id", group.userId());
    if (!call.caller().isAdmin() && !group.projectId().equals(call.caller().projectId())) {
      throw Fault.notFound("Instance group " + group.id() + " could not be found.");
    }
    call.enforce(target);
    return group;
  }

  private Answer delete(Call call) {
    groups.delete(mine(call));
    return Answer.none();
  }

  private static Answer one(ServerGroup g, Call call) {
    return Answer.ok(Json.object().set("server_group", full(g, call)));
  }

  private static ObjectNode full(ServerGroup g, Call call) {
    var o = Json.object().put("id", g.id()).put("name", g.name());
    if (call.at(2, 64)) {
      o.put("policy", g.policy());
      var rules = o.putObject("rules");
      if (g.maxPerHost() != null) {
        rules.put("max_server_per_host", g.maxPerHost());
      }
    } else {
      o.putArray("policies").add(g.policy());
      o.putObject("metadata");
    }
    var members = o.putArray("members");
    g.members().forEach(members::add);
    if (call.at(2, 13)) {
      o.put("project_id", g.projectId()).put("user_id", g.userId());
    }
    return o;
  }
}
