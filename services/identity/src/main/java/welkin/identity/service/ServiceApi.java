package welkin.identity.service;

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

/** {@code /v3/services}. */
public final class ServiceApi {
  private static final Set<String> KNOWN = Set.of("type", "enabled");
  private static final Shape TYPE = Shape.string().length(1, 255);
  private static final Shape CREATE =
      Fields.body(
          "service",
          Shape.object()
              .required("type", TYPE)
              .optional("name", Fields.NAME)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG));
  private static final Shape UPDATE =
      Fields.body(
          "service",
          Shape.object()
              .optional("type", TYPE)
              .optional("name", Fields.NAME)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .minProps(1));

  private final Backend backend;

  public ServiceApi(Backend backend) {
    this.backend = backend;
  }

  public Routes routes() {
    var r = new Routes("/v3/services");
    r.get("", this::list).policy("identity:list_services");
    r.post("", this::create)
        .policy("identity:create_service")
        .body(CREATE)
        .success(201)
        .shownBy("/services/{service_id}");
    r.get("/{service_id}", this::show).policy("identity:get_service");
    r.patch("/{service_id}", this::update).policy("identity:update_service").body(UPDATE);
    r.delete("/{service_id}", this::delete).policy("identity:delete_service").success(204);
    return r;
  }

  private static ObjectNode show(Call call, ServiceEntry s) {
    var out = s.extra().deepCopy();
    out.put("id", s.id());
    out.put("type", s.type());
    out.put("enabled", s.enabled());
    out.putObject("links").put("self", call.base() + "/v3/services/" + s.id());
    return out;
  }

  private static Answer one(int status, Call call, ServiceEntry s) {
    var body = Json.object();
    body.set("service", show(call, s));
    return Answer.json(status, body);
  }

  private ServiceEntry service(Call call) {
    var id = call.path("service_id");
    return backend
        .database()
        .read(sql -> ServiceStore.find(sql, id))
        .orElseThrow(Faults.missing("service", id));
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "type", "name");
    var rows = backend.database().read(sql -> ServiceStore.list(sql, request));
    return request.answer(call, "services", rows, s -> show(call, s), ServiceEntry::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("service"));
    var service =
        new ServiceEntry(
            backend.ids().hex(),
            given.text("type"),
            given.flag("enabled", true),
            given.extra(null, KNOWN));
    save("created", service, sql -> ServiceStore.insert(sql, service));
    return one(201, call, service);
  }

  private Answer show(Call call) {
    return one(200, call, service(call));
  }

  private Answer update(Call call) {
    var was = service(call);
    var given = new Attributes(call.object("service"));
    var service =
        new ServiceEntry(
            was.id(),
            given.text("type", was.type()),
            given.flag("enabled", was.enabled()),
            given.extra(was.extra(), KNOWN));
    save("updated", service, sql -> ServiceStore.update(sql, service));
    return one(200, call, service);
  }

  /** Its endpoints go with it. */
  private Answer delete(Call call) {
    var service = service(call);
    save(
        "deleted",
        service,
        sql -> {
          if (ServiceStore.inUse(sql, service.id())) {
            throw Faults.forbidden(
                "Unable to delete service " + service.id() + " because it has registered limits");
          }
          ServiceStore.delete(sql, service.id());
        });
    return Answer.none();
  }

  private void save(String verb, ServiceEntry s, welkin.store.Database.Action action) {
    backend
        .database()
        .change(
            sql -> {
              action.run(sql);
              backend.tell(sql, "service", verb, null, s.id());
              backend.epoch().end(sql);
            });
  }
}
