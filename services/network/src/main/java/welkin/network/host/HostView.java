package welkin.network.host;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import welkin.agents.contracts.HostChanges.Address;
import welkin.agents.contracts.HostChanges.Dhcp;
import welkin.agents.contracts.HostChanges.Floating;
import welkin.agents.contracts.HostChanges.Gateway;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.HostRoute;
import welkin.agents.contracts.HostChanges.Interface;
import welkin.agents.contracts.HostChanges.Lease;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Pair;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Router;
import welkin.agents.contracts.HostChanges.Rule;
import welkin.agents.contracts.HostChanges.Subnet;
import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.dhcp.DhcpServers;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.ip.Cidr;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.resource.Resource;
import welkin.network.router.RouterStore;
import welkin.network.securitygroup.SecurityGroupStore;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.Sql;

/** Builds what a host should have, as whole objects of the contract, out of what is stored. */
final class HostView {
  private final NetworkStore networks;
  private final SubnetStore subnets;
  private final PortStore ports;
  private final SecurityGroupStore groups;
  private final RouterStore routers;
  private final FloatingIpStore floating;
  private final Agents agents;
  private volatile Memo memo = new Memo(-1, Map.of(), Map.of());

  HostView(Stores stores, Agents agents) {
    this.networks = stores.networks();
    this.subnets = stores.subnets();
    this.ports = stores.ports();
    this.groups = stores.groups();
    this.routers = stores.routers();
    this.floating = stores.floating();
    this.agents = agents;
  }

  // ---- what concerns a host ----

  Set<String> portIds(Sql sql, String host) {
    return HostStore.ports(sql, host);
  }

  Set<String> routerIds(Sql sql, String host) {
    var ids = new LinkedHashSet<>(routers.onHost(sql, host));
    ids.addAll(routers.preparedAt(sql, host));
    return ids;
  }

  /** What is the same for every host that asks at one sequence number. */
  private record Memo(
      long seq, Map<String, Group> groups, Map<String, List<HostStore.Wire>> wires) {}

