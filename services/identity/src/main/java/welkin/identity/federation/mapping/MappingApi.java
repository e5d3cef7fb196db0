package welkin.identity.federation.mapping;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.shared.ListRequest;
import welkin.peers.Peers;

/** {@code /v3/OS-FEDERATION/mappings}. */
public final class MappingApi {
  private static final int ID_MAX = 64;

  private final Mappings mappings;

  public MappingApi(Mappings mappings) {
    this.mappings = mappings;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-FEDERATION/mappings");
    r.get("", this::list).policy("identity:list_mappings");
    r.get("/{mapping_id}", this::show).policy("identity:get_mapping");
    r.put("/{mapping_id}", this::create).policy("identity:create_mapping").success(201);
    r.patch("/{mapping_id}", this::update).policy("identity:update_mapping");
    r.delete("/{mapping_id}", this::delete).policy("identity:delete_mapping").success(204);
    return r;
  }

  private static ObjectNode shown(Call call, Mapping m) {
    var out = Json.object();
    out.put("id", m.id());
    out.set("rules", m.rules());
    out.put("schema_version", m.schemaVersion());
    out.putObject("links")
        .put("self", call.base() + "/v3/OS-FEDERATION/mappings/" + Peers.encode(m.id()));
    return out;
  }

  private static Answer one(int status, Call call, Mapping mapping) {
    var body = Json.object();
    body.set("mapping", shown(call, mapping));
    return Answer.json(status, body);
  }

  /** What is given of the mapping; an absent one is told like one without rules. */
  private static ObjectNode given(Call call) {
    return call.object().get("mapping") instanceof ObjectNode o ? o : Json.object();
  }

  private Answer list(Call call) {
    return ListRequest.answer(
        call, "mappings", mappings.list().stream().map(m -> shown(call, m)).toList());
  }

  private Answer show(Call call) {
    return one(200, call, mappings.get(call.path("mapping_id")));
  }

  private Answer create(Call call) {
    var id = call.path("mapping_id");
    if (id.length() > ID_MAX) {
      throw Fault.badRequest("Invalid input for field 'id': '" + id + "' is too long");
    }
    return one(201, call, mappings.create(id, given(call)));
  }

  private Answer update(Call call) {
    return one(200, call, mappings.update(call.path("mapping_id"), given(call)));
  }

  private Answer delete(Call call) {
    mappings.delete(call.path("mapping_id"));
    return Answer.none();
  }
}
