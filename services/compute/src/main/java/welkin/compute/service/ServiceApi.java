package welkin.compute.service;

import static welkin.http.Version.v;

import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;

/** {@code /os-services}. */
public final class ServiceApi {
  private static final String RULE = "os_compute_api:os-services:";

  private static final Shape BY_NAME =
      Shape.object()
          .required("host", Shape.string().length(1, 255))
          .required("binary", Shape.string().length(1, 255))
          .optional("disabled_reason", Shape.string().length(1, 255))
          .noOthers();

  private static final Shape FORCE =
      Shape.object()
          .required("host", Shape.string().length(1, 255))
          .required("binary", Shape.string().length(1, 255))
          .optional("forced_down", Shape.bool().lenient())
          .noOthers();

  private static final Shape BY_ID =
      Shape.object()
          .optional("status", Shape.string().oneOf("enabled", "disabled"))
          .optional("disabled_reason", Shape.string().length(1, 255))
          .optional("forced_down", Shape.bool().lenient())
          .noOthers();

  private final ComputeServices services;

  public ServiceApi(ComputeServices services) {
    this.services = services;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-services", this::list)
        .policy(RULE + "list")
        .summary("Compute's services and whether they are up.");
    r.put("/os-services/enable", c -> byName(c, false, false))
        .policy(RULE + "update")
        .until(2, 52)
        .body(BY_NAME);
    r.put("/os-services/disable", c -> byName(c, true, false))
        .policy(RULE + "update")
        .until(2, 52)
        .body(BY_NAME);
    r.put("/os-services/disable-log-reason", c -> byName(c, true, true))
        .policy(RULE + "update")
        .until(2, 52)
        .body(BY_NAME);
    r.put("/os-services/force-down", this::forceDown)
        .policy(RULE + "update")
        .since(2, 11)
        .until(2, 52)
        .body(FORCE);
    r.put("/os-services/{id}", this::update)
        .policy(RULE + "update")
        .since(2, 53)
        .body(BY_ID)
        .summary("Takes a host out of scheduling, or back in.");
    r.delete("/os-services/{id}", this::delete)
        .policy(RULE + "delete")
        .success(204)
        .summary("Forgets a host that has gone for good.");
    return r;
  }

  private Answer list(Call call) {
    var out = Json.object();
    var array = out.putArray("services");
    services.list(call.query("binary"), call.query("host")).forEach(s -> array.add(full(s, call)));
    return Answer.ok(out);
  }

  private static ObjectNode full(ServiceRow s, Call call) {
    var o = Json.object();
    if (call.at(2, 53)) {
      o.put("id", s.uuid());
    } else {
      o.put("id", s.id());
    }
    o.put("binary", s.binary()).put("host", s.host()).put("zone", s.zone());
    o.put("status", s.disabled() ? "disabled" : "enabled").put("state", s.up() ? "up" : "down");
    o.put("updated_at", Timestamps.naive(s.updatedAt())).put("disabled_reason", s.disabledReason());
    if (call.at(2, 11)) {
      o.put("forced_down", s.forcedDown());
    }
    return o;
  }

  private Answer byName(Call call, boolean disable, boolean withReason) {
    var reason = Json.string(call.object(), "disabled_reason");
    if (withReason && reason == null) {
      throw Fault.badRequest("Missing disabled reason field");
    }
    var row =
        services.named(Json.string(call.object(), "host"), Json.string(call.object(), "binary"));
    var changed = services.change(row, disable, withReason ? reason : null, null);
    var o = Json.object().put("host", changed.host()).put("binary", changed.binary());
    o.put("status", changed.disabled() ? "disabled" : "enabled");
    if (withReason) {
      o.put("disabled_reason", reason);
    }
    return Answer.ok(Json.object().set("service", o));
  }

  private Answer forceDown(Call call) {
    var row =
        services.named(Json.string(call.object(), "host"), Json.string(call.object(), "binary"));
    var changed =
        services.change(row, null, null, BoolShape.read(call.object().get("forced_down"), true));
    var o = Json.object().put("host", changed.host()).put("binary", changed.binary());
    return Answer.ok(Json.object().set("service", o.put("forced_down", changed.forcedDown())));
  }

  private Answer update(Call call) {
    var body = call.object();
    var status = Json.string(body, "status");
    var reason = Json.string(body, "disabled_reason");
    if (body.isEmpty()) {
      throw Fault.badRequest(
          "No updates were requested. Fields 'status' or 'forced_down' should be specified.");
    }
    if (reason != null && !"disabled".equals(status)) {
      throw Fault.badRequest("Specifying 'disabled_reason' requires that status is 'disabled'.");
    }
    var changed =
        services.change(
            services.identified(call.path("id")),
            status == null ? null : status.equals("disabled"),
            reason,
            body.has("forced_down") ? BoolShape.read(body.get("forced_down"), false) : null);
    return Answer.ok(Json.object().set("service", full(changed, call)));
  }

  private Answer delete(Call call) {
    var id = call.path("id");
    if (call.version().atLeast(v(2, 53))) {
      services.delete(services.identified(id));
    } else {
      services.delete(
          services.list(null, null).stream()
              .filter(s -> Long.toString(s.id()).equals(id))
              .findFirst()
              .orElseThrow(() -> Fault.notFound("Service " + id + " could not be found.")));
    }
    return Answer.none();
  }
}
