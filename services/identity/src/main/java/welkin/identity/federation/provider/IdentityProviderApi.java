package welkin.identity.federation.provider;

import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;

/** {@code /v3/OS-FEDERATION/identity_providers}. */
public final class IdentityProviderApi {
  private static final int ID_MAX = 64;
  private static final Shape CREATE =
      Fields.body(
          "identity_provider", attributes().optional("domain_id", Fields.ID.nullable()).noOthers());
  private static final Shape UPDATE =
      Fields.body("identity_provider", attributes().noOthers().minProps(1));

  private final IdentityProviders providers;

  public IdentityProviderApi(IdentityProviders providers) {
    this.providers = providers;
  }

  private static ObjectShape attributes() {
    return Shape.object()
        .optional("enabled", Fields.FLAG)
        .optional("description", Fields.TEXT)
        .optional("authorization_ttl", Shape.integer().min(0).nullable())
        .optional("remote_ids", Shape.array(Shape.string()).unique().nullable());
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-FEDERATION/identity_providers");
    r.get("", this::list).policy("identity:list_identity_providers");
    r.get("/{idp_id}", this::show).policy("identity:get_identity_provider");
    r.put("/{idp_id}", this::create)
        .policy("identity:create_identity_provider")
        .body(CREATE)
        .success(201);
    r.patch("/{idp_id}", this::update).policy("identity:update_identity_provider").body(UPDATE);
    r.delete("/{idp_id}", this::delete).policy("identity:delete_identity_provider").success(204);
    return r;
  }

  private static Answer one(int status, Call call, IdentityProvider provider) {
    var body = Json.object();
    body.set("identity_provider", IdentityProviderWire.show(call, provider));
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "id", "enabled");
    return request.answer(
        call,
        "identity_providers",
        providers.list(request),
        p -> IdentityProviderWire.show(call, p),
        IdentityProvider::id);
  }

  private Answer show(Call call) {
    return one(200, call, providers.get(call.path("idp_id")));
  }

  private Answer create(Call call) {
    var id = call.path("idp_id");
    if (id.length() > ID_MAX) {
      throw Fault.badRequest("Invalid input for field 'id': '" + id + "' is too long");
    }
    return one(201, call, providers.create(id, new Attributes(call.object("identity_provider"))));
  }

  private Answer update(Call call) {
    return one(
        200,
        call,
        providers.update(call.path("idp_id"), new Attributes(call.object("identity_provider"))));
  }

  private Answer delete(Call call) {
    providers.delete(call.path("idp_id"));
    return Answer.none();
  }
}
