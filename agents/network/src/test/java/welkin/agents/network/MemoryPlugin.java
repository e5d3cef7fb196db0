package welkin.agents.network;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Removed;
import welkin.agents.contracts.HostChanges.Router;
import welkin.agents.contracts.NetworkPlugin;

/** The Network service's side in memory: one host, every change a new cursor. */
final class MemoryPlugin implements NetworkPlugin {
  private final Map<String, Object> objects = new LinkedHashMap<>();
  private final Map<String, Long> changed = new HashMap<>();
  private final Map<Removed, Long> removed = new LinkedHashMap<>();
  private long cursor = 1;
  final Set<String> up = ConcurrentHashMap.newKeySet();
  final Map<String, PortOwner> owners = new ConcurrentHashMap<>();
  final List<AgentReport> agents = new ArrayList<>();

  synchronized void put(Object o) {
    var key = id(o);
    objects.put(key, o);
    changed.put(key, ++cursor);
    removed.keySet().removeIf(r -> r.id().equals(key));
  }

  synchronized void remove(String kind, String id) {
    objects.remove(id);
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
  public synchronized HostChanges changes(String host, long since) {
    var gone = new ArrayList<Removed>();
    removed.forEach(
        (r, at) -> {
          if (since > 0 && at > since) {
            gone.add(r);
          }
        });
    return new HostChanges(
        cursor,
        since == 0,
        since(since, Network.class),
        since(since, Port.class),
        since(since, Group.class),
        since(since, Router.class),
        gone);
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
  public synchronized void alive(String host, List<AgentReport> reports) {
    agents.clear();
    agents.addAll(reports);
  }

  @Override
  public PortOwner owner(String networkId, String routerId, String address) {
    return owners.get((routerId != null ? routerId : networkId) + " " + address);
  }
}
