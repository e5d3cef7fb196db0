package welkin.agents.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import welkin.agents.contracts.HostChanges.Router;

/** The difference between a router and its namespace, as lines for {@code ip}. Pure. */
final class RouterPlan {
  /** Marks packets that came from the external network. */
  private static final String FROM_OUTSIDE = "0x1";

  /** A leg of a router or DHCP server: a veth pair into the fabric. */
  record Leg(
      String portId,
      String networkId,
      String device,
      String mac,
      int mtu,
      Set<String> addresses,
      Way way) {}

  /** What a leg has to do with its network. */
  enum Way {
    /** It is joined to it. */
    JOINED,
    /** It is joined to it, and says so: another host had its addresses until now. */
    ANNOUNCED,
    /** Another host has its addresses: it stands, and neither hears nor says anything. */
    CUT
  }

  /** A route that the agent owns: {@code proto static}. */
  record Route(String destination, String via, String device) {
    private String words() {
      return destination
          + (via == null ? "" : " via " + via)
          + (device == null ? "" : " dev " + device + " onlink")
          + " proto static";
    }
  }

  /** For {@code ip} in the root namespace. */
  final List<String> root = new ArrayList<>();

  /** For {@code ip} in the router's namespace, first; what is gone already may fail. */
  final List<String> removals = new ArrayList<>();

  /** For {@code ip} in the router's namespace. */
  final List<String> inside = new ArrayList<>();

  /** For {@code ip} in the fabric. */
  final List<String> fabric = new ArrayList<>();

  private final String ns;
  private final String fabricNs;

  RouterPlan(String ns, String fabricNs) {
    this.ns = ns;
    this.fabricNs = fabricNs;
  }

  /** The legs whose network stands on this host. */
  static List<Leg> legs(Router r, Predicate<String> wired) {
    return legs(r, wired, r.standby() ? Way.CUT : Way.JOINED);
  }

  static List<Leg> legs(Router r, Predicate<String> wired, Way way) {
    var legs = new ArrayList<Leg>();
    for (var i : Desired.list(r.interfaces())) {
      legs.add(
          new Leg(
              i.portId(),
              i.networkId(),
              Names.interfaceLeg(i.portId()),
              i.mac(),
              i.mtu(),
              new LinkedHashSet<>(Desired.list(i.addresses())),
              way));
    }
    var g = r.gateway();
    if (g != null) {
      var addresses = new LinkedHashSet<>(Desired.list(g.addresses()));
      var own = new LinkedHashSet<String>();
      addresses.forEach(a -> own.add(bare(a)));
      for (var f : Desired.list(r.floating())) {
        if (!own.contains(f.floatingIp())) {
          addresses.add(f.floatingIp() + "/32");
        }
      }
      legs.add(
          new Leg(
              g.portId(),
              g.networkId(),
              Names.gatewayLeg(g.portId()),
              g.mac(),
              g.mtu(),
              addresses,
              way));
    }
    legs.removeIf(l -> !wired.test(l.networkId()));
    return legs;
  }

  /**
   * Makes the legs as wanted and removes others.
   *
   * @param links devices of the namespace
   */
  void legs(List<Leg> legs, Map<String, Link> links) {
    for (var leg : legs) {
      leg(leg, links.get(leg.device));
    }
    var keep = legs.stream().map(Leg::device).toList();
    for (var name : links.keySet()) {
      if (name.matches("(qr-|qg-|tap).*") && !keep.contains(name)) {
        removals.add("link del " + name);
      }
    }
  }

  private void leg(Leg leg, Link link) {
    var mtu = leg.mtu > 0 ? " mtu " + leg.mtu : "";
    var peer = Names.peer(leg.portId);
    if (link == null) {
      root.add(
          ("link add dev " + leg.device + " netns " + ns + " address " + leg.mac)
              + (" type veth peer name " + peer + " netns " + fabricNs));
    }
    var master = leg.way == Way.CUT ? " nomaster" : " master " + Names.bridge(leg.networkId);
    fabric.add("link set dev " + peer + mtu + master + " up");
    var rightMac = link == null || leg.mac.equalsIgnoreCase(link.mac());
    if (!rightMac) {
      inside.add("link set dev " + leg.device + " address " + leg.mac);
    }
    if (link == null || !link.up() || leg.mtu > 0 && link.mtu() != leg.mtu) {
      inside.add("link set dev " + leg.device + mtu + " up");
    }
    addresses(leg, link == null ? Set.of() : link.addresses());
  }

