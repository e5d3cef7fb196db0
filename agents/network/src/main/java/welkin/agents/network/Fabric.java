package welkin.agents.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;
import welkin.core.Exec;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * The L2 side of a host: one namespace with a bridge per network, the guests' taps, tunnels,
 * uplinks and the firewall. One pass compares what should be with what is; memory only saves
 * looking.
 */
final class Fabric {
  private static final Logger log = LoggerFactory.getLogger(Fabric.class);
  private static final int CUTS_ONE_BY_ONE = 32;
  private static final Set<String> NOWHERE = Set.of();
  private final NetworkHostConfig config;
  private final String ns;
  private final Numbers zones = new Numbers();
  private final Numbers marks = new Numbers();
  private final Map<String, Set<String>> forwarding = new HashMap<>();
  private final Map<String, String> fixed = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();
  private Nft applied;
  private Desired before = Desired.NONE;
  private boolean ready;
  private volatile Set<String> wiredNetworks = Set.of();
  private final AtomicInteger generation = new AtomicInteger();
  private volatile boolean passed;
  private volatile Map<String, Link> seen = Map.of();

  Fabric(NetworkHostConfig config) {
    this.config = config;
    this.ns = config.names().fabric();
  }

  /** Changes when the fabric had to be made anew, and with it all that is joined to it. */
  int generation() {
    return generation.get();
  }

  String namespace() {
    return ns;
  }

  /** Whether it is known yet which networks stand. */
  boolean passed() {
    return passed;
  }

  /** Networks whose bridge stands. */
  Set<String> wiredNetworks() {
    return wiredNetworks;
  }

  /** How many devices the last pass saw, by the beginning of their names. */
  long count(String prefix) {
    return seen.keySet().stream().filter(n -> n.startsWith(prefix)).count();
  }

  /**
   * One pass.
   *
   * @return ports whose traffic flows
   */
  Set<String> pass(Desired desired) {
    var links = observe();
    networks(desired, links);
    firewall(desired);
    links = taps(desired, links);
    cuts(desired);
    zones.retain(desired.networks().keySet());
    marks.retain(desired.ports().keySet());
    before = desired;
    seen = links;
    return carrying(desired, links);
  }

  private Map<String, Link> observe() {
    if (!Netns.exists(ns)) {
      Netns.add(ns);
      ready = false;
      applied = null;
      generation.incrementAndGet();
      forwarding.clear();
      fixed.clear();
    }
    if (!ready) {
      prepare();
    }
    return Link.parse(Netns.ipJson(ns, "link", "show"));
  }

  private void prepare() {
    if (!Netns.run(ns, List.of("test", "-e", "/proc/sys/net/bridge/bridge-nf-call-iptables"))
        .ok()) {
      var r = Exec.run("modprobe", "-a", "br_netfilter", "vxlan", "8021q", "nf_tables");
      if (!r.ok()) {
        log.warn("kernel modules: {}", r.err().strip());
      }
    }
    // bridges of the fabric are no hosts: without IPv6 they answer nobody
    Netns.sysctl(
        ns,
        "net.bridge.bridge-nf-call-iptables=1",
        "net.bridge.bridge-nf-call-ip6tables=1",
        "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1");
    for (var link : Link.parse(Netns.ipJson(ns, "link", "show")).values()) {
      var parts = link.alias().split("network=|,zone=");
      if (link.name().startsWith(Names.BRIDGE) && parts.length == 3) {
        zones.adopt(parts[1], Integer.parseInt(parts[2]));
      } else if (link.name().startsWith(Names.TUNNEL)) {
        forwarding.put(link.name(), existingForwarding(link.name()));
      }
    }
    ready = true;
  }

  private Set<String> existingForwarding(String device) {
    var entries = new HashSet<String>();
    var bridged = new HashSet<>(Set.of(FabricPlan.EVERYBODY));
    for (var e : Netns.bridgeJson(ns, "fdb", "show", "dev", device)) {
      if (Json.string(e, "dst") != null) {
        entries.add(Json.string(e, "mac") + " dst " + Json.string(e, "dst"));
      } else {
        bridged.add(Json.string(e, "mac"));
      }
    }
    // half an entry is written again
    entries.removeIf(e -> !bridged.contains(e.substring(0, e.indexOf(' '))));
    return entries;
  }

  private void networks(Desired desired, Map<String, Link> links) {
    var plan = new FabricPlan(config, links);
    plan.networks(desired, zones::of, Taps::present);
    plan.refused.forEach(
        (id, reason) -> {
          if (!reason.equals(refused.put(id, reason))) {
            log.warn("network {} is not wired: {}", id, reason);
          }
        });
    refused.keySet().retainAll(plan.refused.keySet());
    complain(Netns.ipEach(null, plan.root));
    complain(Netns.ipEach(ns, plan.inside));
    var wired = new HashSet<>(desired.networks().keySet());
    wired.removeAll(plan.refused.keySet());
    var forward = new Forwarding(links.keySet());
    for (var id : wired) {
      forward.network(desired.networks().get(id));
    }
    // what goes may be gone: its device was made anew, or a guest of that address is here now
    Netns.bridgeEach(ns, forward.removals);
    var failed = Netns.bridgeEach(ns, forward.additions);
    complain(failed);
    if (failed.isEmpty()) {
      forwarding.clear();
      forwarding.putAll(forward.now);
    }
    wiredNetworks = Set.copyOf(wired);
    passed = true;
  }

