package welkin.identity.federation.serviceprovider;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.peers.Peers;

/** {@code /v3/OS-FEDERATION/service_providers}. */
public final class ServiceProviderApi {
  private static final int ID_MAX = 64;
  private static final Shape URL = Shape.string().length(0, 225).pattern("^[a-zA-Z0-9+.-]+:.+");
  private static final Shape PREFIX = Shape.string().length(0, 256).nullable();
  private static final Shape CREATE =
      Fields.body(
          "service_provider",
          Shape.object()
              .required("auth_url", URL)
              .required("sp_url", URL)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("relay_state_prefix", PREFIX)
              .noOthers());
  private static final Shape UPDATE =
      Fields.body(
          "service_provider",
          Shape.object()
              .optional("auth_url", URL)
              .optional("sp_url", URL)
              .optional("description", Fields.TEXT)
              .optional("enabled", Fields.FLAG)
              .optional("relay_state_prefix", PREFIX)
              .noOthers()
              .minProps(1));

  private final ServiceProviders providers;

  public ServiceProviderApi(ServiceProviders providers) {
    this.providers = providers;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-FEDERATION/service_providers");
    var one = "/{service_provider_id}";
    r.get("", this::list).policy("identity:list_service_providers");
    r.get(one, this::show).policy("identity:get_service_provider");
    r.put(one, this::create).policy("identity:create_service_provider").body(CREATE).success(201);
    r.patch(one, this::update).policy("identity:update_service_provider").body(UPDATE);
    r.delete(one, this::delete).policy("identity:delete_service_provider").success(204);
    return r;
  }

  private static ObjectNode shown(Call call, ServiceProvider p) {
    var out = Json.object();
    out.put("id", p.id());
    out.put("enabled", p.enabled());
    out.put("description", p.description());
    out.put("auth_url", p.authUrl());
    out.put("sp_url", p.spUrl());
    out.put("relay_state_prefix", p.relayStatePrefix());
    out.putObject("links")
        .put("self", call.base() + "/v3/OS-FEDERATION/service_providers/" + Peers.encode(p.id()));
    return out;
  }

  private static Answer one(int status, Call call, ServiceProvider provider) {
    var body = Json.object();
    body.set("service_provider", shown(call, provider));
    return Answer.json(status, body);
  }

  private static String id(Call call) {
    var id = call.path("service_provider_id");
    if (id.length() > ID_MAX) {
      throw Fault.badRequest("Invalid input for field 'id': '" + id + "' is too long");
    }
    return id;
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "id", "enabled");
    return request.answer(
        call,
        "service_providers",
        providers.list(request),
        p -> shown(call, p),
        ServiceProvider::id);
  }

  private Answer show(Call call) {
    return one(200, call, providers.get(call.path("service_provider_id")));
  }

  private Answer create(Call call) {
    return one(
        201, call, providers.create(id(call), new Attributes(call.object("service_provider"))));
  }

  private Answer update(Call call) {
    return one(
        200,
        call,
        providers.update(
            call.path("service_provider_id"), new Attributes(call.object("service_provider"))));
  }

  private Answer delete(Call call) {
    providers.delete(call.path("service_provider_id"));
    return Answer.none();
  }
}