  private void addresses(Leg leg, Set<String> have) {
    var added = leg.way == Way.ANNOUNCED;
    for (var a : have) {
      if (!leg.addresses.contains(a)) {
        removals.add("addr del " + a + " dev " + leg.device);
      }
    }
    for (var a : leg.addresses) {
      if (!have.contains(a)) {
        inside.add("addr add " + a + " dev " + leg.device + (a.indexOf(':') >= 0 ? " nodad" : ""));
        added = true;
      }
    }
    if (added) {
      inside.add(announcement(leg));
    }
  }

  /** With arp_notify set, the address it has already makes the kernel announce every IP of it. */
  static String announcement(Leg leg) {
    return "link set dev " + leg.device + " address " + leg.mac;
  }

  /** Default and extra routes of a router whose legs stand. */
  static Set<Route> routes(Router r, Predicate<String> wired) {
    var routes = new LinkedHashSet<Route>();
    var g = r.gateway();
    if (g != null && wired.test(g.networkId())) {
      for (var via : Desired.list(g.gateways())) {
        if (via != null) {
          routes.add(new Route("default", via, Names.gatewayLeg(g.portId())));
        }
      }
    }
    for (var x : Desired.list(r.routes())) {
      routes.add(new Route(x.destination(), x.nexthop(), null));
    }
    return routes;
  }

  /**
   * @param have routes in the namespace that the agent made
   */
  void routes(Set<Route> want, Set<Route> have) {
    for (var h : have) {
      if (want.stream().noneMatch(w -> same(w, h))) {
        removals.add("route del " + h.words().replace(" onlink", ""));
      }
    }
    for (var w : want) {
      if (have.stream().noneMatch(h -> same(w, h))) {
        inside.add("route replace " + w.words());
      }
    }
  }

  private static boolean same(Route a, Route b) {
    return destination(a).equals(destination(b))
        && Objects.equals(a.via, b.via)
        && (a.device == null || b.device == null || a.device.equals(b.device));
  }

  private static String destination(Route r) {
    return r.destination
        .replaceFirst("^(0\\.0\\.0\\.0|::)/0$", "default")
        .replaceFirst("/(32|128)$", "");
  }

  /** Carries the plan out. */
  void apply() {
    Netns.ipEach(ns, removals);
    Netns.ip(null, root);
    Netns.ip(fabricNs, fabric);
    Netns.ip(ns, inside);
  }

  /** Address translation and what a router itself refuses. */
  static Nft firewall(Router r) {
    var nft = new Nft();
    var ip = nft.table("ip neutron");
    var in = ip.map("fipd", "type ipv4_addr : ipv4_addr;");
    var out = ip.map("fips", "type ipv4_addr : ipv4_addr;");
    for (var f : Desired.list(r.floating())) {
      in.put(f.floatingIp(), f.fixedIp());
      out.put(f.fixedIp(), f.floatingIp());
    }
    ip.chain(
        "outside",
        "type filter hook prerouting priority -150;",
        List.of("iifname \"qg-*\" meta mark set " + FROM_OUTSIDE));
    ip.chain(
        "pre",
        "type nat hook prerouting priority -100;",
        List.of(
            "iifname \"qr-*\" ip daddr 169.254.169.254 tcp dport 80 redirect to :"
                + Haproxy.ROUTER_PORT,
            "dnat to ip daddr map @fipd"));
    ip.chain("out", "type nat hook output priority -100;", List.of("dnat to ip daddr map @fipd"));
    ip.chain(
        "post",
        "type nat hook postrouting priority 100;",
        List.of(
            "oifname \"qg-*\" jump source",
            // a guest that calls a neighbour by its floating address must get the answer from here
            "meta mark != " + FROM_OUTSIDE + " ct status dnat jump source"));
    var source = new ArrayList<>(List.of("snat to ip saddr map @fips"));
    var own = sourceAddress(r);
    if (own != null) {
      source.add("snat to " + own);
    }
    ip.chain("source", source);
    nft.table("inet neutron")
        .chain(
            "input",
            "type filter hook input priority 0;",
            List.of(
                "iifname \"qg-*\" tcp dport " + Haproxy.ROUTER_PORT + " drop",
                // DHCPv6 is the DHCP server's; the advertiser here only sets flags
                "udp dport 547 drop"));
    return nft;
  }

  private static String sourceAddress(Router r) {
    var g = r.gateway();
    if (g == null || !g.snat()) {
      return null;
    }
    return Desired.list(g.addresses()).stream()
        .filter(a -> a.indexOf(':') < 0)
        .map(RouterPlan::bare)
        .findFirst()
        .orElse(null);
  }

  /** Floating addresses that no longer lead where they did: their connections are to be cut. */
  static Map<String, String> floating(Router r) {
    var all = new LinkedHashMap<String, String>();
    Desired.list(r.floating()).forEach(f -> all.put(f.floatingIp(), f.fixedIp()));
    return all;
  }

  static String bare(String address) {
    return address.replaceFirst("/.*", "");
  }
}
