package welkin.agents.network;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;

/**
 * The difference between the networks and ports a host should have and the devices in its fabric,
 * as lines for {@code ip} and {@code bridge}. Pure: everything it knows comes in.
 */
final class FabricPlan {
  private static final String ELSEWHERE = "elsewhere";
  private static final String LEARNED = "learned";
  private final NetworkHostConfig config;
  private final String fabric;
  private final Map<String, Link> links;

  /** For {@code ip} in the root namespace, before the fabric's lines. */
  final List<String> root = new ArrayList<>();

  /** For {@code ip} in the fabric. */
  final List<String> inside = new ArrayList<>();

  /** For {@code bridge} in the fabric. */
  final List<String> bridge = new ArrayList<>();

  /** Why a network cannot be wired, by id. */
  final Map<String, String> refused = new LinkedHashMap<>();

  FabricPlan(NetworkHostConfig config, Map<String, Link> links) {
    this.config = config;
    this.fabric = config.names().fabric();
    this.links = links;
  }

  /**
   * Bridges, tunnels and uplinks.
   *
   * @param zones conntrack zone by network id, kept in the bridge's alias across restarts
   * @param present whether a device exists in the root namespace
   */
  void networks(Desired desired, ToIntFunction<String> zones, Predicate<String> present) {
    var keep = new HashSet<String>();
    for (var n : desired.networks().values()) {
      var reason = refusal(n, present);
      if (reason != null) {
        refused.put(n.id(), reason);
        continue;
      }
      keep.add(Names.bridge(n.id()));
      bridge(n, zones.applyAsInt(n.id()));
      if (tunnelled(n)) {
        keep.add(Names.tunnel(n.id()));
        tunnel(n);
      }
      if (provider(n)) {
        keep.add(Names.uplink(n.id()));
        uplink(n);
      }
    }
    for (var name : links.keySet()) {
      if (ours(name) && !keep.contains(name)) {
        inside.add("link del " + name);
      }
    }
  }

  private static boolean ours(String name) {
    return name.startsWith(Names.BRIDGE)
        || name.startsWith(Names.TUNNEL)
        || name.startsWith(Names.UPLINK);
  }

  private String refusal(Network n, Predicate<String> present) {
    return switch (n.type()) {
      case "vxlan", "local" -> null;
      case "flat" -> {
        var to = config.bridgeMappings().get(n.physicalNetwork());
        yield to == null
            ? "no bridge mapping for physical network '" + n.physicalNetwork() + "' on this host"
            : present.test(to) ? null : "the mapped bridge '" + to + "' does not exist";
      }
      default -> "network type '" + n.type() + "' is not supported by the kernel driver";
    };
  }

  static boolean tunnelled(Network n) {
    return n.type().equals("vxlan") && !Desired.list(n.peers()).isEmpty();
  }

  private static boolean provider(Network n) {
    return n.type().equals("flat");
  }

  private void bridge(Network n, int zone) {
    var name = Names.bridge(n.id());
    var link = links.get(name);
    if (link == null) {
      inside.add("link add " + name + " type bridge forward_delay 0 mcast_snooping 0 stp_state 0");
    }
    var alias = alias(n.id(), zone);
    if (link == null || !link.alias().equals(alias)) {
      inside.add("link set dev " + name + " alias " + alias);
    }
    if (link == null || !link.up()) {
      inside.add("link set dev " + name + " up");
    }
  }

  private void tunnel(Network n) {
    var name = Names.tunnel(n.id());
    if (!links.containsKey(name)) {
      // made in the root namespace: there its socket stays
      root.add(
          "link add "
              + name
              + " type vxlan id "
              + n.segmentationId()
              + " dstport "
              + config.tunnelPort()
              + " local "
              + config.tunnelIp()
              + " nolearning");
      root.add("link set dev " + name + " netns " + fabric);
    }
    if (attach(name, n.mtu(), Names.bridge(n.id()))) {
      // where an address is, the service says; the bridge believes no frame
      inside.add("link set dev " + name + " type bridge_slave learning off");
    }
  }

  private void uplink(Network n) {
    var name = Names.uplink(n.id());
    if (!links.containsKey(name)) {
      var far = Names.uplinkRoot(n.id());
      var to = config.bridgeMappings().get(n.physicalNetwork());
      root.add("link add " + far + " type veth peer name " + name + " netns " + fabric);
      root.add("link set dev " + far + " addrgenmode none mtu " + n.mtu());
      root.add("link set dev " + far + " master " + to + " up");
    }
    attach(name, n.mtu(), Names.bridge(n.id()));
  }

