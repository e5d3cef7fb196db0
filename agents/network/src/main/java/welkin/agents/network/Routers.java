package welkin.agents.network;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import welkin.agents.contracts.HostChanges.Interface;
import welkin.agents.contracts.HostChanges.Router;
import welkin.agents.contracts.HostChanges.Subnet;
import welkin.core.Json;

/** The routers of a host, a namespace each. */
final class Routers {
  private final NetworkHostConfig config;
  private final Daemons daemons;
  private final Map<String, Applied> applied = new ConcurrentHashMap<>();

  /** What a router depends on; when it is as it was applied, nothing is looked at. */
  private record Inputs(Router router, List<Subnet> subnets, Set<String> wired) {}

  /**
   * @param announce how many times more its addresses are announced: what still comes from the host
   *     that had them leads the switches outside astray for a moment
   */
  private record Applied(
      Inputs inputs, Nft nft, Set<String> ports, boolean standby, int announce) {}

  private static final int ANNOUNCEMENTS = 3;

  /** Ports of legs joined to their networks of which nobody was told yet. */
  private final Set<String> joined = ConcurrentHashMap.newKeySet();

  Routers(NetworkHostConfig config, Daemons daemons) {
    this.config = config;
    this.daemons = daemons;
  }

  /** A router that is administratively down does not exist on the host, as upstream does it. */
  static Map<String, Router> wanted(Desired desired) {
    return desired.routers().values().stream()
        .filter(Router::adminUp)
        .collect(Collectors.toMap(Router::id, r -> r));
  }

  /** Ports of the routers' legs that are wired. */
  Set<String> ports() {
    return applied.values().stream().flatMap(a -> a.ports.stream()).collect(Collectors.toSet());
  }

  /**
   * Ports of legs that were joined to their networks since this was asked last: the Network service
   * waits for those of a router that was on standby.
   */
  Set<String> joined() {
    var now = Set.copyOf(joined);
    joined.removeAll(now);
    return now;
  }

  /** Looks at every router again. */
  void doubt() {
    applied.replaceAll((id, a) -> new Applied(null, null, a.ports, a.standby, a.announce));
  }

  void ensure(Router r, Desired desired, Set<String> wiredNetworks) {
    var inputs = inputs(r, desired, wiredNetworks);
    var before = applied.get(r.id());
    if (before != null && inputs.equals(before.inputs) && running(r)) {
      announce(r, before);
      return;
    }
    var ns = config.names().router(r.id());
    var fresh = namespace(ns);
    var way = way(r, before, fresh);
    var legs = RouterPlan.legs(r, inputs.wired::contains, way);
    apply(r, ns, legs, inputs, fresh);
    var nft = RouterPlan.firewall(r);
    var oldNft = fresh || before == null ? null : before.nft;
    Netns.nft(ns, oldNft == null ? nft.replace() : nft.since(oldNft));
    if (before != null && before.inputs != null) {
      cut(ns, before.inputs.router, r);
    }
    var ports = legs.stream().map(RouterPlan.Leg::portId).collect(Collectors.toSet());
    // without inputs it is looked at again: packets flow even where a program does not start
    var announce = way == RouterPlan.Way.ANNOUNCED ? ANNOUNCEMENTS : 0;
    applied.put(r.id(), new Applied(null, nft, ports, r.standby(), announce));
    if (way == RouterPlan.Way.ANNOUNCED) {
      joined.addAll(ports);
    }
    programs(r, ns, inputs);
    applied.put(r.id(), new Applied(inputs, nft, ports, r.standby(), announce));
  }

  private void announce(Router r, Applied a) {
    if (a.announce > 0) {
      Netns.ipEach(
          config.names().router(r.id()),
          RouterPlan.legs(r, a.inputs.wired::contains).stream()
              .map(RouterPlan::announcement)
              .toList());
      applied.put(r.id(), new Applied(a.inputs, a.nft, a.ports, a.standby, a.announce - 1));
    }
  }

  /** Announced is what was not joined; to do it again would make neighbours ask for nothing. */
  private RouterPlan.Way way(Router r, Applied before, boolean fresh) {
    if (r.standby()) {
      return RouterPlan.Way.CUT;
    }
    boolean apart = fresh || (before == null ? !joined(r) : before.standby);
    return apart ? RouterPlan.Way.ANNOUNCED : RouterPlan.Way.JOINED;
  }

  /**
   * Whether the legs that stand are joined to their networks: what an agent before this one did.
   */
  private boolean joined(Router r) {
    var links = Link.parse(Netns.ipJson(config.names().fabric(), "link", "show"));
    return RouterPlan.legs(r, network -> true).stream()
        .map(leg -> links.get(Names.peer(leg.portId())))
        .allMatch(peer -> peer == null || peer.master() != null);
  }

