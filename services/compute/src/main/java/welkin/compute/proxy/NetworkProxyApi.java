package welkin.compute.proxy;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.peers.Peers;

/** {@code /os-tenant-networks} and {@code /os-networks}, reading only, until 2.35. */
public final class NetworkProxyApi {
  private static final String NETWORKS = "/network/v2.0/networks";
  private final Peers peers;

  public NetworkProxyApi(Peers peers) {
    this.peers = peers;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    for (var name : new String[] {"os-tenant-networks", "os-networks"}) {
      r.get("/" + name, this::list)
          .policy("os_compute_api:" + name + ":list")
          .until(2, 35)
          .summary("The networks the project sees.");
      r.get("/" + name + "/{id}", this::show)
          .policy("os_compute_api:" + name + ":show")
          .until(2, 35)
          .summary("One network.");
    }
    return r;
  }

  private static ObjectNode view(JsonNode n) {
    return Json.object()
        .put("id", Json.string(n, "id"))
        .put("label", Json.string(n, "name"))
        .put("cidr", "None");
  }

  private Answer list(Call call) {
    var answer = Json.object();
    var array = answer.putArray("networks");
    peers.as(call.caller().token()).get(NETWORKS).get("networks").forEach(n -> array.add(view(n)));
    return Answer.ok(answer);
  }

  private Answer show(Call call) {
    try {
      var id = Peers.encode(call.path("id"));
      var found = peers.as(call.caller().token()).get(NETWORKS + "/" + id).get("network");
      return Answer.ok(Json.object().set("network", view(found)));
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.notFound("Network not found") : f;
    }
  }
}
