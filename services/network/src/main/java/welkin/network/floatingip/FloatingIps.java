package welkin.network.floatingip;

import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.host.ComputeNotifier;
import welkin.network.host.HostLog;
import welkin.network.ip.AllocationStore;
import welkin.network.ip.Ip;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.TagStore;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;
import welkin.network.router.RouterStore;
import welkin.network.stores.Stores;
import welkin.store.Sql;

/** The verbs of floating addresses. */
public final class FloatingIps implements Noun {
  private static final String OWNER = "network:floatingip";

  private final FloatingIpStore store;
  private final NetworkStore networks;
  private final PortStore ports;
  private final Ports portVerbs;
  private final RouterStore routers;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final ComputeNotifier compute;
  private final Attributes attributes =
      new Attributes("floatingip", "floatingips")
          .post("tenant_id", Values.string(255), null)
          .post("floating_ip_address", Values.ip().orNull(), null)
          .post("subnet_id", Values.uuid().orNull(), null)
          .required("floating_network_id", Values.uuid())
          .shown("router_id")
          .both("port_id", Values.uuid().orNull(), null)
          .both("fixed_ip_address", Values.ip().orNull(), null)
          .shown("status")
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .post("dns_name", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .post("dns_domain", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .both("qos_policy_id", Values.unavailable("QoS policies are not available"), null)
          .shown("port_details")
          .shown("port_forwardings")
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public FloatingIps(
      Stores stores,
      Ports portVerbs,
      HostLog log,
      Limits limits,
      Access access,
      ComputeNotifier compute) {
    this.store = stores.floating();
    this.networks = stores.networks();
    this.ports = stores.ports();
    this.routers = stores.routers();
    this.portVerbs = portVerbs;
    this.log = log;
    this.limits = limits;
    this.access = access;
    this.compute = compute;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public ResourceStore store() {
    return store.rows();
  }

  @Override
  public String faultName() {
    return "FloatingIP";
  }

  @Override
  public Fault notFound(String id) {
    return Fault.of(404, "FloatingIPNotFound", "Floating IP " + id + " could not be found");
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    var ids = page.stream().map(f -> f.text("port_id")).filter(Objects::nonNull).toList();
    var byId = new HashMap<String, Resource>();
    ports.rows().findAll(sql, ids).forEach(p -> byId.put(p.id(), p));
    for (var f : page) {
      var d = f.document();
      d.remove("floating_port_id");
      var p = f.text("port_id") == null ? null : byId.get(f.text("port_id"));
      if (p == null) {
        d.putNull("port_details");
      } else {
        var shown = d.putObject("port_details");
        for (var k :
            List.of(
                "name",
                "network_id",
                "mac_address",
                "admin_state_up",
                "status",
                "device_id",
                "device_owner")) {
          shown.set(k, p.document().get(k));
        }
      }
      d.putArray("port_forwardings");
    }
    return page;
  }

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var networkId = Json.string(values, "floating_network_id");
    var network =
        networks.find(sql, networkId).orElseThrow(() -> Faults.notFound("Network", networkId));
    if (!network.flag("router:external")
        && networks
            .grantedTo(sql, List.of(networkId), caller.projectId(), "access_as_external")
            .isEmpty()) {
      throw Faults.badResource(
          "floatingip", "Network " + networkId + " is not a valid external network");
    }
    limits.take(sql, Json.string(values, "project_id"), "floatingip", 1);
    var id = store.rows().journal().ids().uuid();
    var port = outside(sql, network, id, values);
    var d = values;
    d.put("id", id);
    d.put("floating_ip_address", Json.string(port.list("fixed_ips").getFirst(), "ip_address"));
    d.put("floating_port_id", port.id());
    d.remove("subnet_id");
    var portId = Json.string(d, "port_id");
    var fixed = Json.string(d, "fixed_ip_address");
    d.putNull("port_id").putNull("fixed_ip_address").putNull("router_id").putNull("qos_policy_id");
    d.put("status", "DOWN");
    var floating = new Resource(attributes.ordered(d));
    if (portId != null) {
      associate(sql, caller, floating, portId, fixed);
    } else if (fixed != null) {
      throw Faults.badResource(
          "floatingip", "fixed_ip_address cannot be specified without a port_id");
    }
    var kept = store.rows().insert(sql, floating);
    TagStore.keep(sql, kept);
    tell(sql, kept);
    return kept;
  }

  private Resource outside(Sql sql, Resource network, String id, ObjectNode wanted) {
    var values = Json.object();
    values.put("network_id", network.id());
    values.put("device_id", id);
    values.put("device_owner", OWNER);
    var ip = Json.string(wanted, "floating_ip_address");
    var subnet = Json.string(wanted, "subnet_id");
    if (ip != null || subnet != null) {
      var wish = values.putArray("fixed_ips").addObject();
      if (ip != null) {
        wish.put("ip_address", ip);
      }
      if (subnet != null) {
        wish.put("subnet_id", subnet);
      }
    }
    var port = portVerbs.make(sql, network, values);
    var four =
        port.list("fixed_ips").stream()
            .filter(f -> Ip.of(Json.string(f, "ip_address")).version() == 4)
            .toList();
    if (four.isEmpty()) {
      throw Faults.conflict(
          "ExternalIpAddressExhausted",
          "Unable to find any IP address on external network " + network.id() + ".");
    }
    port.document().putArray("fixed_ips").add(four.getFirst());
    return port;
  }

  /** Writes into a floating address to which port, address and router it leads. */
  private void associate(
      Sql sql, Caller caller, Resource floating, String portId, String wantedIp) {
    var port = ports.rows().find(sql, portId).orElseThrow(() -> Faults.notFound("Port", portId));
    if (!access.isAdmin(caller) && !port.projectId().equals(caller.projectId())) {
      throw Faults.notFound("Port", portId);
    }
    var fixed = fixed(port, wantedIp);
    var ip = Json.string(fixed, "ip_address");
    var router =
        router(
            sql,
            port.text("network_id"),
            Json.string(fixed, "subnet_id"),
            floating.text("floating_network_id"),
            portId);
    for (var other : store.ofPort(sql, portId)) {
      if (!other.id().equals(floating.id())
          && ip.equals(other.text("fixed_ip_address"))
          && other.text("floating_network_id").equals(floating.text("floating_network_id"))) {
        throw Faults.conflict(
            "FloatingIPPortAlreadyAssociated",
            "Cannot associate floating IP "
                + floating.text("floating_ip_address")
                + " ("
                + floating.id()
                + ") with port "
                + portId
                + " using fixed IP "
                + ip
                + ", as that fixed IP already has a floating IP on external network "
                + floating.text("floating_network_id")
                + ".");
      }
    }
    floating.set("port_id", portId).set("fixed_ip_address", ip).set("router_id", router);
    floating.set("status", "ACTIVE");
  }

  private static JsonNode fixed(Resource port, String wanted) {
    var four =
        port.list("fixed_ips").stream()
            .filter(f -> Ip.of(Json.string(f, "ip_address")).version() == 4)
            .toList();
    if (wanted != null) {
      return four.stream()
          .filter(f -> wanted.equals(Json.string(f, "ip_address")))
          .findFirst()
          .orElseThrow(
              () ->
                  Faults.badResource(
                      "floatingip", "Port " + port.id() + " does not have fixed ip " + wanted));
    }
    if (four.isEmpty()) {
      throw Faults.badResource(
          "floatingip",
          "Cannot add floating IP to port " + port.id() + " that has no fixed IPv4 addresses");
    }
    if (four.size() > 1) {
      throw Faults.badResource(
          "floatingip",
          "Port "
              + port.id()
              + " has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when"
              + " assigning a floating IP");
    }
    return four.getFirst();
  }

  /** The router between a subnet and an external network. */
  private String router(
      Sql sql, String networkId, String subnetId, String externalId, String portId) {
    for (var leg : routers.legsIn(sql, networkId)) {
      if (leg.gateway()) {
        continue;
      }
      boolean onSubnet = AllocationStore.has(sql, leg.portId(), subnetId);
      boolean outside =
          routers.legs(sql, leg.routerId()).stream()
              .anyMatch(l -> l.gateway() && l.networkId().equals(externalId));
      if (onSubnet && outside) {
        return leg.routerId();
      }
    }
    throw Fault.of(
        404,
        "ExternalGatewayForFloatingIPNotFound",
        "External network "
            + externalId
            + " is not reachable from subnet "
            + subnetId
            + ".  Therefore, cannot associate Port "
            + portId
            + " with a Floating IP.");
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    boolean moves = changes.has("port_id");
    var portId = Json.string(changes, "port_id");
    var fixed = Json.string(changes, "fixed_ip_address");
    if (!moves && fixed != null) {
      if (current.text("port_id") == null) {
        throw Faults.badResource(
            "floatingip", "fixed_ip_address cannot be specified without a port_id");
      }
      moves = true;
      portId = current.text("port_id");
    }
    changes.remove("port_id");
    changes.remove("fixed_ip_address");
    var next = current.copy().merge(changes);
    if (moves) {
      next.document().putNull("port_id").putNull("fixed_ip_address").putNull("router_id");
      next.set("status", "DOWN");
      if (portId != null) {
        associate(sql, caller, next, portId, fixed);
      }
    }
    var kept = store.rows().update(sql, current, next);
    if (moves) {
      tell(sql, current);
      tell(sql, kept);
    }
    return kept;
  }

  /** The router's host must look again, and Compute at the server's addresses. */
  private void tell(Sql sql, Resource floating) {
    var router = floating.text("router_id");
    if (router != null) {
      FloatingIpStore.touchRouter(sql, log, router);
    }
    var port = floating.text("port_id");
    if (port != null) {
      ports.rows().find(sql, port).ifPresent(p -> compute.changed(sql, p));
    }
  }

  /** Deletes the floating addresses of a network that lead nowhere: it is about to go. */
  public void deleteUnused(Sql sql, String networkId) {
    for (var f : store.rows().where(sql, "floating_network_id", networkId)) {
      if (f.text("port_id") == null) {
        delete(sql, null, f);
      }
    }
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource floating) {
    tell(sql, floating);
    store.rows().delete(sql, floating);
    ports
        .rows()
        .find(sql, floating.text("floating_port_id"))
        .ifPresent(p -> portVerbs.remove(sql, p));
    limits.give(sql, floating.projectId(), "floatingip", 1);
  }
}