  /**
   * The way to other hosts, as lines for {@code bridge}: the tunnel device knows the host of every
   * address, and the bridge that the address is behind the tunnel, so that nothing is flooded to
   * guests and nothing learned.
   */
  private final class Forwarding {
    final List<String> removals = new ArrayList<>();
    final List<String> additions = new ArrayList<>();
    final Map<String, Set<String>> now = new LinkedHashMap<>();
    private final Set<String> standing;

    /**
     * @param standing devices that were there before this pass; a new tunnel knows no way
     */
    Forwarding(Set<String> standing) {
      this.standing = standing;
    }

    void network(Network n) {
      if (!FabricPlan.tunnelled(n)) {
        return;
      }
      var device = Names.tunnel(n.id());
      var want = FabricPlan.forwarding(n);
      var have = standing.contains(device) ? forwarding.getOrDefault(device, Set.of()) : NOWHERE;
      now.put(device, want);
      for (var e : have) {
        if (!want.contains(e)) {
          removals.add("fdb del " + on(device, e) + " self");
          if (want.stream().noneMatch(w -> mac(w).equals(mac(e)))) {
            removals.add("fdb del " + mac(e) + " dev " + device + " master");
          }
        }
      }
      for (var e : want) {
        if (have.contains(e)) {
          continue;
        }
        if (mac(e).equals(FabricPlan.EVERYBODY)) {
          // this list holds one address many times
          additions.add("fdb append " + on(device, e) + " self permanent");
        } else {
          additions.add("fdb replace " + on(device, e) + " self permanent");
          additions.add("fdb replace " + mac(e) + " dev " + device + " master static");
        }
      }
    }

    private static String on(String device, String entry) {
      return entry.replace(" dst", " dev " + device + " dst");
    }

    private static String mac(String entry) {
      return entry.substring(0, entry.indexOf(' '));
    }
  }

  private void firewall(Desired desired) {
    if (applied != null && desired == before) {
      return;
    }
    var now = Firewall.compile(desired, zones::of, marks::of);
    try {
      Netns.nft(ns, applied == null ? now.replace() : now.since(applied));
      applied = now;
    } catch (Fault f) {
      applied = null;
      throw f;
    }
  }

  private Map<String, Link> taps(Desired desired, Map<String, Link> links) {
    var wired = wiredNetworks;
    var moved = Taps.ready(devices(desired, wired));
    var again = moved.stream().filter(links::containsKey).collect(Collectors.toSet());
    if (!again.isEmpty()) {
      // the guest was started anew: its old device, still here, belongs to nobody
      complain(Netns.ipEach(ns, Taps.deletions(again)));
    }
    complain(Taps.move(moved, ns));
    var plan = new FabricPlan(config, links);
    plan.taps(desired, wired, moved, fixed);
    complain(Netns.ipEach(ns, plan.inside));
    var failed = Netns.bridgeEach(ns, plan.bridge);
    complain(failed);
    if (!failed.isEmpty()) {
      fixed.clear();
    }
    return plan.inside.isEmpty() ? links : Link.parse(Netns.ipJson(ns, "link", "show"));
  }

  /** Names of the devices that are awaited, of ports in networks that can be wired. */
  static Set<String> devices(Desired desired, Set<String> wiredNetworks) {
    return desired.ports().values().stream()
        .filter(p -> wiredNetworks.contains(p.networkId()))
        .map(Port::deviceName)
        .collect(Collectors.toSet());
  }

  private void cuts(Desired desired) {
    if (desired == before) {
      return;
    }
    for (var id : before.networks().keySet()) {
      if (!desired.networks().containsKey(id)) {
        forget(zones.of(id), List.of());
      }
    }
    var byNetwork =
        Cuts.between(before, desired).stream()
            .filter(c -> desired.networks().containsKey(c.networkId()))
            .collect(Collectors.groupingBy(Cuts::networkId));
    byNetwork.forEach(
        (id, cuts) -> {
          var zone = zones.of(id);
          if (cuts.size() > CUTS_ONE_BY_ONE) {
            forget(zone, List.of("-p", "udp"));
            cuts = cuts.stream().filter(Cuts::all).toList();
          }
          // status 1 says that there was nothing to forget
          cuts.forEach(c -> c.commands(zone).forEach(command -> Netns.run(ns, command)));
        });
  }

  // uplinks reach into the root namespace and would linger there until the kernel gets to them
  static void clear(String ns) {
    var lines =
        Link.parse(Netns.ipJson(ns, "link", "show")).keySet().stream()
            .filter(
                n ->
                    n.matches(
                        "(" + Names.UPLINK + "|" + Names.TUNNEL + "|" + Names.TAP + "|pp-).*"))
            .map(n -> "link del " + n)
            .toList();
    Netns.ipEach(ns, lines);
  }

  private void forget(int zone, List<String> which) {
    for (var family : List.of("ipv4", "ipv6")) {
      var c =
          new ArrayList<>(List.of("conntrack", "-D", "-f", family, "-w", Integer.toString(zone)));
      c.addAll(which);
      Netns.run(ns, c);
    }
  }

  private Set<String> carrying(Desired desired, Map<String, Link> links) {
    var plan = new FabricPlan(config, links);
    return desired.ports().values().stream()
        .filter(p -> wiredNetworks.contains(p.networkId()))
        .filter(p -> plan.carries(p, desired.networks().get(p.networkId())))
        .map(Port::id)
        .collect(Collectors.toSet());
  }

  private void complain(String failure) {
    if (!failure.isEmpty()) {
      log.warn("fabric {}: {}", ns, failure);
    }
  }
}
