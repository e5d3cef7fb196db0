package welkin.network.router;

import java.util.LinkedHashSet;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.resource.Values;
import welkin.network.router.RouterStore.Leg;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.Sql;

/** The legs of routers in subnets: ports of their own, made for it or given. */
public final class RouterInterfaces {
  private final RouterStore store;
  private final NetworkStore networks;
  private final SubnetStore subnets;
  private final PortStore ports;
  private final FloatingIpStore floating;
  private final Ports portVerbs;
  private final RouterHosts hosts;
  private final HostLog log;
  private final Access access;

  public RouterInterfaces(
      Stores stores, Ports portVerbs, RouterHosts hosts, HostLog log, Access access) {
    this.store = stores.routers();
    this.networks = stores.networks();
    this.subnets = stores.subnets();
    this.ports = stores.ports();
    this.floating = stores.floating();
    this.portVerbs = portVerbs;
    this.hosts = hosts;
    this.log = log;
    this.access = access;
  }

  /** What an interface verb answers. */
  record Changed(Resource router, Resource port, List<String> subnetIds) {}

  Changed add(Sql sql, Caller caller, Resource router, ObjectNode body) {
    var portId = id(body, "port_id");
    var subnetId = id(body, "subnet_id");
    if ((portId == null) == (subnetId == null)) {
      throw Faults.badResource(
          "router",
          portId == null
              ? "Either subnet_id or port_id must be specified"
              : "Cannot specify both subnet-id and port-id");
    }
    var port =
        portId != null
            ? adopt(sql, caller, router, portId)
            : makeInterface(sql, caller, router, subnetId);
    store.addLeg(sql, new Leg(port.id(), router.id(), port.text("network_id"), false));
    log.touchNetwork(sql, port.text("network_id"));
    hosts.place(sql, router.id());
    return new Changed(bump(sql, router), port, subnetIds(port));
  }

  private static String id(ObjectNode body, String key) {
    for (var k : body.propertyNames()) {
      if (!k.equals("port_id") && !k.equals("subnet_id")) {
        throw Faults.badRequest("Unrecognized attribute(s) '" + k + "'");
      }
    }
    var v = body.get(key);
    if (v == null || v.isNull()) {
      return null;
    }
    if (!v.isString() || !Values.isUuid(v.stringValue())) {
      throw Attributes.invalid(key, "'" + Values.show(v) + "' is not a valid UUID");
    }
    return v.stringValue();
  }

  static List<String> subnetIds(Resource port) {
    var out = new LinkedHashSet<String>();
    port.list("fixed_ips").forEach(f -> out.add(Json.string(f, "subnet_id")));
    return List.copyOf(out);
  }

  private Resource bump(Sql sql, Resource router) {
    var next = router.copy().set("revision_number", router.revision() + 1);
    var kept = store.rows().update(sql, router, next);
    hosts.touch(sql, router.id());
    return kept;
  }

  private Resource adopt(Sql sql, Caller caller, Resource router, String portId) {
    var port = ports.rows().find(sql, portId).orElseThrow(() -> Faults.notFound("Port", portId));
    if (!access.isAdmin(caller) && !port.projectId().equals(caller.projectId())) {
      throw Faults.notFound("Port", portId);
    }
    if (!port.text("device_id").isEmpty()) {
      throw Ports.inUse(port);
    }
    if (port.list("fixed_ips").isEmpty()) {
      throw Faults.badResource("router", "Router port must have at least one fixed IP");
    }
    for (var s : subnetIds(port)) {
      refuseOverlap(sql, router, subnets.rows().find(sql, s).orElseThrow());
    }
    var changes = Json.object();
    changes.put("device_id", router.id());
    changes.put("device_owner", Routers.INTERFACE);
    changes.putArray("security_groups");
    changes.put("port_security_enabled", false);
    changes.putArray("allowed_address_pairs");
    store.host(sql, router.id()).ifPresent(h -> changes.put("binding:host_id", h));
    return portVerbs.update(sql, caller, port, changes);
  }

