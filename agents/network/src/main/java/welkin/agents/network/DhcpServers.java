package welkin.agents.network;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import welkin.agents.contracts.HostChanges.Network;

/** The DHCP servers of a host: a namespace with dnsmasq per network. */
final class DhcpServers {
  private static final String METADATA = "169.254.169.254/32";
  private final NetworkHostConfig config;
  private final Daemons daemons;
  private final Map<String, Network> applied = new ConcurrentHashMap<>();
  private final Map<String, String> portByNetwork = new ConcurrentHashMap<>();

  DhcpServers(NetworkHostConfig config, Daemons daemons) {
    this.config = config;
    this.daemons = daemons;
  }

  static Map<String, Network> wanted(Desired desired) {
    return desired.networks().values().stream()
        .filter(n -> n.dhcp() != null)
        .collect(Collectors.toMap(Network::id, n -> n));
  }

  Set<String> ports() {
    return new HashSet<>(portByNetwork.values());
  }

  void doubt() {
    applied.clear();
  }

  void ensure(Network n) {
    if (n.equals(applied.get(n.id())) && running(n)) {
      return;
    }
    var ns = config.names().dhcp(n.id());
    var fresh = namespace(ns);
    var plan = new RouterPlan(ns, config.names().fabric());
    plan.legs(List.of(leg(n)), fresh ? Map.of() : Link.parse(Netns.ipJson(ns, "addr", "show")));
    plan.apply();
    if (Dnsmasq.served(n).isEmpty()) {
      daemons.remove(Dnsmasq.dhcpKey(n.id()));
    } else {
      daemons.ensure(Dnsmasq.dhcp(n, ns, daemons));
    }
    if (proxied(n)) {
      daemons.ensure(Haproxy.network(n.id(), ns, daemons, config.metadataSocket()));
    } else {
      daemons.remove(Haproxy.networkKey(n.id()));
    }
    applied.put(n.id(), n);
    portByNetwork.put(n.id(), n.dhcp().portId());
  }

  private static boolean namespace(String ns) {
    if (Netns.exists(ns)) {
      return false;
    }
    Netns.add(ns);
    Netns.sysctl(
        ns,
        "net.ipv4.conf.all.arp_notify=1",
        "net.ipv6.conf.all.accept_ra=0",
        "net.ipv6.conf.default.accept_ra=0",
        "net.ipv6.conf.default.accept_dad=0");
    return true;
  }

  private static RouterPlan.Leg leg(Network n) {
    var d = n.dhcp();
    var addresses = new LinkedHashSet<>(Desired.list(d.addresses()));
    if (d.isolatedMetadata()) {
      addresses.add(METADATA);
    }
    return new RouterPlan.Leg(
        d.portId(),
        n.id(),
        Names.tap(d.portId()),
        d.mac(),
        n.mtu(),
        addresses,
        RouterPlan.Way.JOINED);
  }

  private boolean proxied(Network n) {
    return n.dhcp().isolatedMetadata() && config.metadataUrl() != null;
  }

  private boolean running(Network n) {
    return (Dnsmasq.served(n).isEmpty() || daemons.alive(Dnsmasq.dhcpKey(n.id())))
        && (!proxied(n) || daemons.alive(Haproxy.networkKey(n.id())));
  }

  /** Removes the servers of networks that should have none here. */
  void retain(Set<String> ids) {
    var prefix = config.names().dhcpPrefix();
    for (var ns : Netns.list(prefix)) {
      var id = ns.substring(prefix.length());
      if (!ids.contains(id)) {
        daemons.remove(Dnsmasq.dhcpKey(id));
        daemons.remove(Haproxy.networkKey(id));
        Routers.removeLegs(ns);
        Netns.delete(ns);
      }
    }
    applied.keySet().retainAll(ids);
    portByNetwork.keySet().retainAll(ids);
  }
}
