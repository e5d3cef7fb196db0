package welkin.identity.service;

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
import welkin.store.Database;

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
  private final Members<ServiceEntry> services;

  public ServiceApi(Backend backend) {
    this.backend = backend;
    services =
        new Members<>(
            backend,
            "service",
            "services",
            ServiceEntry::id,
            ServiceStore::find,
            ServiceApi::shown);
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

  private static ObjectNode shown(Call call, ServiceEntry s) {
    var out = s.extra().deepCopy();
    out.put("id", s.id());
    out.put("type", s.type());
    out.put("enabled", s.enabled());
    out.putObject("links").put("self", call.base() + "/v3/services/" + s.id());
    return out;
  }

  private Answer list(Call call) {
    return services.page(call, ListRequest.of(call, "type", "name"), ServiceStore::list);
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
    return services.one(201, call, service);
  }

  private Answer show(Call call) {
    return services.one(200, call, services.of(call));
  }

  private Answer update(Call call) {
    var was = services.of(call);
    var given = new Attributes(call.object("service"));
    var service =
        new ServiceEntry(
            was.id(),
            given.text("type", was.type()),
            given.flag("enabled", was.enabled()),
            given.extra(was.extra(), KNOWN));
    save("updated", service, sql -> ServiceStore.update(sql, service));
    return services.one(200, call, service);
  }

  /** Its endpoints go with it. */
  private Answer delete(Call call) {
    var service = services.of(call);
    save("deleted", service, sql -> ServiceStore.delete(sql, service.id()));
    return Answer.none();
  }

  /** Every token's catalog shows it. */
  private void save(String verb, ServiceEntry service, Database.Action action) {
    services.change(
        verb,
        service,
        sql -> {
          action.run(sql);
          backend.epoch().end(sql);
        });
  }
}
