package welkin.compute.proxy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.server.Lookup;
import welkin.compute.server.Server;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Formats;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.peers.Peers;

/**
 * {@code /os-floating-ips} and {@code /os-floating-ip-pools} until 2.35, and the actions that give
 * a server a floating address and take it back, until 2.43.
 */
public final class FloatingIpProxyApi {
  private static final String RULE = "os_compute_api:os-floating-ips:";
  private static final String V2 = "/network/v2.0";
  private static final Shape ADD =
      Shape.object()
          .required(
              "addFloatingIp",
              Shape.object()
                  .required("address", Shape.string().format("ip"))
                  .optional("fixed_address", Shape.string().format("ip"))
                  .noOthers())
          .noOthers();
  private static final Shape REMOVE =
      Shape.object()
          .required(
              "removeFloatingIp",
              Shape.object().required("address", Shape.string().format("ip")).noOthers())
          .noOthers();

  private final Peers peers;
  private final Lookup lookup;

  public FloatingIpProxyApi(Peers peers, Lookup lookup) {
    this.peers = peers;
    this.lookup = lookup;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-floating-ip-pools", this::pools)
        .policy("os_compute_api:os-floating-ip-pools")
        .until(2, 35)
        .summary("The external networks, by name.");
    r.get("/os-floating-ips", this::list)
        .policy(RULE + "list")
        .until(2, 35)
        .summary("The project's floating addresses.");
    r.post("/os-floating-ips", this::create)
        .policy(RULE + "create")
        .until(2, 35)
        .summary("Takes a floating address from a pool.");
    r.get("/os-floating-ips/{id}", this::show)
        .policy(RULE + "show")
        .until(2, 35)
        .summary("One floating address.");
    r.delete("/os-floating-ips/{id}", this::delete)
        .policy(RULE + "delete")
        .until(2, 35)
        .success(202)
        .summary("Gives a floating address back.");
    r.action("/servers/{id}/action", "addFloatingIp", this::add)
        .policyOnTarget(RULE + "add")
        .until(2, 43)
        .body(ADD)
        .success(202)
        .summary("Leads a floating address to a server.");
    r.action("/servers/{id}/action", "removeFloatingIp", this::remove)
        .policyOnTarget(RULE + "remove")
        .until(2, 43)
        .body(REMOVE)
        .success(202)
        .summary("Leads it there no longer.");
    return r;
  }

  private Peers as(Call call) {
    return peers.as(call.caller().token());
  }

  private List<JsonNode> external(Call call) {
    var out = new ArrayList<JsonNode>();
    as(call).get(V2 + "/networks?router:external=true").get("networks").forEach(out::add);
    return out;
  }

  private Answer pools(Call call) {
    var answer = Json.object();
    var array = answer.putArray("floating_ip_pools");
    external(call).forEach(n -> array.add(Json.object().put("name", Json.string(n, "name"))));
    return Answer.ok(answer);
  }

  private ObjectNode view(Call call, JsonNode ip, Map<String, String> pools) {
    var network = Json.string(ip, "floating_network_id");
    if (pools.isEmpty()) {
      external(call).forEach(n -> pools.put(Json.string(n, "id"), Json.string(n, "name")));
    }
    var port = Json.string(ip, "port_id");
    return Json.object()
        .put("id", Json.string(ip, "id"))
        .put("ip", Json.string(ip, "floating_ip_address"))
        .put("pool", pools.getOrDefault(network, network))
        .put("fixed_ip", Json.string(ip, "fixed_ip_address"))
        .put("instance_id", port == null ? null : device(call, port).orElse(null));
  }

  private Optional<String> device(Call call, String port) {
    try {
      var found = as(call).get(V2 + "/ports/" + port).get("port");
      return Optional.ofNullable(Json.string(found, "device_id"));
    } catch (Fault f) {
      return Optional.empty();
    }
  }