  private static Inputs inputs(Router r, Desired desired, Set<String> wiredNetworks) {
    var networks = new HashSet<String>();
    Desired.list(r.interfaces()).forEach(i -> networks.add(i.networkId()));
    if (r.gateway() != null) {
      networks.add(r.gateway().networkId());
    }
    networks.retainAll(wiredNetworks);
    var subnets =
        Desired.list(r.interfaces()).stream()
            .filter(i -> !Desired.list(i.raPrefixes()).isEmpty())
            .map(Interface::networkId)
            .distinct()
            .filter(desired.networks()::containsKey)
            .flatMap(id -> Desired.list(desired.networks().get(id).subnets()).stream())
            .toList();
    return new Inputs(r, subnets, networks);
  }

  private static boolean namespace(String ns) {
    if (Netns.exists(ns)) {
      return false;
    }
    Netns.add(ns);
    Netns.sysctl(
        ns,
        "net.ipv4.ip_forward=1",
        "net.ipv4.conf.all.rp_filter=0",
        "net.ipv4.conf.default.rp_filter=0",
        "net.ipv4.conf.all.arp_ignore=1",
        "net.ipv4.conf.all.arp_announce=2",
        "net.ipv4.conf.all.arp_notify=1",
        "net.ipv6.conf.all.forwarding=1",
        "net.ipv6.conf.all.accept_ra=0",
        "net.ipv6.conf.default.accept_ra=0",
        "net.ipv6.conf.all.accept_dad=0",
        "net.ipv6.conf.default.accept_dad=0",
        "net.ipv6.conf.default.ndisc_notify=1");
    return true;
  }

  private void apply(Router r, String ns, List<RouterPlan.Leg> legs, Inputs inputs, boolean fresh) {
    var plan = new RouterPlan(ns, config.names().fabric());
    var links = fresh ? Map.<String, Link>of() : Link.parse(Netns.ipJson(ns, "addr", "show"));
    plan.legs(legs, links);
    plan.routes(
        RouterPlan.routes(r, inputs.wired::contains), fresh ? Set.of() : existingRoutes(ns));
    plan.apply();
  }

  private static Set<RouterPlan.Route> existingRoutes(String ns) {
    var routes = new HashSet<RouterPlan.Route>();
    for (var family : List.of("-4", "-6")) {
      for (var n : Netns.ipJson(ns, family, "route", "show", "proto", "static")) {
        routes.add(
            new RouterPlan.Route(
                Json.string(n, "dst"), Json.string(n, "gateway"), Json.string(n, "dev")));
      }
    }
    return routes;
  }

  private static void cut(String ns, Router before, Router now) {
    var left = RouterPlan.floating(now);
    new LinkedHashMap<>(RouterPlan.floating(before))
        .forEach(
            (floating, fixed) -> {
              if (!fixed.equals(left.get(floating))) {
                Netns.run(ns, List.of("conntrack", "-D", "-d", floating));
                Netns.run(ns, List.of("conntrack", "-D", "-q", floating));
              }
            });
  }

  private void programs(Router r, String ns, Inputs inputs) {
    if (config.metadataUrl() != null) {
      daemons.ensure(Haproxy.router(r.id(), ns, daemons, config.metadataSocket()));
    }
    var legs =
        Desired.list(r.interfaces()).stream()
            .filter(i -> inputs.wired.contains(i.networkId()))
            .toList();
    var advertise = Dnsmasq.advertise(r.id(), ns, legs, inputs.subnets, daemons);
    if (advertise == null) {
      daemons.remove(Dnsmasq.raKey(r.id()));
    } else {
      daemons.ensure(advertise);
    }
  }

  private boolean running(Router r) {
    var advertises =
        Desired.list(r.interfaces()).stream()
            .anyMatch(i -> !Desired.list(i.raPrefixes()).isEmpty());
    return (config.metadataUrl() == null || daemons.alive(Haproxy.routerKey(r.id())))
        && (!advertises || daemons.alive(Dnsmasq.raKey(r.id())));
  }

  /** Removes namespaces of routers that should not be. */
  void retain(Set<String> ids) {
    var prefix = config.names().routerPrefix();
    for (var ns : Netns.list(prefix)) {
      var id = ns.substring(prefix.length());
      if (!ids.contains(id)) {
        daemons.remove(Haproxy.routerKey(id));
        daemons.remove(Dnsmasq.raKey(id));
        removeLegs(ns);
        Netns.delete(ns);
      }
    }
    applied.keySet().retainAll(ids);
  }

  // a namespace dies at the kernel's leisure; its legs should not stay in the fabric that long
  static void removeLegs(String ns) {
    var lines =
        Link.parse(Netns.ipJson(ns, "link", "show")).keySet().stream()
            .filter(n -> n.matches("(qr-|qg-|tap).*"))
            .map(n -> "link del " + n)
            .toList();
    Netns.ipEach(ns, lines);
  }
}
