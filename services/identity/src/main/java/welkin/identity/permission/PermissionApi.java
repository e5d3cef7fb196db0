package welkin.identity.permission;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Door;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;

/**
 * {@code GET /v3/auth/effective-permissions}: what the caller may do with a service, and which rule
 * and role decided. Asked with {@code service} and {@code rule} for one rule; without {@code rule}
 * for all of them. The target is the caller's own project, domain and user, and what belongs to
 * them, unless the query names others ({@code project_id}, {@code target.user.domain_id} ...).
 *
 * <p>Upstream has no such call.
 */
public final class PermissionApi {
  private static final Set<String> OURS = Set.of("service", "rule");
  private final Door door;

  public PermissionApi(Door door) {
    this.door = door;
  }

  public Routes routes() {
    var r = new Routes("/v3/auth");
    r.get("/effective-permissions", this::show).policy("identity:get_effective_permissions");
    return r;
  }

  private Answer show(Call call) {
    var service = call.query("service");
    if (service == null) {
      throw Fault.badRequest("The query must name a service, e.g. ?service=compute");
    }
    var policy =
        door.services().stream()
            .filter(s -> s.name().equals(service))
            .map(Service::policy)
            .findFirst()
            .orElseThrow(
                () ->
                    Fault.notFound(
                        "No service '" + service + "' answers here; ask at its own endpoint."));
    var target = target(call);
    var body = Json.object();
    var rule = call.query("rule");
    if (rule == null) {
      var all = body.putArray("permissions");
      policy.rules().forEach(name -> all.add(shown(policy, name, call.caller(), target)));
    } else {
      if (!policy.has(rule)) {
        throw Fault.notFound("The service '" + service + "' has no rule '" + rule + "'.");
      }
      body.set("permission", shown(policy, rule, call.caller(), target));
    }
    return Answer.ok(body);
  }

  private static Map<String, Object> target(Call call) {
    var target = own(call);
    call.query()
        .forEach(
            (name, values) -> {
              if (!OURS.contains(name)) {
                target.put(name, values.getFirst());
              }
            });
    return target;
  }

  /** Something of the caller's own, by all names that rules of the services have for it. */
  private static Map<String, Object> own(Call call) {
    var caller = call.caller();
    var own = new HashMap<String, Object>(call.own());
    for (var user :
        List.of(
            "target.user.id",
            "target.credential.user_id",
            "target.token.user_id",
            "target.trust.trustor_user_id")) {
      own.put(user, caller.userId());
    }
    if (caller.projectId() != null) {
      own.put("owner", caller.projectId());
      own.put("target.project.id", caller.projectId());
      own.put("target.limit.project_id", caller.projectId());
    }
    if (caller.domainId() != null) {
      for (var noun : List.of("", ".user", ".group", ".project")) {
        own.put("target" + noun + ".domain_id", caller.domainId());
      }
      own.put("target.domain.id", caller.domainId());
    }
    return own;
  }

  private static ObjectNode shown(
      PolicyEngine policy, String rule, Caller caller, Map<String, Object> target) {
    var why = policy.explain(rule, caller, target);
    var out = Json.object().put("rule", rule).put("allowed", why.allowed());
    out.put("check", why.check());
    out.set("scope_types", Json.tree(policy.scopeTypes(rule)));
    out.set("because", Json.tree(why.because()));
    return out;
  }
}
