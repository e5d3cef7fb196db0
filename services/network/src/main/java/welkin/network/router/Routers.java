package welkin.network.router;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.agent.Agents.Role;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.network.NetworkStore;
import welkin.network.network.Networks;
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
import welkin.network.router.RouterStore.Leg;
import welkin.network.subnet.SubnetStore;
import welkin.network.subnet.Subnets;
import welkin.store.Sql;

/** The verbs of routers. A router with a leg is played by one host, which has all its legs. */
public final class Routers implements Noun {
  static final String GATEWAY_INFO = "external_gateway_info";
  static final String GATEWAY = "network:router_gateway";
  static final String INTERFACE = "network:router_interface";
  private static final int MOST_ROUTES = 30;

  private final RouterStore store;
  private final NetworkStore networks;
  private final SubnetStore subnets;
  private final PortStore ports;
  private final Ports portVerbs;
  private final FloatingIpStore floating;
  private final Agents agents;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes =
      new Attributes("router", "routers")
          .both("name", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .post("tenant_id", Values.string(255), null)
          .flag("admin_state_up", true)
          .shown("status")
          .both(GATEWAY_INFO, Routers::gatewayInfo, NullNode.getInstance())
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .shown("availability_zones")
          .post("availability_zone_hints", Networks::zones, Json.array())
          .put("routes", Subnets::routes)
          .post("flavor_id", Routers::noFlavor, NullNode.getInstance())
          .flag("distributed", false)
          .flag("ha", false)
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public Routers(
      RouterStore store,
      NetworkStore networks,
      SubnetStore subnets,
      PortStore ports,
      Ports portVerbs,
      FloatingIpStore floating,
      Agents agents,
      HostLog log,
      Limits limits,
      Access access) {
    this.store = store;
    this.networks = networks;
    this.subnets = subnets;
    this.ports = ports;
    this.portVerbs = portVerbs;
    this.floating = floating;
    this.agents = agents;
    this.log = log;
    this.limits = limits;
    this.access = access;
  }

  // ---- reading values ----

  private static JsonNode noFlavor(JsonNode v) {
    if (!v.isNull()) {
      throw Values.refused("router flavors are not available");
    }
    return v;
  }

  private static JsonNode gatewayInfo(JsonNode v) {
    if (v.isNull() || v.isObject() && v.isEmpty()) {
      return NullNode.getInstance();
    }
    if (!(v instanceof ObjectNode o)) {
      throw Values.refused("'" + Values.show(v) + "' is not a dictionary");
    }
    if (!o.has("network_id") || o.get("network_id").isNull()) {
      throw Values.refused("Validation of dictionary's keys failed. Expected keys: {'network_id'}");
    }
    var out = Json.object();
    for (var k : o.propertyNames()) {
      switch (k) {
        case "network_id" -> out.set(k, Values.uuid().read(o.get(k)));
        case "enable_snat" -> out.set(k, Values.flag().read(o.get(k)));
        case "external_fixed_ips" -> out.set(k, Ports.fixedIps(o.get(k)));
        case "qos_policy_id" -> {
          if (!o.get(k).isNull()) {
            throw Values.refused("QoS policies are not available");
          }
        }
        default -> throw Values.refused("Unexpected key '" + k + "'");
      }
    }
    return out;
  }

  // ---- what the API asks ----

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
    return "Router";
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    for (var r : page) {
      r.set(
          "availability_zones", store.host(sql, r.id()).isPresent() ? List.of("nova") : List.of());
    }
    return page;
  }

