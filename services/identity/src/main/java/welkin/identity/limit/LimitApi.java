package welkin.identity.limit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.region.RegionStore;
import welkin.identity.service.ServiceStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

/** {@code /v3/registered_limits} and {@code /v3/limits}. */
public final class LimitApi {
  private static final Shape NUMBER = Shape.integer().range(-1, 0x7fff_ffff);
  private static final ObjectShape REGISTERED =
      Shape.object()
          .required("service_id", Fields.ID)
          .required("resource_name", Fields.NAME)
          .required("default_limit", NUMBER)
          .optional("region_id", Shape.string().nullable())
          .optional("description", Fields.TEXT)
          .noOthers();
  private static final Shape CREATE_REGISTERED =
      Shape.object()
          .required("registered_limits", Shape.array(REGISTERED).min(1))
          .said(Shape.Style.KEYSTONE);
  private static final Shape UPDATE_REGISTERED =
      Fields.body(
          "registered_limit",
          Shape.object()
              .optional("service_id", Fields.ID)
              .optional("resource_name", Fields.NAME)
              .optional("default_limit", NUMBER)
              .optional("region_id", Shape.string().nullable())
              .optional("description", Fields.TEXT)
              .noOthers());
  private static final Shape CREATE =
      Shape.object()
          .required(
              "limits",
              Shape.array(
                      Shape.object()
                          .required("service_id", Fields.ID)
                          .required("resource_name", Fields.NAME)
                          .required("resource_limit", NUMBER)
                          .optional("project_id", Fields.ID.nullable())
                          .optional("domain_id", Fields.ID.nullable())
                          .optional("region_id", Shape.string().nullable())
                          .optional("description", Fields.TEXT)
                          .noOthers())
                  .min(1))
          .said(Shape.Style.KEYSTONE);
  private static final Shape UPDATE =
      Fields.body(
          "limit",
          Shape.object()
              .optional("resource_limit", NUMBER)
              .optional("description", Fields.TEXT)
              .noOthers());

  private final Backend backend;
  private final EnforcementModel model;

  public LimitApi(Backend backend, EnforcementModel model) {
    this.backend = backend;
    this.model = model;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    var registered = "/registered_limits/{registered_limit_id}";
    r.get("/registered_limits", this::listRegistered).policy("identity:list_registered_limits");
    r.post("/registered_limits", this::createRegistered)
        .policy("identity:create_registered_limits")
        .body(CREATE_REGISTERED)
        .success(201);
    r.get(registered, this::showRegistered).policy("identity:get_registered_limit");
    r.patch(registered, this::updateRegistered)
        .policy("identity:update_registered_limit")
        .body(UPDATE_REGISTERED);
    r.delete(registered, this::deleteRegistered)
        .policy("identity:delete_registered_limit")
        .success(204);
    r.get("/limits", this::list).policy("identity:list_limits");
    r.post("/limits", this::create).policy("identity:create_limits").body(CREATE).success(201);
    r.get("/limits/model", this::model).policy("identity:get_limit_model");
    r.get("/limits/{limit_id}", this::show).policyOnTarget("identity:get_limit");
    r.patch("/limits/{limit_id}", this::update).policy("identity:update_limit").body(UPDATE);
    r.delete("/limits/{limit_id}", this::delete).policy("identity:delete_limit").success(204);
    return r;
  }

  private static ObjectNode show(Call call, RegisteredLimit r) {
    var out = Json.object();
    out.put("id", r.id());
    out.put("service_id", r.serviceId());
    out.put("region_id", r.regionId());
    out.put("resource_name", r.resourceName());
    out.put("default_limit", r.defaultLimit());
    out.put("description", r.description());
    out.putObject("links").put("self", call.base() + "/v3/registered_limits/" + r.id());
    return out;
  }

  private static ObjectNode show(Call call, Limit l) {
    var out = Json.object();
    out.put("id", l.id());
    out.put("service_id", l.registered().serviceId());
    out.put("region_id", l.registered().regionId());
    out.put("resource_name", l.registered().resourceName());
    out.put("resource_limit", l.resourceLimit());
    out.put("description", l.description());
    out.put("project_id", l.projectId());
    out.put("domain_id", l.domainId());
    out.putObject("links").put("self", call.base() + "/v3/limits/" + l.id());
    return out;
  }

