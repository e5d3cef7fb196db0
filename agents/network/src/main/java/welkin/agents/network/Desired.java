package welkin.agents.network;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Group;
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
        .forEach(f -> networks.computeIfPresent(f.networkId(), (id, n) -> n.with(f)));
    var groups = merge(c, "group", this.groups, c.groups(), Group::id);
    list(c.members()).forEach(m -> groups.computeIfPresent(m.groupId(), (id, g) -> g.with(m)));
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

  /** Whether the host should have a port: a guest's, a DHCP server's or a router's leg. */
  boolean has(String portId) {
    return ports.containsKey(portId)
        || networks.values().stream()
            .anyMatch(n -> n.dhcp() != null && n.dhcp().portId().equals(portId))
        || routers.values().stream().anyMatch(r -> hasLeg(r, portId));
  }

  private static boolean hasLeg(Router r, String portId) {
    return r.gateway() != null && r.gateway().portId().equals(portId)
        || list(r.interfaces()).stream().anyMatch(i -> i.portId().equals(portId));
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
