package welkin.identity.federation.protocol;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.federation.provider.IdentityProviders;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.peers.Peers;

/** {@code /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols}. */
public final class ProtocolApi {
  private static final int ID_MAX = 64;
  private static final Shape MAPPING = Shape.string().length(1, ID_MAX);
  private static final Shape CREATE =
      Fields.body(
          "protocol",
          Shape.object()
              .required("mapping_id", MAPPING)
              .optional("remote_id_attribute", Shape.string().length(0, 64).nullable())
              .noOthers());
  private static final Shape UPDATE =
      Fields.body(
          "protocol",
          Shape.object()
              .required("mapping_id", MAPPING)
              .optional("remote_id_attribute", Shape.string().length(0, 64))
              .noOthers()
              .minProps(1));

  private final IdentityProviders providers;
  private final Protocols protocols;

  public ProtocolApi(IdentityProviders providers, Protocols protocols) {
    this.providers = providers;
    this.protocols = protocols;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-FEDERATION/identity_providers/{idp_id}/protocols");
    r.get("", this::list).policy("identity:list_protocols");
    var one = "/{protocol_id}";
    r.get(one, this::show).policy("identity:get_protocol");
    r.put(one, this::create).policy("identity:create_protocol").body(CREATE).success(201);
    r.patch(one, this::update).policy("identity:update_protocol").body(UPDATE);
    r.delete(one, this::delete).policy("identity:delete_protocol").success(204);
    return r;
  }

  private static ObjectNode shown(Call call, Protocol p) {
    var provider =
        call.base()
            + "/v3/OS-FEDERATION/identity_providers/"
            + Peers.encode(p.identityProviderId());
    var out = Json.object();
    out.put("id", p.id());
    out.put("mapping_id", p.mappingId());
    out.putObject("links")
        .put("self", provider + "/protocols/" + Peers.encode(p.id()))
        .put("identity_provider", provider);
    return out;
  }

  /** A list says more than the single one: so does upstream's. */
  private static ObjectNode listed(Call call, Protocol p) {
    return shown(call, p)
        .put("idp_id", p.identityProviderId())
        .put("remote_id_attribute", p.remoteIdAttribute());
  }

  private static Answer one(int status, Call call, Protocol protocol) {
    var body = Json.object();
    body.set("protocol", shown(call, protocol));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var provider = providers.get(call.path("idp_id"));
    return ListRequest.answer(
        call, "protocols", protocols.of(provider.id()).stream().map(p -> listed(call, p)).toList());
  }

  private Answer show(Call call) {
    return one(200, call, protocols.get(call.path("idp_id"), call.path("protocol_id")));
  }

  private Answer create(Call call) {
    var id = call.path("protocol_id");
    if (id.length() > ID_MAX) {
      throw Fault.badRequest("Invalid input for field 'id': '" + id + "' is too long");
    }
    return one(
        201,
        call,
        protocols.create(call.path("idp_id"), id, new Attributes(call.object("protocol"))));
  }

  private Answer update(Call call) {
    return one(
        200,
        call,
        protocols.update(
            call.path("idp_id"),
            call.path("protocol_id"),
            new Attributes(call.object("protocol"))));
  }

  private Answer delete(Call call) {
    protocols.delete(call.path("idp_id"), call.path("protocol_id"));
    return Answer.none();
  }
}
