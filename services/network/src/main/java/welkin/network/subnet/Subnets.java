package welkin.network.subnet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.dhcp.DhcpServers;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.ip.Ipam;
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
import welkin.network.stores.Stores;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of subnets. */
public final class Subnets implements Noun {
  private static final int AUTOMATIC_LENGTH = 64;
  private static final String[] IPV6_MODES = {"dhcpv6-stateful", "dhcpv6-stateless", "slaac"};

  private final SubnetStore store;
  private final NetworkStore networks;
  private final PortStore ports;
  private final Ports portVerbs;
  private final DhcpServers dhcp;
  private final Ipam ipam;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes =
      new Attributes("subnet", "subnets")
          .both("name", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .post("tenant_id", Values.string(255), null)
          .required("network_id", Values.uuid())
          .required("ip_version", Subnets::version)
          .post(
              "subnetpool_id",
              Values.unavailable("subnet pools are not available, give a cidr"),
              NullNode.getInstance())
          .post(
              "prefixlen", Values.unavailable("subnet pools are not available, give a cidr"), null)
          .post("use_default_subnetpool", Values.flag(), null)
          .flag("enable_dhcp", true)
          .post("ipv6_ra_mode", Values.oneOf(IPV6_MODES).orNull(), NullNode.getInstance())
          .post("ipv6_address_mode", Values.oneOf(IPV6_MODES).orNull(), NullNode.getInstance())
          .both("gateway_ip", Values.ip().orNull(), null)
          .post("cidr", Values.subnet().orNull(), null)
          .both("allocation_pools", Subnets::pools, null)
          .both("host_routes", Subnets::routes, Json.array())
          .both("dns_nameservers", Subnets::servers, Json.array())
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .both("service_types", Values.listOf(Values.string(255), "type"), Json.array())
          .shown("router:external")
          .both("dns_publish_fixed_ip", Values.flag(), BooleanNode.FALSE)
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public Subnets(
      Stores stores,
      Ports portVerbs,
      DhcpServers dhcp,
      Ipam ipam,
      HostLog log,
      Limits limits,
      Access access) {
    this.store = stores.subnets();
    this.networks = stores.networks();
    this.ports = stores.ports();
    this.portVerbs = portVerbs;
    this.dhcp = dhcp;
    this.ipam = ipam;
    this.log = log;
    this.limits = limits;
    this.access = access;
  }

  // ---- reading values ----

  private static JsonNode version(JsonNode v) {
    var n = Values.number(0, 99).read(v);
    if (n.asInt() != 4 && n.asInt() != 6) {
      throw Values.refused("'" + Values.show(v) + "' is not in [4, 6]");
    }
    return n;
  }

  private static JsonNode pools(JsonNode v) {
    var out = Json.array();
    for (var p : Values.list().read(v)) {
      if (!(p instanceof ObjectNode o) || o.size() != 2 || !o.has("start") || !o.has("end")) {
        throw Values.refused("Invalid data format for IP pool: '" + Values.show(p) + "'");
      }
      out.addObject()
          .set("start", Values.ip().read(o.get("start")))
          .set("end", Values.ip().read(o.get("end")));
    }
    return out;
  }

  /** A list of {@code {destination, nexthop}}. */
  public static JsonNode routes(JsonNode v) {
    var out = Json.array();
    var seen = new java.util.HashSet<JsonNode>();
    for (var r : Values.list().read(v)) {
      if (!(r instanceof ObjectNode o)
          || o.size() != 2
          || !o.has("destination")
          || !o.has("nexthop")) {
        throw Values.refused("Invalid data format for hostroute: '" + Values.show(r) + "'");
      }
      var one = Json.object();
      one.set("destination", Values.subnet().read(o.get("destination")));
      one.set("nexthop", Values.ip().read(o.get("nexthop")));
      if (!seen.add(one)) {
        throw Values.refused("Duplicate hostroute '" + r + "'");
      }
      out.add(one);
    }
    return out;
  }

  private static JsonNode servers(JsonNode v) {
    var out = Json.array();
    var seen = new java.util.HashSet<JsonNode>();
    for (var s : Values.list().read(v)) {
      var ip = s.isString() ? Ip.parse(s.stringValue()) : null;
      if (ip == null) {
        throw Values.refused("'" + Values.show(s) + "' is not a valid nameserver");
      }
      if (!seen.add(s)) {
        throw Values.refused("Duplicate nameserver '" + Values.show(s) + "'");
      }
      out.add(ip.toString());
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
    return "Subnet";
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR network_id IN (SELECT n.id FROM network n WHERE n.project_id = ?"
            + " OR n.shared = 1 OR n.id IN (SELECT b.object_id FROM rbac_policy b WHERE"
            + " b.object_type = 'network' AND b.action = 'access_as_shared'"
            + " AND b.target_tenant = ?))",
        projectId,
        projectId,
        projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    if (!key.equals("shared")) {
      return false;
    }
    boolean wanted = values.getFirst().equalsIgnoreCase("true") || values.getFirst().equals("1");
    query.where(
        "network_id IN (SELECT n.id FROM network n WHERE n.shared = " + (wanted ? 1 : 0) + ")");
    return true;
  }

  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    var network = network(sql, Json.string(document, "network_id"));
    target.put("network:project_id", network.projectId());
    target.put("shared", networks.isSharedWith(sql, network, caller.projectId()));
    if (!document.has("id")
        && !access.isAdmin(caller)
        && !network.projectId().equals(caller.projectId())
        && !network.flag("router:external")
        && !networks.isSharedWith(sql, network, caller.projectId())) {
      throw Faults.notFound("Network", network.id());
    }
  }

  @Override
  public void targets(
      Sql sql, Caller caller, List<Resource> page, List<Map<String, Object>> targets) {
    networks.targets(sql, caller.projectId(), page, targets);
  }

  private Resource network(Sql sql, String id) {
    return networks.find(sql, id).orElseThrow(() -> Faults.notFound("Network", id));
  }

  // ---- verbs ----

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var subnet = new Resource(values);
    values.remove("use_default_subnetpool");
    values.remove("prefixlen");
    if (subnet.text("cidr") == null) {
      throw Faults.badResource(
          "subnets", "a subnetpool must be specified in the absence of a cidr");
    }
    var network = network(sql, subnet.text("network_id"));
    var cidr = Cidr.of(subnet.text("cidr"));
    checkFamily(subnet, cidr);
    checkOverlap(sql, network, cidr);
    gateway(subnet, cidr, values);
    pools(subnet, cidr, values);
    checkRoutes(subnet);
    limits.take(sql, subnet.projectId(), "subnet", 1);
    subnet.set("router:external", network.flag("router:external"));
    var d = Json.object();
    d.setAll(values);
    var kept = store.rows().insert(sql, new Resource(attributes.ordered(d)));
    TagStore.keep(sql, kept);
    list(sql, network, kept.id(), true);
    if (Ipam.isAutomatic(kept)) {
      giveAutomatic(sql, kept);
    }
    dhcp.settle(sql, network.id());
    return kept;
  }

  private void checkFamily(Resource subnet, Cidr cidr) {
    int version = subnet.number("ip_version");
    if (cidr.version() != version) {
      throw Faults.invalidInput(
          "cidr '" + cidr + "' does not match the ip_version '" + version + "'");
    }
    if (cidr.length() == 0) {
      throw Faults.invalidInput("0 is not allowed as CIDR prefix length");
    }
    var ra = subnet.text("ipv6_ra_mode");
    var mode = subnet.text("ipv6_address_mode");
    if (version == 4 && (ra != null || mode != null)) {
      throw Faults.invalidInput(
          (ra != null ? "ipv6_ra_mode" : "ipv6_address_mode")
              + " is not valid when ip_version is 4");
    }
    if (version == 6) {
      if (!subnet.flag("enable_dhcp") && (ra != null || mode != null)) {
        throw Faults.invalidInput(
            "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
      }
      if (ra != null && mode != null && !ra.equals(mode)) {
        throw Faults.invalidInput(
            "ipv6_ra_mode set to '"
                + ra
                + "' with ipv6_address_mode set to '"
                + mode
                + "' is not valid. If both attributes are set, they must be the same value");
      }
      if ((Ipam.isAutomatic(subnet) || "slaac".equals(ra)) && cidr.length() != AUTOMATIC_LENGTH) {
        throw Faults.invalidInput(
            "Invalid CIDR "
                + cidr
                + " for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires"
                + " the prefix to be /64");
      }
    }
  }

  private void checkOverlap(Sql sql, Resource network, Cidr cidr) {
    for (var other : store.ofNetwork(sql, network.id())) {
      if (Cidr.of(other.text("cidr")).overlaps(cidr)) {
        throw Faults.invalidInput(
            "Requested subnet with cidr: "
                + cidr
                + " for network: "
                + network.id()
                + " overlaps with another subnet");
      }
    }
  }

  private static void gateway(Resource subnet, Cidr cidr, ObjectNode values) {
    if (!values.has("gateway_ip")) {
      subnet.set("gateway_ip", cidr.firstHost().toString());
    } else {
      checkGateway(cidr, subnet.text("gateway_ip"));
    }
  }

  private static void checkGateway(Cidr cidr, String gateway) {
    if (gateway == null) {
      return;
    }
    var ip = Ip.of(gateway);
    boolean linkLocal = ip.version() == 6 && Cidr.of("fe80::/64").contains(ip);
    if (ip.version() != cidr.version()) {
      throw Faults.invalidInput(
          "gateway_ip '" + ip + "' does not match the ip_version '" + cidr.version() + "'");
    }
    if (!linkLocal && cidr.contains(ip) && !cidr.isHost(ip)) {
      throw Faults.invalidInput("Gateway is not valid on subnet");
    }
  }

  private static void pools(Resource subnet, Cidr cidr, ObjectNode values) {
    var gateway = subnet.text("gateway_ip");
    if (!values.has("allocation_pools")) {
      var list = subnet.document().putArray("allocation_pools");
      defaultPools(cidr, gateway == null ? null : Ip.of(gateway), list);
    } else {
      checkPools(cidr, subnet.list("allocation_pools"), gateway);
      sortPools(subnet);
    }
  }

  private static void sortPools(Resource subnet) {
    var pools = new ArrayList<>(subnet.list("allocation_pools"));
    pools.sort(Comparator.comparing(p -> Ip.of(Json.string(p, "start"))));
    var list = subnet.document().putArray("allocation_pools");
    pools.forEach(list::add);
  }

  /** Everything a host may have, without the gateway. */
  private static void defaultPools(Cidr cidr, Ip gateway, ArrayNode list) {
    var start = cidr.firstHost();
    var end = cidr.lastHost();
    if (gateway == null || gateway.compareTo(start) < 0 || gateway.compareTo(end) > 0) {
      add(list, start, end);
    } else {
      if (start.compareTo(gateway) < 0) {
        add(list, start, gateway.plus(-1));
      }
      if (gateway.compareTo(end) < 0) {
        add(list, gateway.plus(1), end);
      }
    }
  }

  private static void add(ArrayNode list, Ip start, Ip end) {
    list.addObject().put("start", start.toString()).put("end", end.toString());
  }

  private static void checkPools(Cidr cidr, List<JsonNode> pools, String gateway) {
    for (int i = 0; i < pools.size(); i++) {
      var p = pools.get(i);
      var start = Ip.of(Json.string(p, "start"));
      var end = Ip.of(Json.string(p, "end"));
      var shown = start + "-" + end;
      if (start.version() != cidr.version()
          || end.version() != cidr.version()
          || end.compareTo(start) < 0) {
        throw Fault.of(
            400, "InvalidAllocationPool", "The allocation pool " + shown + " is not valid.");
      }
      if (!cidr.isHost(start) || !cidr.isHost(end)) {
        throw Fault.of(
            400,
            "OutOfBoundsAllocationPool",
            "The allocation pool " + shown + " spans beyond the subnet cidr " + cidr + ".");
      }
      for (int j = 0; j < i; j++) {
        var s = Ip.of(Json.string(pools.get(j), "start"));
        var e = Ip.of(Json.string(pools.get(j), "end"));
        if (start.compareTo(e) <= 0 && s.compareTo(end) <= 0) {
          throw Faults.conflict(
              "OverlappingAllocationPools",
              "Found overlapping allocation pools: "
                  + s
                  + "-"
                  + e
                  + " "
                  + shown
                  + " for subnet "
                  + cidr
                  + ".");
        }
      }
      if (gateway != null) {
        var ip = Ip.of(gateway);
        if (start.compareTo(ip) <= 0 && ip.compareTo(end) <= 0) {
          throw Faults.conflict(
              "GatewayConflictWithAllocationPools",
              "Gateway ip " + ip + " conflicts with allocation pool " + shown + ".");
        }
      }
    }
  }

  private static void checkRoutes(Resource subnet) {
    int version = subnet.number("ip_version");
    for (var r : subnet.list("host_routes")) {
      if (Cidr.of(Json.string(r, "destination")).version() != version
          || Ip.of(Json.string(r, "nexthop")).version() != version) {
        throw Faults.invalidInput(
            "host_routes '" + r + "' does not match the ip_version '" + version + "'");
      }
    }
    for (var s : subnet.texts("dns_nameservers")) {
      if (Ip.of(s).version() != version) {
        throw Faults.invalidInput(
            "dns_nameserver '" + s + "' does not match the ip_version '" + version + "'");
      }
    }
  }

  /** Enters a subnet in its network's document, or strikes it out. */
  private void list(Sql sql, Resource network, String subnetId, boolean present) {
    var ids = new ArrayList<>(network.texts("subnets"));
    ids.remove(subnetId);
    if (present) {
      ids.add(subnetId);
    }
    networks.rows().update(sql, network, network.copy().set("subnets", ids));
  }

  /** Ports that were there before form an address of a new self-configuring subnet too. */
  private void giveAutomatic(Sql sql, Resource subnet) {
    var networkId = subnet.text("network_id");
    for (var p : ports.ofNetwork(sql, networkId)) {
      var owner = p.text("device_owner");
      if (!owner.startsWith("network:router")
          && !owner.equals("network:dhcp")
          && !owner.equals("network:floatingip")) {
        portVerbs.addAddress(
            sql, p, ipam.selfMade(sql, networkId, subnet, p.id(), p.text("mac_address")));
      }
    }
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    var next = current.copy().merge(changes);
    var cidr = Cidr.of(current.text("cidr"));
    checkFamily(next, cidr);
    if (changes.has("gateway_ip")) {
      checkGateway(cidr, next.text("gateway_ip"));
      var old = current.text("gateway_ip");
      if (old != null && !old.equals(next.text("gateway_ip"))) {
        for (var u : store.users(sql, current.id())) {
          if (u.ip().equals(old) && u.deviceOwner().startsWith("network:router")) {
            throw Faults.conflict(
                "GatewayIpInUse",
                "Current gateway ip "
                    + old
                    + " already in use by port "
                    + u.portId()
                    + ". Unable to update.");
          }
        }
      }
    }
    if (changes.has("gateway_ip") || changes.has("allocation_pools")) {
      checkPools(cidr, next.list("allocation_pools"), next.text("gateway_ip"));
      sortPools(next);
    }
    checkRoutes(next);
    var kept = store.rows().update(sql, current, new Resource(attributes.ordered(next.document())));
    if (current.flag("enable_dhcp") != kept.flag("enable_dhcp")) {
      dhcp.settle(sql, kept.text("network_id"));
    }
    log.touchNetwork(sql, kept.text("network_id"));
    touchRouters(sql, kept.id());
    return kept;
  }

  private void touchRouters(Sql sql, String subnetId) {
    for (var r : store.routers(sql, subnetId)) {
      log.touch(sql, r.host(), HostLog.ROUTER, r.id());
    }
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource subnet) {
    boolean automatic = Ipam.isAutomatic(subnet);
    for (var u : store.users(sql, subnet.id())) {
      if (!u.deviceOwner().equals("network:dhcp")
          && !(automatic && !u.deviceOwner().startsWith("network:router"))) {
        throw Faults.conflict(
            "SubnetInUse",
            "Unable to complete operation on subnet "
                + subnet.id()
                + ": One or more ports have an IP allocation from this subnet.");
      }
    }
    for (var u : store.users(sql, subnet.id())) {
      ports.rows().find(sql, u.portId()).ifPresent(p -> portVerbs.dropSubnet(sql, p, subnet.id()));
    }
    store.rows().delete(sql, subnet);
    limits.give(sql, subnet.projectId(), "subnet", 1);
    var network = network(sql, subnet.text("network_id"));
    list(sql, network, subnet.id(), false);
    dhcp.settle(sql, network.id());
  }
}