  private static Answer one(String noun, ObjectNode shown) {
    var body = Json.object();
    body.set(noun, shown);
    return Answer.ok(body);
  }

  // ---- registered limits ----

  private RegisteredLimit registered(Call call) {
    var id = call.path("registered_limit_id");
    return backend
        .database()
        .read(sql -> LimitStore.findRegistered(sql, id))
        .orElseThrow(Faults.missing("registered_limit", id));
  }

  private Answer listRegistered(Call call) {
    var request = ListRequest.of(call, "service_id", "region_id", "resource_name");
    var rows = backend.database().read(sql -> LimitStore.listRegistered(sql, request));
    return request.answer(call, "registered_limits", rows, r -> show(call, r), RegisteredLimit::id);
  }

  private Answer createRegistered(Call call) {
    var made = new ArrayList<RegisteredLimit>();
    for (JsonNode node : call.object().get("registered_limits")) {
      var given = new Attributes((ObjectNode) node);
      made.add(
          new RegisteredLimit(
              backend.ids().hex(),
              given.text("service_id"),
              given.text("region_id"),
              given.text("resource_name"),
              given.get("default_limit").longValue(),
              given.text("description")));
    }
    stored(
        "registered_limit",
        sql -> {
          for (var r : made) {
            check(sql, r.serviceId(), r.regionId());
            LimitStore.insert(sql, r);
            backend.tell(sql, "registered_limit", "created", null, r.id());
          }
        });
    return all("registered_limits", made, r -> show(call, r));
  }

  private static <T> Answer all(String key, List<T> made, Function<T, ObjectNode> show) {
    var body = Json.object();
    var list = body.putArray(key);
    made.forEach(m -> list.add(show.apply(m)));
    return Answer.json(201, body);
  }

  private void stored(String noun, welkin.store.Database.Action action) {
    try {
      backend.database().change(action);
    } catch (DuplicateKey e) {
      throw Faults.taken(noun, "the same service, region and resource name");
    }
  }

  /** What a limit names must be there when it is named; it may go later. */
  private static void check(Sql sql, String serviceId, String regionId) {
    if (serviceId != null && ServiceStore.find(sql, serviceId).isEmpty()) {
      throw Fault.badRequest("Could not find service: " + serviceId + ".");
    }
    if (regionId != null && RegionStore.find(sql, regionId).isEmpty()) {
      throw Fault.badRequest("Could not find region: " + regionId + ".");
    }
  }

  private Answer showRegistered(Call call) {
    return one("registered_limit", show(call, registered(call)));
  }

  private Answer updateRegistered(Call call) {
    var was = registered(call);
    var given = new Attributes(call.object("registered_limit"));
    var number = given.get("default_limit");
    var r =
        new RegisteredLimit(
            was.id(),
            given.text("service_id", was.serviceId()),
            given.text("region_id", was.regionId()),
            given.text("resource_name", was.resourceName()),
            number == null ? was.defaultLimit() : number.longValue(),
            given.text("description", was.description()));
    boolean other =
        !new RegisteredLimit(
                was.id(),
                r.serviceId(),
                r.regionId(),
                r.resourceName(),
                was.defaultLimit(),
                was.description())
            .equals(was);
    stored(
        "registered_limit",
        sql -> {
          if (other) {
            mustBeUnused(sql, was, "update");
          }
          check(sql, given.text("service_id"), given.text("region_id"));
          LimitStore.update(sql, r);
          model.check(sql, r);
          backend.tell(sql, "registered_limit", "updated", null, r.id());
        });
    return one("registered_limit", show(call, r));
  }

  private static void mustBeUnused(Sql sql, RegisteredLimit r, String verb) {
    if (LimitStore.inUse(sql, r.id())) {
      throw Fault.forbidden(
          "Unable to "
              + verb
              + " registered limit "
              + r.id()
              + " because there are project limits associated with it.");
    }
  }

  private Answer deleteRegistered(Call call) {
    var r = registered(call);
    backend
        .database()
        .change(
            sql -> {
              mustBeUnused(sql, r, "delete");
              LimitStore.deleteRegistered(sql, r.id());
              backend.tell(sql, "registered_limit", "deleted", null, r.id());
            });
    return Answer.none();
  }

