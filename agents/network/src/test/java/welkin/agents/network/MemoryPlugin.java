package welkin.agents.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Forwarding;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Members;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Removed;
import welkin.agents.contracts.HostChanges.Router;
import welkin.agents.contracts.NetworkPlugin;

/**
 * The Network service's side in memory: one host, every change a new cursor. Where only entries of
 * a network or group changed, it answers these.
 */
final class MemoryPlugin implements NetworkPlugin {
  private final Map<String, Object> objects = new LinkedHashMap<>();
  private final Map<String, Long> changed = new HashMap<>();
  private final Map<String, TreeMap<Long, Object>> versions = new HashMap<>();
  private final Map<Removed, Long> removed = new LinkedHashMap<>();
  private long cursor = 1;
  final Set<String> up = ConcurrentHashMap.newKeySet();
  final Map<String, PortOwner> owners = new ConcurrentHashMap<>();
  final List<AgentReport> agents = new ArrayList<>();

  synchronized void put(Object o) {
    var key = id(o);
    objects.put(key, o);
    changed.put(key, ++cursor);
    versions.computeIfAbsent(key, k -> new TreeMap<>()).put(cursor, o);
    removed.keySet().removeIf(r -> r.id().equals(key));
  }

  synchronized void remove(String kind, String id) {
    objects.remove(id);
    versions.remove(id);
    removed.put(new Removed(kind, id), ++cursor);
  }

  private static String id(Object o) {
    return switch (o) {
      case Network n -> n.id();
      case Port p -> p.id();
      case Group g -> g.id();
      case Router r -> r.id();
      default -> throw new IllegalArgumentException(o.toString());
    };
  }

  @Override
  public synchronized HostChanges changes(String host, long since, boolean entries) {
    var gone = new ArrayList<Removed>();
    removed.forEach(
        (r, at) -> {
          if (since > 0 && at > since) {
            gone.add(r);
          }
        });
    var networks = new ArrayList<Network>();
    var forwarding = new ArrayList<Forwarding>();
    for (var n : since(since, Network.class)) {
      if (entries && version(n.id(), since) instanceof Network o && likeBut(o, n).equals(n)) {
        forwarding.add(difference(o, n));
      } else {
        networks.add(n);
      }
    }
    var groups = new ArrayList<Group>();
    var members = new ArrayList<Members>();
    for (var g : since(since, Group.class)) {
      if (entries && version(g.id(), since) instanceof Group o && o.rules().equals(g.rules())) {
        members.add(
            new Members(
                g.id(), without(g.members(), o.members()), without(o.members(), g.members())));
      } else {
        groups.add(g);
      }
    }
    return new HostChanges(
        cursor,
        since == 0,
        networks,
        since(since, Port.class),
        groups,
        since(since, Router.class),
        gone,
        forwarding,
        members);
  }

  /** What the host knows of an object, or null. */
  private Object version(String id, long since) {
    var known = versions.getOrDefault(id, new TreeMap<>()).floorEntry(since);
    return known == null ? null : known.getValue();
  }

  /** The first with the tables of the second. */
  private static Network likeBut(Network o, Network n) {
    return new Network(
        o.id(),
        o.type(),
        o.physicalNetwork(),
        o.segmentationId(),
        o.mtu(),
        o.subnets(),
        o.dhcp(),
        n.peers(),
        n.fdb());
  }

  private static Forwarding difference(Network o, Network n) {
    var fdb = new LinkedHashMap<>(n.fdb());
    fdb.entrySet().removeAll(o.fdb().entrySet());
    return new Forwarding(
        n.id(),
        fdb,
        without(o.fdb().keySet(), n.fdb().keySet()),
        without(n.peers(), o.peers()),
        without(o.peers(), n.peers()));
  }

  private static List<String> without(Collection<String> these, Collection<String> those) {
    return these.stream().filter(t -> !those.contains(t)).toList();
  }

  private <T> List<T> since(long since, Class<T> type) {
    return objects.entrySet().stream()
        .filter(e -> type.isInstance(e.getValue()) && changed.get(e.getKey()) > since)
        .map(e -> type.cast(e.getValue()))
        .toList();
  }

  @Override
  public void portsUp(String host, List<String> portIds) {
    up.addAll(portIds);
  }

  @Override
  public void portsDown(String host, List<String> portIds) {
    portIds.forEach(up::remove);
  }

  @Override
  public synchronized void alive(String host, List<AgentReport> reports, long cursor) {
    agents.clear();
    agents.addAll(reports);
  }

  @Override
  public PortOwner owner(String networkId, String routerId, String address) {
    return owners.get((routerId != null ? routerId : networkId) + " " + address);
  }
}