  private boolean attach(String name, int mtu, String master) {
    var link = links.get(name);
    if (link == null
        || !link.up()
        || mtu > 0 && link.mtu() != mtu
        || !Objects.equals(link.master(), master)) {
      inside.add("link set dev " + name + mtu(mtu) + " master " + master + " up");
      return true;
    }
    return false;
  }

  private static String mtu(int mtu) {
    return mtu > 0 ? " mtu " + mtu : "";
  }

  /**
   * Taps in the fabric, those just moved in included.
   *
   * @param wired the networks that are, by id
   * @param moved the taps that were just moved in
   * @param fixed where devices' addresses were put, see {@link #place}; kept up to date
   */
  void taps(Desired desired, Set<String> wired, Set<String> moved, Map<String, String> fixed) {
    var keep = new HashSet<String>();
    for (var p : desired.ports().values()) {
      var device = p.deviceName();
      keep.add(device);
      if (wired.contains(p.networkId()) && (links.containsKey(device) || moved.contains(device))) {
        var network = desired.networks().get(p.networkId());
        tap(p, network, moved.contains(device));
        place(p, network, moved.contains(device), fixed);
      }
    }
    fixed.keySet().retainAll(keep);
    links.forEach(
        (name, link) -> {
          if (name.startsWith(Names.TAP) && !keep.contains(name)) {
            // while a program holds it, it is only cut off: the firewall drops what it sends
            if (!link.carrier()) {
              inside.add("link del " + name);
            } else if (link.master() != null) {
              inside.add("link set dev " + name + " nomaster");
            }
          }
        });
  }

  private void tap(Port p, Network n, boolean moved) {
    var device = p.deviceName();
    var master = Names.bridge(n.id());
    var link = links.get(device);
    if (!moved
        && link.up()
        && Objects.equals(link.master(), master)
        && (n.mtu() <= 0 || link.mtu() == n.mtu())) {
      return;
    }
    inside.add("link set dev " + device + mtu(n.mtu()) + " master " + master);
    inside.add(
        "link set dev " + device + " type bridge_slave learning " + (learns(p) ? "on" : "off"));
    inside.add("link set dev " + device + " up");
  }

  /**
   * Where the bridge looks for a guest: behind its device, or behind the tunnel while it is still
   * on its way here or just about to go. A device whose guest does not run yet keeps what it is
   * sent: that must be what came since the guest is led here, not the broadcasts of an hour.
   */
  private void place(Port p, Network n, boolean anew, Map<String, String> fixed) {
    var device = p.deviceName();
    boolean elsewhere = n.fdb() != null && n.fdb().containsKey(p.mac());
    var place = elsewhere ? ELSEWHERE : learns(p) ? LEARNED : p.mac();
    var before = fixed.put(device, place);
    if (place.equals(before) && !anew) {
      return;
    }
    boolean was = before == null ? !anew : before.equals(ELSEWHERE);
    if (elsewhere || was) {
      var on = elsewhere ? "off" : "on";
      inside.add(
          "link set dev "
              + device
              + " type bridge_slave flood "
              + on
              + " mcast_flood "
              + on
              + " bcast_flood "
              + on);
    }
    if (place.equals(p.mac())) {
      bridge.add("fdb replace " + p.mac() + " dev " + device + " master static");
    }
  }

  /** Ports that may speak from other hardware addresses than their own. */
  private static boolean learns(Port p) {
    return !p.portSecurity()
        || Desired.list(p.allowedPairs()).stream()
            .anyMatch(a -> a.mac() != null && !a.mac().equalsIgnoreCase(p.mac()));
  }

  /** Whether a port's traffic can flow, as far as this host is concerned. */
  boolean carries(Port p, Network n) {
    var link = links.get(p.deviceName());
    return p.adminUp()
        && link != null
        && link.up()
        && link.carrier()
        && Objects.equals(link.master(), Names.bridge(n.id()));
  }

  static String alias(String networkId, int zone) {
    return "network=" + networkId + ",zone=" + zone;
  }

  /** The address under which the tunnel keeps whom frames without a known way go to. */
  static final String EVERYBODY = "00:00:00:00:00:00";

  /** Where frames for a network's other hosts go: {@code MAC dst HOST}. */
  static Set<String> forwarding(Network n) {
    var entries = new HashSet<String>();
    for (var peer : Desired.list(n.peers())) {
      entries.add(EVERYBODY + " dst " + peer);
    }
    if (n.fdb() != null) {
      n.fdb().forEach((mac, host) -> entries.add(mac.toLowerCase(Locale.ROOT) + " dst " + host));
    }
    return entries;
  }
}