  /**
   * A change is told under a new number after it was made: what was read under the number before
   * may be older, and is asked for again under the new one.
   */
  private Memo memo(long seq) {
    var known = memo;
    if (known.seq != seq) {
      known = new Memo(seq, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
      memo = known;
    }
    return known;
  }

  // ---- the objects ----

  List<Port> ports(Sql sql, String host, Collection<String> ids) {
    var out = new ArrayList<Port>();
    for (var placed : HostStore.placed(sql, ids)) {
      var p = placed.port();
      boolean here =
          host.equals(p.text("binding:host_id")) && "bridge".equals(p.text("binding:vif_type"));
      if ((here || placed.ready().contains(host))
          && !p.text("device_owner").startsWith("network:")) {
        var pairs = new ArrayList<Pair>();
        for (var a : p.list("allowed_address_pairs")) {
          var mac = Json.string(a, "mac_address");
          pairs.add(
              new Pair(
                  p.text("mac_address").equals(mac) ? null : mac, Json.string(a, "ip_address")));
        }
        out.add(
            new Port(
                p.id(),
                p.text("network_id"),
                p.text("device_id"),
                p.text("mac_address"),
                p.flag("admin_state_up"),
                p.flag("port_security_enabled"),
                addresses(p),
                p.texts("security_groups"),
                pairs));
      }
    }
    return out;
  }

  private static List<Address> addresses(Resource port) {
    return port.list("fixed_ips").stream()
        .map(f -> new Address(Json.string(f, "subnet_id"), Json.string(f, "ip_address")))
        .toList();
  }

  List<Network> networks(Sql sql, String host, Collection<String> ids, long seq) {
    var memo = memo(seq);
    var out = new ArrayList<Network>();
    var tunnels = agents.tunnels();
    for (var whole : networks.whole(sql, ids)) {
      var n = whole.network();
      var fdb = new HashMap<String, String>();
      var peers = new TreeSet<String>();
      boolean tunnelled = "vxlan".equals(n.text("provider:network_type"));
      if (tunnelled) {
        for (var wire : memo.wires.computeIfAbsent(n.id(), id -> HostStore.wires(sql, id))) {
          var tunnel = wire.host().equals(host) ? null : tunnels.get(wire.host());
          if (tunnel != null) {
            peers.add(tunnel);
            if (wire.mac() != null) { // else a guest that arrives, heard from its first moment on
              fdb.put(wire.mac(), tunnel);
            }
          }
        }
      }
      var of = whole.subnets();
      out.add(
          new Network(
              n.id(),
              n.text("provider:network_type"),
              n.text("provider:physical_network"),
              n.number("provider:segmentation_id"),
              n.number("mtu"),
              of.stream().map(HostView::subnet).toList(),
              host.equals(whole.dhcpHost()) ? dhcp(sql, n, of, host) : null,
              List.copyOf(peers),
              fdb));
    }
    return out;
  }

  private static Subnet subnet(Resource s) {
    return new Subnet(
        s.id(),
        s.text("cidr"),
        s.number("ip_version"),
        s.text("gateway_ip"),
        s.flag("enable_dhcp"),
        s.texts("dns_nameservers"),
        routes(s, "host_routes"),
        s.text("ipv6_address_mode"),
        s.text("ipv6_ra_mode"));
  }

  private static List<HostRoute> routes(Resource r, String attribute) {
    return r.list(attribute).stream()
        .map(h -> new HostRoute(Json.string(h, "destination"), Json.string(h, "nexthop")))
        .toList();
  }

  private Dhcp dhcp(Sql sql, Resource network, List<Resource> subnets, String host) {
    var all = ports.ofNetwork(sql, network.id());
    var server =
        all.stream()
            .filter(p -> p.text("device_owner").equals("network:dhcp"))
            .filter(p -> host.equals(p.text("binding:host_id")))
            .findFirst();
    if (server.isEmpty()) {
      return null;
    }
    var leases = new ArrayList<Lease>();
    for (var p : all) {
      var owner = p.text("device_owner");
      if (!owner.startsWith("network:") && !p.list("fixed_ips").isEmpty()) {
        var name = p.list("dns_assignment");
        leases.add(
            new Lease(
                p.id(),
                p.text("mac_address"),
                name.isEmpty() ? null : Json.string(name.getFirst(), "hostname"),
                addresses(p),
                options(p)));
      }
    }
    return new Dhcp(
        server.get().id(),
        server.get().text("mac_address"),
        DhcpServers.withLengths(server.get(), subnets),
        leases,
        isolated(sql, network.id(), subnets));
  }

  private static Map<String, String> options(Resource port) {
    var out = new LinkedHashMap<String, String>();
    for (var o : port.list("extra_dhcp_opts")) {
      var value = Json.string(o, "opt_value");
      if (value != null) {
        out.put(Json.string(o, "opt_name"), value);
      }
    }
    return out;
  }

  /** Whether an IPv4 subnet that wants DHCP has no router that would bring metadata. */
  private boolean isolated(Sql sql, String networkId, List<Resource> subnets) {
    var routed = HostStore.routed(sql, networkId);
    return subnets.stream()
        .anyMatch(
            s -> s.number("ip_version") == 4 && s.flag("enable_dhcp") && !routed.contains(s.id()));
  }

  /** The same for every host, so read once while nothing is told to hosts. */
  List<Group> groups(Sql sql, Collection<String> ids, long seq) {
    var memo = memo(seq);
    var unknown = ids.stream().filter(id -> !memo.groups.containsKey(id)).toList();
    if (!unknown.isEmpty()) {
      read(sql, unknown).forEach(g -> memo.groups.put(g.id(), g));
    }
    return ids.stream().map(memo.groups::get).filter(Objects::nonNull).toList();
  }

  private List<Group> read(Sql sql, Collection<String> ids) {
    var out = new ArrayList<Group>();
    var found = groups.whole(sql, ids);
    var named =
        found.stream().filter(SecurityGroupStore.Whole::named).map(SecurityGroupStore.Whole::id);
    var members = HostStore.members(sql, named.toList());
    for (var g : found) {
      out.add(
          new Group(
              g.id(),
              g.rules().stream().map(HostView::rule).toList(),
              members.getOrDefault(g.id(), List.of())));
    }
    return out;
  }

  private static Rule rule(Resource r) {
    return new Rule(
        r.id(),
        r.text("direction").equals("ingress"),
        r.text("ethertype").equals("IPv4") ? 4 : 6,
        protocol(r),
        port(r, "port_range_min"),
        port(r, "port_range_max"),
        r.text("normalized_cidr"),
        r.text("remote_group_id"));
  }

  /** Names the contract knows stay names; others become numbers. */
  private static String protocol(Resource rule) {
    var p = rule.text("protocol");
    if (p == null || p.equals("ip")) {
      return null;
    }
    boolean six = rule.text("ethertype").equals("IPv6");
    return switch (p) {
      case "tcp", "6" -> "tcp";
      case "udp", "17" -> "udp";
      case "icmp", "1" -> six ? "ipv6-icmp" : "icmp";
      case "ipv6-icmp", "icmpv6", "58" -> "ipv6-icmp";
      default -> Integer.toString(welkin.network.securitygroup.SecurityGroupRules.number(p));
    };
  }

  private static int port(Resource rule, String attribute) {
    return rule.text(attribute) == null ? -1 : rule.number(attribute);
  }

  List<Router> routers(Sql sql, String host, Collection<String> ids) {
    var out = new ArrayList<Router>();
    for (var r : routers.rows().findAll(sql, ids)) {
      boolean here = routers.host(sql, r.id()).filter(host::equals).isPresent();
      boolean standby =
          !here && routers.next(sql, r.id()).filter(n -> n.host().equals(host)).isPresent();
      if (!here && !standby) {
        continue;
      }
      Gateway gateway = null;
      var interfaces = new ArrayList<Interface>();
      for (var leg : routers.legs(sql, r.id())) {
        var port = ports.rows().find(sql, leg.portId()).orElse(null);
        var network = networks.find(sql, leg.networkId()).orElse(null);
        if (port == null || network == null) {
          continue;
        }
        var of = subnets.ofNetwork(sql, leg.networkId());
        if (leg.gateway()) {
          gateway = gateway(r, port, network, of);
        } else {
          interfaces.add(leg(port, network, of));
        }
      }
      var floatings = new ArrayList<Floating>();
      for (var f : floating.ofRouter(sql, r.id())) {
        if (f.text("fixed_ip_address") != null) {
          floatings.add(
              new Floating(f.id(), f.text("floating_ip_address"), f.text("fixed_ip_address")));
        }
      }
      out.add(
          new Router(
              r.id(),
              r.flag("admin_state_up"),
              gateway,
              interfaces,
              routes(r, "routes"),
              floatings,
              standby));
    }
    return out;
  }

  private static Gateway gateway(
      Resource router, Resource port, Resource network, List<Resource> subnets) {
    var nexthops = new ArrayList<String>();
    for (var a : addresses(port)) {
      subnets.stream()
          .filter(s -> s.id().equals(a.subnetId()) && s.text("gateway_ip") != null)
          .forEach(s -> nexthops.add(s.text("gateway_ip")));
    }
    var info = router.document().path("external_gateway_info");
    return new Gateway(
        port.id(),
        network.id(),
        port.text("mac_address"),
        DhcpServers.withLengths(port, subnets),
        nexthops,
        info.path("enable_snat").asBoolean(true),
        network.number("mtu"));
  }

  private static Interface leg(Resource port, Resource network, List<Resource> subnets) {
    var prefixes = new ArrayList<String>();
    for (var a : addresses(port)) {
      subnets.stream()
          .filter(s -> s.id().equals(a.subnetId()))
          .filter(s -> s.number("ip_version") == 6 && s.text("ipv6_ra_mode") != null)
          .forEach(s -> prefixes.add(Cidr.of(s.text("cidr")).toString()));
    }
    return new Interface(
        port.id(),
        network.id(),
        port.text("mac_address"),
        DhcpServers.withLengths(port, subnets),
        prefixes,
        network.number("mtu"));
  }
}
