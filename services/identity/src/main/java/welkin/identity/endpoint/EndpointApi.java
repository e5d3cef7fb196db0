package welkin.identity.endpoint;

import java.util.Map;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.region.Region;
import welkin.identity.region.RegionStore;
import welkin.identity.service.ServiceStore;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.shared.Members;
import welkin.store.Database;
import welkin.store.Sql;

/** {@code /v3/endpoints}. */
public final class EndpointApi {
  private static final Set<String> KNOWN =
      Set.of("interface", "region", "region_id", "service_id", "url", "enabled");
  private static final Set<String> VARIABLES =
      Set.of(
          "tenant_id",
          "project_id",
          "user_id",
          "public_bind_host",
          "admin_bind_host",
          "compute_host",
          "admin_port",
          "public_port",
          "public_endpoint",
          "admin_endpoint");
  private static final Shape INTERFACE = Shape.string().oneOf("admin", "internal", "public");
  private static final Shape URL = Shape.string().length(0, 225).pattern("^[a-zA-Z0-9+.-]+:.+");
  private static final Shape CREATE =
      Fields.body(
          "endpoint",
          Shape.object()
              .required("interface", INTERFACE)
              .required("service_id", Shape.string())
              .required("url", URL)
              .optional("region", Shape.string().nullable())
              .optional("region_id", Shape.string().nullable())
              .optional("enabled", Fields.FLAG));
  private static final Shape UPDATE =
      Fields.body(
          "endpoint",
          Shape.object()
              .optional("interface", INTERFACE)
              .optional("service_id", Shape.string())
              .optional("url", URL)
              .optional("region", Shape.string().nullable())
              .optional("region_id", Shape.string().nullable())
              .optional("enabled", Fields.FLAG)
              .minProps(1));

  private final Backend backend;
  private final Members<Endpoint> endpoints;

  public EndpointApi(Backend backend) {
    this.backend = backend;
    endpoints =
        new Members<>(
            backend,
            "endpoint",
            "endpoints",
            Endpoint::id,
            EndpointStore::find,
            EndpointWire::show);
  }

  public Routes routes() {
    var r = new Routes("/v3/endpoints");
    r.get("", this::list).policy("identity:list_endpoints");
    r.post("", this::create)
        .policy("identity:create_endpoint")
        .body(CREATE)
        .success(201)
        .shownBy("/endpoints/{endpoint_id}");
    r.get("/{endpoint_id}", this::show).policyOnTarget("identity:get_endpoint");
    r.patch("/{endpoint_id}", this::update)
        .policyOnTarget("identity:update_endpoint")
        .bodyOnceAllowed(UPDATE);
    r.delete("/{endpoint_id}", this::delete)
        .policyOnTarget("identity:delete_endpoint")
        .success(204);
    return r;
  }

  /** That there is no such endpoint is no secret, as with keystone. */
  private Endpoint enforced(Call call) {
    var found = endpoints.of(call);
    call.enforce(Map.of());
    return found;
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "interface", "service_id", "region_id");
    return endpoints.page(call, request, EndpointStore::list);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("endpoint"));
    var endpoint =
        new Endpoint(
            backend.ids().hex(),
            given.text("interface"),
            given.has("region_id") ? given.text("region_id") : given.text("region"),
            given.text("service_id"),
            given.text("url"),
            given.flag("enabled", true),
            given.extra(null, KNOWN));
    save(
        "created",
        endpoint,
        sql -> {
          check(sql, endpoint, given.has("region") && !given.has("region_id"));
          EndpointStore.insert(sql, endpoint);
        });
    return endpoints.one(201, call, endpoint);
  }

  /** A region given by its old name {@code region} is made when there is none. */
  private void check(Sql sql, Endpoint e, boolean oldName) {
    if (ServiceStore.find(sql, e.serviceId()).isEmpty()) {
      throw Fault.badRequest("Could not find service: " + e.serviceId() + ".");
    }
    if (e.regionId() != null && RegionStore.find(sql, e.regionId()).isEmpty()) {
      if (!oldName) {
        throw Fault.badRequest("Could not find region: " + e.regionId() + ".");
      }
      RegionStore.insert(sql, new Region(e.regionId(), "", null, Json.object()));
      backend.tell(sql, "region", "created", null, e.regionId());
    }
    var names = java.util.regex.Pattern.compile("[$%]\\(([^)]*)\\)s?").matcher(e.url());
    while (names.find()) {
      if (!VARIABLES.contains(names.group(1))) {
        throw Fault.badRequest("Malformed endpoint URL (" + e.url() + ")");
      }
    }
  }

  private Answer show(Call call) {
    return endpoints.one(200, call, enforced(call));
  }

  private Answer update(Call call) {
    var was = enforced(call);
    var given = new Attributes(call.object("endpoint"));
    var endpoint =
        new Endpoint(
            was.id(),
            given.text("interface", was.serviceInterface()),
            given.has("region_id") ? given.text("region_id") : given.text("region", was.regionId()),
            given.text("service_id", was.serviceId()),
            given.text("url", was.url()),
            given.flag("enabled", was.enabled()),
            given.extra(was.extra(), KNOWN));
    save(
        "updated",
        endpoint,
        sql -> {
          check(sql, endpoint, given.has("region") && !given.has("region_id"));
          EndpointStore.update(sql, endpoint);
        });
    return endpoints.one(200, call, endpoint);
  }

  private Answer delete(Call call) {
    var endpoint = enforced(call);
    save("deleted", endpoint, sql -> EndpointStore.delete(sql, endpoint.id()));
    return Answer.none();
  }

  /** Every token's catalog shows it. */
  private void save(String verb, Endpoint endpoint, Database.Action action) {
    endpoints.change(
        verb,
        endpoint,
        sql -> {
          action.run(sql);
          backend.epoch().end(sql);
        });
  }
}
