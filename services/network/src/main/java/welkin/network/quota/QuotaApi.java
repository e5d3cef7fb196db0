package welkin.network.quota;

import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.store.Database;
import welkin.store.Sql;

/** {@code /quotas}: limits of projects, and how much of them is used. */
public final class QuotaApi {
  private final Database database;
  private final Limits limits;

  public QuotaApi(Database database, Limits limits) {
    this.database = database;
    this.limits = limits;
  }

  public Routes routes(Routes routes) {
    routes.get("/quotas", this::list).policyOnTarget("get_quota");
    routes.get("/quotas/tenant", this::own).anyone();
    routes.get("/quotas/project", this::own).anyone();
    routes.get("/quotas/{id}", this::show).policyOnTarget("get_quota");
    routes.get("/quotas/{id}/default", this::defaults).policyOnTarget("get_quota");
    routes.get("/quotas/{id}/details", this::details).policyOnTarget("get_quota");
    routes.get("/quotas/{id}/details.json", this::details).policyOnTarget("get_quota");
    routes.put("/quotas/{id}", this::update).policyOnTarget("update_quota");
    routes.delete("/quotas/{id}", this::delete).policyOnTarget("delete_quota").success(204);
    return routes;
  }

  /** A project may look at its own quota; others are an administrator's. */
  private void look(Call call) {
    var project = call.path("id");
    call.enforcedByFilter();
    boolean own =
        project.equals(call.caller().projectId())
            && (call.caller().hasRole("reader") || call.caller().hasRole("member"));
    if (!own && !call.allows("get_quota", target(project))) {
      throw Faults.policy("get_quota");
    }
  }

  private static Map<String, Object> target(String project) {
    return Map.of("project_id", project, "tenant_id", project);
  }

  /** Projects that have limits of their own. */
  private Answer list(Call call) {
    call.enforce(Map.of("project_id", ""));
    return database.read(
        sql -> {
          var out = Json.object();
          var all = out.putArray("quotas");
          limits
              .quotas()
              .limits(sql, limits.quotas().limited(sql))
              .forEach(
                  (project, of) -> {
                    var one = all.addObject();
                    of.forEach(one::put);
                    one.put("project_id", project).put("tenant_id", project);
                  });
          return Answer.ok(out);
        });
  }

  private Answer own(Call call) {
    var id = call.caller().projectId();
    return Answer.ok(
        Map.of("tenant", Map.of("tenant_id", id), "project", Map.of("project_id", id)));
  }

  private ObjectNode limits(Sql sql, String project) {
    var one = Json.object();
    limits.quotas().limits(sql, project).forEach(one::put);
    return one;
  }

  private Answer show(Call call) {
    look(call);
    return database.read(
        sql -> Answer.ok(Json.object().set("quota", limits(sql, call.path("id")))));
  }

  private Answer defaults(Call call) {
    look(call);
    return Answer.ok(Map.of("quota", limits.quotas().defaults()));
  }

  private Answer details(Call call) {
    look(call);
    return database.read(
        sql -> {
          var used = limits.quotas().usage(sql, call.path("id"));
          var one = Json.object();
          limits
              .quotas()
              .limits(sql, call.path("id"))
              .forEach(
                  (k, v) ->
                      one.putObject(k)
                          .put("limit", v)
                          .put("used", used.getOrDefault(k, 0L))
                          .put("reserved", 0));
          return Answer.ok(Json.object().set("quota", one));
        });
  }

  private Answer update(Call call) {
    call.enforcedByFilter();
    if (!call.allows("update_quota", target(call.path("id")))) {
      throw Faults.policy("update_quota");
    }
    if (limits.quotas().isUnified()) {
      throw Faults.conflict("QuotaDriver", "Limits are kept by Identity: /v3/limits.");
    }
    var body = call.object("quota");
    boolean check = body.path("check_limit").asBoolean(false);
    body.remove("force");
    body.remove("check_limit");
    body.remove("project_id");
    body.remove("tenant_id");
    return database.tx(
        sql -> {
          var used = limits.quotas().usage(sql, call.path("id"));
          body.forEachEntry(
              (k, v) -> {
                if (!limits.quotas().defaults().containsKey(k)) {
                  throw Faults.badRequest("Unrecognized attribute(s) '" + k + "'");
                }
                long limit = limit(k, v.asString(""));
                if (check && limit >= 0 && used.getOrDefault(k, 0L) > limit) {
                  throw Fault.of(
                      400,
                      "InvalidQuotaValue",
                      "Change would make usage less than 0 for the following resources: ['"
                          + k
                          + "'].");
                }
                limits.quotas().setLimit(sql, call.path("id"), k, limit);
              });
          return Answer.ok(Json.object().set("quota", limits(sql, call.path("id"))));
        });
  }

  private static long limit(String name, String text) {
    try {
      long n = Long.parseLong(text);
      if (n >= -1 && n <= Integer.MAX_VALUE) {
        return n;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw Attributes.invalid(name, "'" + text + "' is not a number from -1 to 2147483647");
  }

  private Answer delete(Call call) {
    call.enforcedByFilter();
    if (!call.allows("delete_quota", target(call.path("id")))) {
      throw Faults.policy("delete_quota");
    }
    database.change(sql -> limits.quotas().clearLimits(sql, call.path("id")));
    return Answer.none();
  }
}