  private Answer list(Call call) {
    var found =
        as(call)
            .get(V2 + "/floatingips?project_id=" + Peers.encode(call.caller().projectId()))
            .get("floatingips");
    var pools = new HashMap<String, String>();
    var answer = Json.object();
    var array = answer.putArray("floating_ips");
    found.forEach(ip -> array.add(view(call, ip, pools)));
    return Answer.ok(answer);
  }

  private JsonNode one(Call call) {
    var id = call.path("id");
    if (!Formats.isUuid(id)) {
      throw Fault.notFound("Floating IP not found for ID " + id);
    }
    try {
      return as(call).get(V2 + "/floatingips/" + id).get("floatingip");
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.notFound("Floating IP not found for ID " + id) : f;
    }
  }

  private Answer answer(Call call, JsonNode ip) {
    return Answer.ok(Json.object().set("floating_ip", view(call, ip, new HashMap<>())));
  }

  private Answer show(Call call) {
    return answer(call, one(call));
  }

  private Answer create(Call call) {
    var pool = call.json() instanceof ObjectNode body ? Json.string(body, "pool") : null;
    var network =
        external(call).stream()
            .filter(
                n ->
                    pool == null
                        || pool.equals(Json.string(n, "name"))
                        || pool.equals(Json.string(n, "id")))
            .findFirst()
            .orElseThrow(
                () ->
                    Fault.notFound(
                        pool == null
                            ? "Floating IP pool not found."
                            : "Floating IP pool " + pool + " not found."));
    try {
      return answer(
          call,
          as(call)
              .post(
                  V2 + "/floatingips",
                  Map.of("floatingip", Map.of("floating_network_id", Json.string(network, "id"))))
              .get("floatingip"));
    } catch (Fault f) {
      throw f.code().equals("OverQuota") ? Fault.forbidden(f.getMessage()) : f;
    }
  }

  private Answer delete(Call call) {
    var id = Json.string(one(call), "id");
    as(call).delete(V2 + "/floatingips/" + id);
    return Answer.empty(202);
  }

  private JsonNode addressed(Call call, String address) {
    var found =
        as(call)
            .get(V2 + "/floatingips?floating_ip_address=" + Peers.encode(address))
            .get("floatingips");
    if (found.isEmpty()) {
      throw Fault.notFound("floating IP not found");
    }
    return found.get(0);
  }

  private Answer add(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("addFloatingIp");
    var ip = addressed(call, Json.string(body, "address"));
    var fixed = Json.string(body, "fixed_address");
    var target = target(server, fixed);
    lead(call, ip, Map.of("port_id", target[0], "fixed_ip_address", target[1]));
    return Answer.empty(202);
  }

  /** The port and address it leads to: what was asked for, or the first IPv4 address. */
  private static String[] target(Server server, String fixed) {
    for (var nic : server.nics()) {
      for (var ip : nic.ips()) {
        if (fixed == null ? ip.version() == 4 : ip.address().equals(fixed)) {
          return new String[] {nic.portId(), ip.address()};
        }
      }
    }
    throw Fault.badRequest(
        fixed == null
            ? "No fixed IPs associated to instance"
            : "Specified fixed address not assigned to instance");
  }

  private Answer remove(Call call) {
    var server = lookup.unlocked(call);
    var ip = addressed(call, Json.string(call.object("removeFloatingIp"), "address"));
    var port = Json.string(ip, "port_id");
    if (server.nics().stream().noneMatch(n -> n.portId().equals(port))) {
      throw Fault.conflict(
          "Floating IP "
              + Json.string(ip, "floating_ip_address")
              + " is not associated with instance "
              + server.id()
              + ".");
    }
    var nothing = new HashMap<String, Object>();
    nothing.put("port_id", null);
    lead(call, ip, nothing);
    return Answer.empty(202);
  }

  private void lead(Call call, JsonNode ip, Map<String, ?> change) {
    try {
      as(call).put(V2 + "/floatingips/" + Json.string(ip, "id"), Map.of("floatingip", change));
    } catch (Fault f) {
      throw f.status() == 409 ? Fault.badRequest(f.getMessage()) : f;
    }
  }
}