  // ---- verbs ----

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    refuseUnbuilt(values);
    var info = values.get(GATEWAY_INFO);
    var d = values;
    d.put("id", store.rows().journal().ids().uuid());
    d.put("status", "ACTIVE");
    d.putNull(GATEWAY_INFO);
    d.putArray("routes");
    d.putArray("availability_zones");
    limits.take(sql, Json.string(d, "project_id"), "router", 1);
    var router = store.rows().insert(sql, new Resource(attributes.ordered(d)));
    TagStore.keep(sql, router);
    if (info.isNull()) {
      return router;
    }
    var next = gateway(sql, caller, router, router.copy(), (ObjectNode) info);
    next.set("revision_number", router.revision());
    return store.rows().update(sql, router, new Resource(attributes.ordered(next.document())));
  }

  private static void refuseUnbuilt(ObjectNode values) {
    for (var k : List.of("distributed", "ha")) {
      if (values.path(k).asBoolean(false)) {
        throw Faults.badResource("router", "routers with '" + k + "' set are not available");
      }
    }
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    refuseUnbuilt(changes);
    var info = changes.get(GATEWAY_INFO);
    changes.remove(GATEWAY_INFO);
    var next = current.copy().merge(changes);
    if (info != null) {
      next =
          info.isNull()
              ? clearGateway(sql, next)
              : gateway(sql, caller, current, next, (ObjectNode) info);
    }
    if (changes.has("routes")) {
      checkRoutes(sql, next);
    }
    var kept = store.rows().update(sql, current, new Resource(attributes.ordered(next.document())));
    touch(sql, kept.id());
    return kept;
  }

  /** The host of a router must look again. */
  private void touch(Sql sql, String routerId) {
    store.host(sql, routerId).ifPresent(h -> log.touch(sql, h, HostLog.ROUTER, routerId));
  }

  private Optional<Leg> gatewayLeg(Sql sql, String routerId) {
    return store.legs(sql, routerId).stream().filter(Leg::gateway).findFirst();
  }

  private Resource gateway(
      Sql sql, Caller caller, Resource before, Resource router, ObjectNode info) {
    var networkId = Json.string(info, "network_id");
    var network =
        networks.find(sql, networkId).orElseThrow(() -> Faults.notFound("Network", networkId));
    if (!network.flag("router:external")
        && networks
            .grantedTo(sql, List.of(networkId), caller.projectId(), "access_as_external")
            .isEmpty()) {
      throw Faults.badResource("router", "Network " + networkId + " is not an external network");
    }
    var leg = gatewayLeg(sql, router.id());
    if (leg.isPresent() && !leg.get().networkId().equals(networkId)) {
      router = clearGateway(sql, router);
      leg = Optional.empty();
    }
    Resource port;
    if (leg.isEmpty()) {
      port = addGateway(sql, router, network, info.get("external_fixed_ips"));
    } else {
      port = ports.rows().find(sql, leg.get().portId()).orElseThrow();
      var wishes = info.get("external_fixed_ips");
      if (wishes != null && !wishes.isEmpty()) {
        port =
            portVerbs.update(
                sql, caller, port, (ObjectNode) Json.object().set("fixed_ips", wishes));
      }
    }
    var shown = Json.object();
    shown.put("network_id", networkId);
    shown.set("external_fixed_ips", port.document().get("fixed_ips"));
    var old = before.document().path(GATEWAY_INFO);
    shown.put(
        "enable_snat",
        info.has("enable_snat")
            ? info.get("enable_snat").asBoolean()
            : old.path("enable_snat").asBoolean(true));
    router.set(GATEWAY_INFO, shown);
    place(sql, router.id());
    return router;
  }

  private Resource addGateway(Sql sql, Resource router, Resource network, JsonNode wishes) {
    var of = subnets.ofNetwork(sql, network.id());
    for (var s : of) {
      refuseOverlap(sql, router, s);
    }
    var values = Json.object();
    values.put("network_id", network.id());
    values.put("device_id", router.id());
    values.put("device_owner", GATEWAY);
    store.host(sql, router.id()).ifPresent(h -> values.put("binding:host_id", h));
    if (wishes != null && !wishes.isEmpty()) {
      values.set("fixed_ips", wishes);
    }
    var port = portVerbs.make(sql, network, values);
    if (port.list("fixed_ips").isEmpty()) {
      throw Faults.badResource("router", "No IPs available for external network " + network.id());
    }
    store.addLeg(sql, new Leg(port.id(), router.id(), network.id(), true));
    return port;
  }

  private Resource clearGateway(Sql sql, Resource router) {
    gatewayLeg(sql, router.id())
        .ifPresent(
            leg -> {
              if (!floating.ofRouter(sql, router.id()).isEmpty()) {
                throw Faults.conflict(
                    "RouterExternalGatewayInUseByFloatingIp",
                    "Gateway cannot be updated for router "
                        + router.id()
                        + ", since a gateway to external network "
                        + leg.networkId()
                        + " is required by one or more floating IPs.");
              }
              store.dropLeg(sql, leg.portId());
              ports.rows().find(sql, leg.portId()).ifPresent(p -> portVerbs.remove(sql, p));
            });
    router.document().putNull(GATEWAY_INFO);
    return router;
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource router) {
    if (store.legs(sql, router.id()).stream().anyMatch(l -> !l.gateway())) {
      throw Faults.conflict("RouterInUse", "Router " + router.id() + " still has ports");
    }
    clearGateway(sql, router.copy());
    touch(sql, router.id());
    store.rows().delete(sql, router);
    limits.give(sql, router.projectId(), "router", 1);
  }

  // ---- interfaces ----

  /** What an interface verb answers. */
  record Changed(Resource router, Resource port, List<String> subnetIds) {}

  Changed addInterface(Sql sql, Caller caller, Resource router, ObjectNode body) {
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
    log.dirty(sql, HostLog.NETWORK, port.text("network_id"));
    place(sql, router.id());
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
    touch(sql, router.id());
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
    changes.put("device_owner", INTERFACE);
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
    values.put("device_owner", INTERFACE);
    values.putArray("fixed_ips").addObject().put("subnet_id", subnetId).put("ip_address", gateway);
    store.host(sql, router.id()).ifPresent(h -> values.put("binding:host_id", h));
    return portVerbs.make(sql, network, values);
  }

  private void refuseOverlap(Sql sql, Resource router, Resource subnet) {
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

  Changed removeInterface(Sql sql, Caller caller, Resource router, ObjectNode body) {
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
    log.dirty(sql, HostLog.NETWORK, port.text("network_id"));
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

  // ---- routes ----

  private void checkRoutes(Sql sql, Resource router) {
    var routes = router.list("routes");
    if (routes.size() > MOST_ROUTES) {
      throw Fault.of(
          400,
          "RoutesExhausted",
          "Unable to complete operation for "
              + router.id()
              + ". The number of routes exceeds the maximum "
              + MOST_ROUTES
              + ".");
    }
    var cidrs = new ArrayList<Cidr>();
    var own = new ArrayList<Ip>();
    for (var leg : store.legs(sql, router.id())) {
      var port = ports.rows().find(sql, leg.portId()).orElseThrow();
      for (var f : port.list("fixed_ips")) {
        own.add(Ip.of(Json.string(f, "ip_address")));
        subnets
            .rows()
            .find(sql, Json.string(f, "subnet_id"))
            .ifPresent(s -> cidrs.add(Cidr.of(s.text("cidr"))));
      }
    }
    for (var r : routes) {
      var hop = Ip.of(Json.string(r, "nexthop"));
      if (cidrs.stream().noneMatch(c -> c.contains(hop))) {
        throw invalidRoute(r, "the nexthop is not connected with router");
      }
      if (own.contains(hop)) {
        throw invalidRoute(r, "the nexthop is used by router");
      }
    }
  }

  private static Fault invalidRoute(JsonNode route, String why) {
    return Fault.of(400, "InvalidRoutes", "Invalid format for routes: " + route + ", " + why);
  }

  /** Adds routes to a router, or takes them away, whatever others do to it meanwhile. */
  Resource changeRoutes(Sql sql, Resource router, ObjectNode body, boolean add) {
    if (!(body.get("router") instanceof ObjectNode o) || !o.has("routes")) {
      throw Faults.badRequest("Unable to find 'router' in request body");
    }
    JsonNode given;
    try {
      given = Subnets.routes(o.get("routes"));
    } catch (Values.Refused e) {
      throw Attributes.invalid("routes", e.getMessage());
    }
    var all = new LinkedHashSet<JsonNode>(router.list("routes"));
    given.forEach(
        r -> {
          if (add) {
            all.add(r);
          } else {
            all.remove(r);
          }
        });
    var next = router.copy();
    var list = next.document().putArray("routes");
    all.forEach(list::add);
    checkRoutes(sql, next);
    var kept = store.rows().update(sql, router, next);
    touch(sql, kept.id());
    return kept;
  }

  // ---- hosts ----

  /** Sees that a router with a leg has a host, and that the host has all its legs. */
  public void place(Sql sql, String routerId) {
    var legs = store.legs(sql, routerId);
    if (legs.isEmpty()) {
      return;
    }
    var host = store.host(sql, routerId).filter(h -> carries(sql, h, legs));
    if (host.isEmpty()) {
      host = choose(sql, legs);
    }
    host.ifPresent(h -> give(sql, routerId, h));
  }

  private boolean carries(Sql sql, String host, List<Leg> legs) {
    return legs.stream()
        .map(l -> networks.find(sql, l.networkId()).orElse(null))
        .filter(Objects::nonNull)
        .allMatch(
            n ->
                agents.carries(
                    host, n.text("provider:network_type"), n.text("provider:physical_network")));
  }

  private Optional<String> choose(Sql sql, List<Leg> legs) {
    var load = store.load(sql);
    return agents.hosts(Role.L3).stream()
        .filter(h -> carries(sql, h, legs))
        .min(Comparator.comparingLong(h -> load.getOrDefault(h, 0L)));
  }

  /** Gives a router to a host; null takes it away from every host. */
  public void give(Sql sql, String routerId, String host) {
    var old = store.host(sql, routerId).orElse(null);
    if (!Objects.equals(old, host)) {
      if (old != null) {
        log.touch(sql, old, HostLog.ROUTER, routerId);
      }
      store.setHost(sql, routerId, host);
    }
    for (var leg : store.legs(sql, routerId)) {
      ports
          .rows()
          .find(sql, leg.portId())
          .filter(p -> !(host == null ? "" : host).equals(p.text("binding:host_id")))
          .ifPresent(p -> portVerbs.place(sql, p, host == null ? "" : host));
    }
    floating.serve(sql, routerId, host != null);
    if (host != null) {
      log.touch(sql, host, HostLog.ROUTER, routerId);
    }
  }

  /** Routers whose host's L3 agent is dead, while another's lives. */
  public List<String> stranded(Sql sql) {
    if (agents.hosts(Role.L3).isEmpty()) {
      return List.of();
    }
    return store.hosts(sql).stream()
        .filter(h -> !agents.lives(h, Role.L3))
        .flatMap(h -> store.onHost(sql, h).stream())
        .toList();
  }

  /** Gives a router from a dead host to a living one, when there is one for it. */
  public void rescue(Sql sql, String routerId) {
    var from = store.host(sql, routerId).orElse(null);
    if (from == null || agents.lives(from, Role.L3)) {
      return;
    }
    choose(sql, store.legs(sql, routerId))
        .filter(to -> store.moveHost(sql, routerId, from, to))
        .ifPresent(
            to -> {
              log.touch(sql, from, HostLog.ROUTER, routerId);
              give(sql, routerId, to);
            });
  }

  /** Routers with legs that no host plays, while there are hosts for them. */
  public List<String> waiting(Sql sql) {
    return agents.hosts(Role.L3).isEmpty()
        ? List.of()
        : store.waiting(sql).stream().filter(id -> !store.legs(sql, id).isEmpty()).toList();
  }
}