  private Resource makeInterface(Sql sql, Caller caller, Resource router, String subnetId) {
    var subnet =
        subnets.rows().find(sql, subnetId).orElseThrow(() -> Faults.notFound("Subnet", subnetId));
    var network = networks.find(sql, subnet.text("network_id")).orElseThrow();
    if (!access.isAdmin(caller)
        && !subnet.projectId().equals(caller.projectId())
        && !network.projectId().equals(caller.projectId())
        && !networks.isSharedWith(sql, network, caller.projectId())) {
      throw Faults.notFound("Subnet", subnetId);
    }
    if (subnet.text("gateway_ip") == null) {
      throw Faults.badResource("router", "Subnet for router interface must have a gateway IP");
    }
    if (subnet.number("ip_version") == 6
        && subnet.text("ipv6_ra_mode") == null
        && subnet.text("ipv6_address_mode") != null) {
      throw Faults.badResource(
          "router",
          "IPv6 subnet "
              + subnetId
              + " configured to receive RAs from an external router cannot be added to Neutron"
              + " Router");
    }
    refuseOverlap(sql, router, subnet);
    var gateway = subnet.text("gateway_ip");
    ports
        .withAddress(sql, network.id(), gateway)
        .ifPresent(
            p -> {
              throw Faults.conflict(
                  "IpAddressAlreadyAllocated",
                  "IP address " + gateway + " already allocated in subnet " + subnetId);
            });
    var values = Json.object();
    values.put("network_id", network.id());
    values.put("project_id", router.projectId());
    values.put("device_id", router.id());
    values.put("device_owner", Routers.INTERFACE);
    values.putArray("fixed_ips").addObject().put("subnet_id", subnetId).put("ip_address", gateway);
    store.host(sql, router.id()).ifPresent(h -> values.put("binding:host_id", h));
    return portVerbs.make(sql, network, values);
  }

  /** A router is on a subnet once, and its subnets share no address. */
  void refuseOverlap(Sql sql, Resource router, Resource subnet) {
    var cidr = Cidr.of(subnet.text("cidr"));
    for (var leg : store.legs(sql, router.id())) {
      var port = ports.rows().find(sql, leg.portId()).orElseThrow();
      for (var id : subnetIds(port)) {
        if (id.equals(subnet.id())) {
          throw Faults.badResource("router", "Router already has a port on subnet " + id);
        }
        var other = Cidr.of(subnets.rows().find(sql, id).orElseThrow().text("cidr"));
        if (other.overlaps(cidr)) {
          throw Faults.badResource(
              "router",
              "Cidr "
                  + cidr
                  + " of subnet "
                  + subnet.id()
                  + " overlaps with cidr "
                  + other
                  + " of subnet "
                  + id);
        }
      }
    }
  }

  Changed remove(Sql sql, Caller caller, Resource router, ObjectNode body) {
    var portId = id(body, "port_id");
    var subnetId = id(body, "subnet_id");
    if (portId == null && subnetId == null) {
      throw Faults.badRequest("Either subnet_id or port_id must be specified");
    }
    Resource port = null;
    for (var leg : store.legs(sql, router.id())) {
      var p = ports.rows().find(sql, leg.portId()).orElseThrow();
      if (!leg.gateway()
          && (portId == null || p.id().equals(portId))
          && (subnetId == null || subnetIds(p).contains(subnetId))) {
        port = p;
      }
    }
    if (port == null) {
      throw portId != null
          ? Fault.of(
              404,
              "RouterInterfaceNotFound",
              "Router " + router.id() + " does not have an interface with id " + portId)
          : Fault.of(
              404,
              "RouterInterfaceNotFoundForSubnet",
              "Router " + router.id() + " has no interface on subnet " + subnetId);
    }
    refuseLosing(sql, router, port);
    store.dropLeg(sql, port.id());
    portVerbs.remove(sql, port);
    log.touchNetwork(sql, port.text("network_id"));
    return new Changed(bump(sql, router), port, subnetIds(port));
  }

  private void refuseLosing(Sql sql, Resource router, Resource port) {
    var lost = subnetIds(port);
    for (var id : lost) {
      var cidr = Cidr.of(subnets.rows().find(sql, id).orElseThrow().text("cidr"));
      for (var f : floating.ofRouter(sql, router.id())) {
        var fixed = f.text("fixed_ip_address");
        if (fixed != null && cidr.contains(Ip.of(fixed)) && onNetwork(sql, f, port)) {
          throw Faults.conflict(
              "RouterInterfaceInUseByFloatingIP",
              "Router interface for subnet "
                  + id
                  + " on router "
                  + router.id()
                  + " cannot be deleted, as it is required by one or more floating IPs.");
        }
      }
      for (var r : router.list("routes")) {
        if (cidr.contains(Ip.of(Json.string(r, "nexthop")))) {
          throw Faults.conflict(
              "RouterInterfaceInUseByRoute",
              "Router interface for subnet "
                  + id
                  + " on router "
                  + router.id()
                  + " cannot be deleted, as it is required by one or more routes.");
        }
      }
    }
  }

  private boolean onNetwork(Sql sql, Resource floatingIp, Resource leg) {
    return ports
        .rows()
        .find(sql, floatingIp.text("port_id"))
        .filter(p -> p.text("network_id").equals(leg.text("network_id")))
        .isPresent();
  }
}
