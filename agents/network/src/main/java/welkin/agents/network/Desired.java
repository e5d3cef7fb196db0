package welkin.agents.network;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Forwarding;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Members;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Router;

/** What the host should have, by id. Never changed: every pull makes a new one. */
record Desired(
    long cursor,
    Map<String, Network> networks,
    Map<String, Port> ports,
    Map<String, Group> groups,
    Map<String, Router> routers) {
  /** Nothing known yet: cursor 0 asks for everything. */
  static final Desired NONE = new Desired(0, Map.of(), Map.of(), Map.of(), Map.of());

  Desired with(HostChanges c) {
    var networks = merge(c, "network", this.networks, c.networks(), Network::id);
    list(c.forwarding())
        .forEach(f -> networks.computeIfPresent(f.networkId(), (id, n) -> with(n, f)));
    var groups = merge(c, "group", this.groups, c.groups(), Group::id);
    list(c.members()).forEach(m -> groups.computeIfPresent(m.groupId(), (id, g) -> with(g, m)));
    return new Desired(
        c.cursor(),
        networks,
        merge(c, "port", ports, c.ports(), Port::id),
        groups,
        merge(c, "router", routers, c.routers(), Router::id));
  }

  /** The same, asked for from another cursor on. */
  Desired at(long newer) {
    return newer == cursor ? this : new Desired(newer, networks, ports, groups, routers);
  }

  private static Network with(Network n, Forwarding f) {
    var fdb = new LinkedHashMap<>(n.fdb() == null ? Map.<String, String>of() : n.fdb());
    list(f.here()).forEach(fdb::remove);
    if (f.fdb() != null) {
      fdb.putAll(f.fdb());
    }
    var peers = new LinkedHashSet<>(list(n.peers()));
    list(f.left()).forEach(peers::remove);
    peers.addAll(list(f.peers()));
    return new Network(
        n.id(),
        n.type(),
        n.physicalNetwork(),
        n.segmentationId(),
        n.mtu(),
        n.subnets(),
        n.dhcp(),
        List.copyOf(peers),
        fdb);
  }

  private static Group with(Group g, Members m) {
    var members = new LinkedHashSet<>(list(g.members()));
    list(m.gone()).forEach(members::remove);
    members.addAll(list(m.came()));
    return new Group(g.id(), g.rules(), List.copyOf(members));
  }

  private static <T> LinkedHashMap<String, T> merge(
      HostChanges c, String kind, Map<String, T> old, List<T> changed, Function<T, String> id) {
    var now = new LinkedHashMap<String, T>(c.full() ? Map.of() : old);
    for (var r : list(c.removed())) {
      if (r.kind().equals(kind)) {
        now.remove(r.id());
      }
    }
    for (var t : list(changed)) {
      now.put(id.apply(t), t);
    }
    return now;
  }

  /** A list that may be absent on the wire. */
  static <T> List<T> list(List<T> maybe) {
    return maybe == null ? List.of() : maybe;
  }
}
