package welkin.agents.network;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Pair;
import welkin.agents.contracts.HostChanges.Port;

/**
 * Desired state to the nft tables of the fabric. The bridge family tells ports apart by a mark and
 * stops spoofing; the inet family, which sees bridged packets through br_netfilter, judges with
 * conntrack in a zone per network.
 *
 * <p>Packets of an established connection in its original direction pass the rules again, only
 * replies are waved through: so a rule that goes cuts what it had allowed in the same transaction,
 * and nothing has to be found and torn down connection by connection.
 */
final class Firewall {
  /** Marks from here on are unfiltered ports of network zone {@code mark - UNFILTERED}. */
  static final int UNFILTERED = 0x10000;

  private static final List<String> FATE =
      List.of(
          "ct state established ct direction reply accept",
          "ct state related accept",
          "ct state invalid drop");

  private final Desired desired;
  private final ToIntFunction<String> zones;
  private final ToIntFunction<String> marks;
  private final Nft nft = new Nft();
  private final Nft.Table bridge = nft.table("bridge neutron");
  private final Nft.Table inet = nft.table("inet neutron");
  private final Nft.Elements inport = bridge.map("inport", "type ifname : mark;");
  private final Nft.Elements outport = bridge.map("outport", "type ifname : mark;");
  private final Nft.Elements ports = bridge.set("ports", "type ifname;");
  private final Nft.Elements macs = bridge.set("macs", "type ifname . ether_addr;");
  private final Nft.Elements good4 = bridge.set("good4", "type ifname . ether_addr . ipv4_addr;");
  private final Nft.Elements good6 = bridge.set("good6", "type ifname . ether_addr . ipv6_addr;");
  private final Nft.Elements wide = bridge.map("wide", "type ifname : verdict;");
  private final Nft.Elements zone = inet.map("zones", "typeof meta mark : ct zone;");
  private final Nft.Elements egress = inet.map("egress", "type mark : verdict;");
  private final Nft.Elements ingress = inet.map("ingress", "type mark : verdict;");

  private Firewall(Desired desired, ToIntFunction<String> zones, ToIntFunction<String> marks) {
    this.desired = desired;
    this.zones = zones;
    this.marks = marks;
  }

  /**
   * @param zones conntrack zone by network id
   * @param marks packet mark by port id, below {@link #UNFILTERED}
   */
  static Nft compile(Desired desired, ToIntFunction<String> zones, ToIntFunction<String> marks) {
    var f = new Firewall(desired, zones, marks);
    f.frame();
    desired.networks().values().forEach(f::network);
    desired.routers().values().forEach(f::router);
    desired.groups().values().forEach(f::group);
    desired.ports().values().forEach(f::port);
    return f.nft;
  }

  private void frame() {
    bridge.chain(
        "pre",
        "type filter hook prerouting priority -300;",
        List.of(
            "iifname @ports jump spoof",
            "meta mark set iifname map @inport",
            // a device nobody vouches for carries nothing
            "meta mark 0 drop"));
    bridge.chain(
        "spoof",
        List.of(
            "iifname . ether saddr != @macs drop",
            // a guest that moved here says so to the switches of a provider network
            "ether type 0x8035 return",
            "ip saddr 0.0.0.0 udp sport 68 udp dport 67 return",
            "udp sport 67 udp dport 68 drop",
            "udp sport 547 udp dport 546 drop",
            "ether type ip6 icmpv6 type { nd-router-advert, nd-redirect } drop",
            "ether type ip iifname . ether saddr . ip saddr @good4 return",
            "ether type arp iifname . ether saddr . arp saddr ip @good4 return",
            "ether type arp arp saddr ip 0.0.0.0 return",
            "ether type ip6 ip6 saddr fe80::/10 return",
            "ether type ip6 ip6 saddr :: return",
            "ether type ip6 iifname . ether saddr . ip6 saddr @good6 return",
            "iifname vmap @wide",
            "drop"));
    bridge.chain(
        "forw",
        "type filter hook forward priority -200;",
        List.of("meta mark set 0", "meta mark set oifname map @outport"));
    inet.chain(
        "raw",
        "type filter hook prerouting priority -300;",
        List.of("ct zone set meta mark map @zones"));
    inet.chain("pre", "type filter hook prerouting priority 0;", List.of("meta mark vmap @egress"));
    inet.chain("forw", "type filter hook forward priority 0;", List.of("meta mark vmap @ingress"));
    var out = new ArrayList<>(FATE);
    out.add("udp sport 68 udp dport 67 accept");
    out.add("udp sport 546 udp dport 547 accept");
    out.add(
        "icmpv6 type { 131, 132, 143, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert }"
            + " accept");
    inet.chain("base_out", out);
    var in = new ArrayList<>(FATE);
    in.add("udp sport 67 udp dport 68 accept");
    in.add("udp sport 547 udp dport 546 accept");
    in.add("icmpv6 type { 130, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept");
    inet.chain("base_in", in);
  }

