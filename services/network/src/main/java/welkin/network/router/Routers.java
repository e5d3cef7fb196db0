package welkin.network.router;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.network.NetworkStore;
import welkin.network.network.Networks;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.quota.Limits;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.TagStore;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;
import welkin.network.router.RouterStore.Leg;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetAttributes;
import welkin.network.subnet.SubnetStore;
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
  private final RouterInterfaces interfaces;
  private final RouterHosts hosts;
  private final Limits limits;
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
          .put("routes", SubnetAttributes::routes)
          .post(
              "flavor_id",
              Values.unavailable("router flavors are not available"),
              NullNode.getInstance())
          .flag("distributed", false)
          .flag("ha", false)
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public Routers(
      Stores stores,
      Ports portVerbs,
      RouterInterfaces interfaces,
      RouterHosts hosts,
      Limits limits) {
    this.store = stores.routers();
    this.networks = stores.networks();
    this.subnets = stores.subnets();
    this.ports = stores.ports();
    this.floating = stores.floating();
    this.portVerbs = portVerbs;
    this.interfaces = interfaces;
    this.hosts = hosts;
    this.limits = limits;
  }

  // ---- reading values ----

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
    var hosted = store.hosted(sql, page.stream().map(Resource::id).toList());
    for (var r : page) {
      r.set("availability_zones", hosted.contains(r.id()) ? List.of("nova") : List.of());
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
    hosts.touch(sql, kept.id());
    return kept;
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
    hosts.place(sql, router.id());
    return router;
  }

  private Resource addGateway(Sql sql, Resource router, Resource network, JsonNode wishes) {
    var of = subnets.ofNetwork(sql, network.id());
    for (var s : of) {
      interfaces.refuseOverlap(sql, router, s);
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
    hosts.touch(sql, router.id());
    store.rows().delete(sql, router);
    limits.give(sql, router.projectId(), "router", 1);
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
      given = SubnetAttributes.routes(o.get("routes"));
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
    hosts.touch(sql, kept.id());
    return kept;
  }
}