  // ---- limits ----

  private Limit limit(Call call) {
    var id = call.path("limit_id");
    return backend
        .database()
        .read(sql -> LimitStore.find(sql, id))
        .orElseThrow(Faults.missing("limit", id));
  }

  private Answer model(Call call) {
    return Answer.ok(
        Map.of("model", Map.of("name", model.label(), "description", model.description())));
  }

  /** Who may see anyone's limit sees all, others those of their own scope. */
  private Answer list(Call call) {
    var caller = call.caller();
    boolean all = caller.system() || call.allows("identity:get_limit", Map.of());
    var request =
        ListRequest.of(call, "service_id", "region_id", "resource_name", "project_id", "domain_id");
    var own = caller.projectId() != null ? caller.projectId() : caller.domainId();
    var rows =
        all || own != null
            ? backend.database().read(sql -> LimitStore.list(sql, request, all ? null : own))
            : List.<Limit>of();
    return request.answer(call, "limits", rows, l -> show(call, l), Limit::id);
  }

  private Answer create(Call call) {
    var made = new ArrayList<Limit>();
    stored(
        "limit",
        sql -> {
          for (JsonNode node : call.object().get("limits")) {
            var l = limit(sql, new Attributes((ObjectNode) node));
            LimitStore.insert(sql, l);
            backend.tell(sql, "limit", "created", l.projectId(), l.id());
            made.add(l);
          }
          made.forEach(
              l -> model.check(sql, l)); // together: a domain's may come after its projects'
        });
    return all("limits", made, l -> show(call, l));
  }

  private Limit limit(Sql sql, Attributes given) {
    var project = given.text("project_id");
    var domain = given.text("domain_id");
    if ((project == null) == (domain == null)) {
      throw Fault.badRequest("A limit is of either a project or a domain.");
    }
    check(sql, given.text("service_id"), given.text("region_id"));
    var found = ProjectStore.find(sql, project != null ? project : domain);
    if (found.filter(p -> p.isDomain() == (domain != null)).isEmpty()) {
      throw Fault.badRequest(
          project != null
              ? "Could not find project: " + project + "."
              : "Could not find domain: " + domain + ".");
    }
    var registered =
        LimitStore.findRegistered(
                sql, given.text("service_id"), given.text("region_id"), given.text("resource_name"))
            .orElseThrow(
                () ->
                    Fault.forbidden(
                        "Unable to create a limit that has no corresponding registered limit."));
    return new Limit(
        backend.ids().hex(),
        registered,
        project,
        domain,
        given.get("resource_limit").longValue(),
        given.text("description"));
  }

  private Answer show(Call call) {
    var limit = limit(call);
    var target = new LinkedHashMap<String, Object>();
    target.put("target.limit.project_id", limit.projectId());
    target.put("target.limit.domain.id", limit.domainId());
    if (limit.projectId() != null) {
      backend
          .database()
          .read(sql -> ProjectStore.find(sql, limit.projectId()))
          .map(Project::owningDomainId)
          .ifPresent(d -> target.put("target.limit.project.domain_id", d));
    }
    call.enforce(target);
    return one("limit", show(call, limit));
  }

  private Answer update(Call call) {
    var was = limit(call);
    var given = new Attributes(call.object("limit"));
    var number = given.get("resource_limit");
    var l =
        new Limit(
            was.id(),
            was.registered(),
            was.projectId(),
            was.domainId(),
            number == null ? was.resourceLimit() : number.longValue(),
            given.text("description", was.description()));
    backend
        .database()
        .change(
            sql -> {
              LimitStore.update(sql, l);
              model.check(sql, l);
              backend.tell(sql, "limit", "updated", l.projectId(), l.id());
            });
    return one("limit", show(call, l));
  }

  private Answer delete(Call call) {
    var l = limit(call);
    backend
        .database()
        .change(
            sql -> {
              LimitStore.delete(sql, l.id());
              backend.tell(sql, "limit", "deleted", l.projectId(), l.id());
            });
    return Answer.none();
  }
}