  private void network(Network n) {
    var z = zones.applyAsInt(n.id());
    zone.put(hex(UNFILTERED + z), Integer.toString(z));
    trusted(Names.tunnel(n.id()), n.id());
    trusted(Names.uplink(n.id()), n.id());
    if (n.dhcp() != null) {
      trusted(Names.peer(n.dhcp().portId()), n.id());
    }
  }

  private void router(welkin.agents.contracts.HostChanges.Router r) {
    if (r.gateway() != null) {
      trusted(Names.peer(r.gateway().portId()), r.gateway().networkId());
    }
    for (var i : Desired.list(r.interfaces())) {
      trusted(Names.peer(i.portId()), i.networkId());
    }
  }

  private void trusted(String device, String networkId) {
    if (desired.networks().containsKey(networkId)) {
      inport.put(quoted(device), hex(UNFILTERED + zones.applyAsInt(networkId)));
    }
  }

  private void group(Group g) {
    var four = inet.set(SecurityRules.memberSet(g.id(), 4), "type ipv4_addr;");
    var six = inet.set(SecurityRules.memberSet(g.id(), 6), "type ipv6_addr;");
    for (var m : Desired.list(g.members())) {
      if (!m.contains("/")) {
        (m.indexOf(':') >= 0 ? six : four).add(m);
      }
    }
    var in = new ArrayList<String>();
    var out = new ArrayList<String>();
    for (var r : Desired.list(g.rules())) {
      if (r.remoteGroup() == null || desired.groups().containsKey(r.remoteGroup())) {
        (r.ingress() ? in : out).add(SecurityRules.compile(r));
      }
    }
    inet.chain(chain("gi_", g.id()), in);
    inet.chain(chain("go_", g.id()), out);
  }

  private void port(Port p) {
    if (!desired.networks().containsKey(p.networkId())) {
      return;
    }
    var z = zones.applyAsInt(p.networkId());
    var device = quoted(p.deviceName());
    if (p.adminUp() && !p.portSecurity()) {
      inport.put(device, hex(UNFILTERED + z));
      return;
    }
    var mark = hex(marks.applyAsInt(p.id()));
    inport.put(device, mark);
    outport.put(device, mark);
    zone.put(mark, Integer.toString(z));
    ports.add(device);
    if (!p.adminUp()) {
      egress.put(mark, "drop");
      ingress.put(mark, "drop");
      return;
    }
    sources(p, device);
    judge("o_", "base_out", "go_", p, egress, mark);
    judge("i_", "base_in", "gi_", p, ingress, mark);
  }

  private void judge(
      String prefix, String base, String groupPrefix, Port p, Nft.Elements verdicts, String mark) {
    var rules = new ArrayList<String>();
    rules.add("jump " + base);
    for (var g : Desired.list(p.groups())) {
      if (desired.groups().containsKey(g)) {
        rules.add("jump " + chain(groupPrefix, g));
      }
    }
    rules.add("drop");
    inet.chain(chain(prefix, p.id()), rules);
    verdicts.put(mark, "jump " + chain(prefix, p.id()));
  }

  /** What the port may send from. */
  private void sources(Port p, String device) {
    macs.add(device + " . " + p.mac());
    for (var a : Desired.list(p.addresses())) {
      source(device, p.mac(), a.ip());
    }
    var ranges = new ArrayList<String>();
    for (var pair : Desired.list(p.allowedPairs())) {
      var mac = pair.mac() == null ? p.mac() : pair.mac();
      macs.add(device + " . " + mac);
      if (range(pair)) {
        var six = pair.ip().indexOf(':') >= 0;
        var any = pair.ip().endsWith("/0");
        var from = "ether saddr " + mac + " ether type ";
        ranges.add(
            from + (six ? "ip6" : "ip") + where(any, six ? " ip6 saddr " : " ip saddr ", pair));
        if (!six) {
          ranges.add(from + "arp" + where(any, " arp saddr ip ", pair));
        }
      } else {
        source(device, mac, pair.ip().replaceFirst("/(32|128)$", ""));
      }
    }
    if (!ranges.isEmpty()) {
      ranges.add("drop");
      bridge.chain(chain("s_", p.id()), ranges);
      wide.put(device, "goto " + chain("s_", p.id()));
    }
  }

  private static String where(boolean any, String match, Pair pair) {
    return (any ? "" : match + pair.ip()) + " return";
  }

  private void source(String device, String mac, String ip) {
    (ip.indexOf(':') >= 0 ? good6 : good4).add(device + " . " + mac + " . " + ip);
  }

  private static boolean range(Pair pair) {
    return pair.ip().contains("/")
        && !pair.ip().endsWith(pair.ip().indexOf(':') >= 0 ? "/128" : "/32");
  }

  private static String chain(String prefix, String id) {
    return prefix + id.replace("-", "");
  }

  private static String quoted(String device) {
    return '"' + device + '"';
  }

  private static String hex(int mark) {
    return "0x" + Integer.toHexString(mark);
  }
}
