package welkin.compute.server;

import static welkin.http.Version.v;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.peers.NetworkPeer;

/** {@code /servers/{id}/os-interface} and the security groups of a server's ports. */
public final class InterfaceApi {
  private static final String RULE = "os_compute_api:os-attach-interfaces:";
  private static final Shape CREATE =
      Shape.object()
          .optional(
              "interfaceAttachment",
              Shape.object()
                  .optional("net_id", Shape.string().format("uuid"))
                  .optional("port_id", Shape.string().format("uuid"))
                  .optional(
                      "fixed_ips",
                      Shape.array(
                              Shape.object()
                                  .required("ip_address", Shape.string().format("ip"))
                                  .noOthers())
                          .min(1)
                          .max(1))
                  .optional("tag", ServerShapes.TAG)
                  .since("tag", v(2, 49))
                  .noOthers())
          .noOthers();

  private final Interfaces interfaces;
  private final Networking networking;
  private final Lookup lookup;

  public InterfaceApi(Interfaces interfaces, Networking networking, Lookup lookup) {
    this.interfaces = interfaces;
    this.networking = networking;
    this.lookup = lookup;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/servers/{id}/os-interface", this::list)
        .policyOnTarget(RULE + "list")
        .summary("A server's ports.");
    r.post("/servers/{id}/os-interface", this::attach)
        .policyOnTarget(RULE + "create")
        .body(CREATE)
        .summary("Gives a server one more port.");
    r.get("/servers/{id}/os-interface/{port}", this::show)
        .policyOnTarget(RULE + "show")
        .summary("One port of a server.");
    r.delete("/servers/{id}/os-interface/{port}", this::detach)
        .policyOnTarget(RULE + "delete")
        .success(202)
        .summary("Takes a port from a server.");
    r.get("/servers/{id}/os-security-groups", this::groups)
        .policyOnTarget("os_compute_api:os-security-groups:list")
        .summary("The security groups of a server's ports.");
    group(r, "addSecurityGroup", true);
    group(r, "removeSecurityGroup", false);
    return r;
  }

  private Answer list(Call call) {
    var server = lookup.server(call);
    var answer = Json.object();
    var array = answer.putArray("interfaceAttachments");
    networking.ports(server.id()).forEach(p -> array.add(view(call, server, p)));
    return Answer.ok(answer);
  }

  private Answer show(Call call) {
    var server = lookup.server(call);
    NetworkPeer.Port port;
    try {
      port = networking.port(call.path("port"));
    } catch (Fault f) {
      throw f.status() == 404
          ? Fault.notFound("Port id " + call.path("port") + " could not be found.")
          : f;
    }
    if (!server.id().equals(port.deviceId())) {
      throw Fault.notFound(
          "Instance " + server.id() + " does not have a port with id " + port.id());
    }
    return Answer.ok(Json.object().set("interfaceAttachment", view(call, server, port)));
  }

  private Answer attach(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object().path("interfaceAttachment");
    var network = Json.string(body, "net_id");
    var port = Json.string(body, "port_id");
    var ip = Json.string(body.path("fixed_ips").path(0), "ip_address");
    if (network != null && port != null) {
      throw Fault.badRequest("Must not input both network_id and port_id");
    }
    if (ip != null && network == null) {
      throw Fault.badRequest("Must input network_id when request IP address");
    }
    var wanted = new Boot.WantedNic(network, port, ip, Json.string(body, "tag"));
    var nic = interfaces.attach(server, call.caller(), wanted);
    return Answer.ok(
        Json.object()
            .set("interfaceAttachment", view(call, server, networking.port(nic.portId()))));
  }

  private Answer detach(Call call) {
    interfaces.detach(lookup.unlocked(call), call.path("port"));
    return Answer.empty(202);
  }

  private static ObjectNode view(Call call, Server server, NetworkPeer.Port port) {
    var out = Json.object().put("net_id", port.networkId()).put("port_id", port.id());
    out.put("mac_addr", port.mac()).put("port_state", port.status());
    var ips = out.putArray("fixed_ips");
    port.fixedIps()
        .forEach(
            f -> ips.add(Json.object().put("subnet_id", f.subnetId()).put("ip_address", f.ip())));
    if (call.at(2, 70)) {
      out.put(
          "tag",
          server.nics().stream()
              .filter(n -> n.portId().equals(port.id()))
              .map(Nic::tag)
              .filter(java.util.Objects::nonNull)
              .findFirst()
              .orElse(null));
    }
    return out;
  }

  private Answer groups(Call call) {
    var server = lookup.server(call);
    var answer = Json.object();
    var array = answer.putArray("security_groups");
    for (var g : networking.groupsOf(server.id())) {
      array.add(
          Json.object()
              .put("id", g.id())
              .put("name", g.name())
              .put("tenant_id", server.projectId())
              .put("description", "")
              .set("rules", Json.array()));
    }
    return Answer.ok(answer);
  }

  private void group(Routes r, String key, boolean add) {
    var name = Shape.object().required("name", Shape.string().length(1, 255)).noOthers();
    ActionsApi.action(
        r,
        key,
        call -> {
          var wanted = Json.string(call.object(key), "name");
          changeGroup(lookup.server(call), wanted, add);
          return Answer.empty(202);
        },
        "os_compute_api:os-security-groups:" + (add ? "add" : "remove"),
        Shape.object().required(key, name).noOthers(),
        (add ? "Puts a security group on" : "Takes a security group off") + " all its ports.");
  }

  private void changeGroup(Server server, String name, boolean add) {
    try {
      interfaces.changeGroup(server, name, add);
    } catch (Fault f) {
      throw f.status() == 400 ? Fault.notFound(f.getMessage()) : f;
    }
  }
}
