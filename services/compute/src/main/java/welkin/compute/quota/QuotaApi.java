package welkin.compute.quota;

import static welkin.http.Version.v;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.ObjectShape;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.store.Database;
import welkin.store.Quotas;

/** {@code /os-quota-sets} and {@code /os-quota-class-sets}. */
public final class QuotaApi {
  private static final String RULE = "os_compute_api:os-quota-sets:";
  private static final String CLASS_RULE = "os_compute_api:os-quota-class-sets:";
  private static final Shape LIMIT = Shape.integer().lenient().range(-1, Integer.MAX_VALUE);
  private static final List<String> UNTIL_2_35 =
      List.of("fixed_ips", "floating_ips", "security_groups", "security_group_rules");
  private static final List<String> UNTIL_2_56 =
      List.of("injected_files", "injected_file_content_bytes", "injected_file_path_bytes");
  private static final ObjectShape LIMITS = limits();
  private static final Shape UPDATE =
      Shape.object()
          .required(
              "quota_set",
              LIMITS
                  .optional("force", Shape.bool().lenient())
                  .optional("tenant_id", Shape.string())
                  .noOthers())
          .noOthers();
  private static final Shape UPDATE_CLASS =
      Shape.object()
          .required("quota_class_set", LIMITS.optional("class_name", Shape.string()).noOthers())
          .noOthers();

  private final Database database;
  private final Quotas quotas;

  public QuotaApi(Database database, Quotas quotas) {
    this.database = database;
    this.quotas = quotas;
  }

  private static ObjectShape limits() {
    var shape = Shape.object();
    for (var name : ComputeQuotas.quotas().defaults().keySet()) {
      shape = shape.optional(name, LIMIT);
      if (UNTIL_2_35.contains(name)) {
        shape = shape.until(name, v(2, 35));
      } else if (UNTIL_2_56.contains(name)) {
        shape = shape.until(name, v(2, 56));
      }
    }
    return shape;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-quota-sets/{id}", this::show)
        .policyOnTarget(RULE + "show")
        .summary("A project's limits.");
    r.get("/os-quota-sets/{id}/detail", this::detail)
        .policyOnTarget(RULE + "detail")
        .summary("A project's limits and use.");
    r.get("/os-quota-sets/{id}/defaults", this::defaults)
        .policyOnTarget(RULE + "defaults")
        .summary("The limits of a project for which nothing was said.");
    r.put("/os-quota-sets/{id}", this::update)
        .policyOnTarget(RULE + "update")
        .body(UPDATE)
        .summary("Changes a project's limits.");
    r.delete("/os-quota-sets/{id}", this::delete)
        .policyOnTarget(RULE + "delete")
        .success(202)
        .summary("Back to the default limits.");
    r.get("/os-quota-class-sets/{id}", this::showClass)
        .policy(CLASS_RULE + "show")
        .summary("The default limits.");
    r.put("/os-quota-class-sets/{id}", this::updateClass)
        .policy(CLASS_RULE + "update")
        .body(UPDATE_CLASS)
        .summary("Changes the default limits.");
    return r;
  }

  private static String target(Call call) {
    call.enforce(Map.of("project_id", call.path("id")));
    return call.path("id");
  }

  private Answer show(Call call) {
    var id = target(call);
    return Answer.ok(
        Json.object()
            .set("quota_set", set(call, database.read(sql -> quotas.limits(sql, id)), id)));
  }

  private Answer detail(Call call) {
    var id = target(call);
    var out = Json.object().put("id", id);
    database.read(
        sql -> {
          var limits = quotas.limits(sql, id);
          var usage = quotas.usage(sql, id);
          for (var name : ComputeQuotas.shown(limits, call.version())) {
            out.putObject(name)
                .put("in_use", ComputeQuotas.counted(name) ? usage.get(name) : 0L)
                .put("limit", limits.get(name))
                .put("reserved", 0);
          }
          return null;
        });
    return Answer.ok(Json.object().set("quota_set", out));
  }

  private Answer defaults(Call call) {
    var id = target(call);
    return Answer.ok(
        Json.object()
            .set(
                "quota_set",
                set(call, database.read(sql -> quotas.limits(sql, Quotas.EVERYONE)), id)));
  }

  private static ObjectNode set(Call call, Map<String, Long> limits, String id) {
    var out = Json.object();
    if (id != null) {
      out.put("id", id);
    }
    ComputeQuotas.shown(limits, call.version()).forEach(n -> out.put(n, limits.get(n)));
    return out;
  }

  private Answer update(Call call) {
    var id = target(call);
    var body = call.object("quota_set");
    boolean force = BoolShape.read(body.get("force"), false);
    var limits =
        database.tx(
            sql -> {
              var usage = quotas.usage(sql, id);
              for (var name : settable()) {
                if (body.has(name)) {
                  long limit = NumberShape.read(body.get(name), -1);
                  long used = ComputeQuotas.counted(name) ? usage.get(name) : 0;
                  if (!force && limit >= 0 && limit < used) {
                    throw Fault.badRequest(
                        "Quota limit "
                            + limit
                            + " for "
                            + name
                            + " must be greater than or equal to already used and reserved "
                            + used
                            + ".");
                  }
                  quotas.setLimit(sql, id, name, limit);
                }
              }
              return quotas.limits(sql, id);
            });
    return Answer.ok(Json.object().set("quota_set", set(call, limits, null)));
  }

  /**
   * Nothing while limits are Identity's: a change here is accepted and does nothing, as upstream.
   */
  private Collection<String> settable() {
    return quotas.isUnified() ? List.of() : quotas.defaults().keySet();
  }

  private Answer delete(Call call) {
    var id = target(call);
    database.change(sql -> quotas.clearLimits(sql, id));
    return Answer.empty(202);
  }

  private Answer showClass(Call call) {
    return classSet(call, call.path("id"));
  }

  private Answer updateClass(Call call) {
    var body = call.object("quota_class_set");
    if (!call.path("id").equals("default")) {
      throw Fault.badRequest("There is one quota class, 'default'.");
    }
    database.change(
        sql -> {
          for (var name : settable()) {
            if (body.has(name)) {
              quotas.setLimit(sql, Quotas.EVERYONE, name, NumberShape.read(body.get(name), -1));
            }
          }
        });
    return classSet(call, null);
  }

  private Answer classSet(Call call, String id) {
    var limits = database.read(sql -> quotas.limits(sql, Quotas.EVERYONE));
    var out = Json.object();
    if (id != null) {
      out.put("id", id);
    }
    ComputeQuotas.shownInClass(limits, call.version()).forEach(n -> out.put(n, limits.get(n)));
    return Answer.ok(Json.object().set("quota_class_set", out));
  }
}
