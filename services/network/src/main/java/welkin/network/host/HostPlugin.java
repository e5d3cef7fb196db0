package welkin.network.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Removed;
import welkin.agents.contracts.NetworkPlugin;
import welkin.network.agent.Agents;
import welkin.network.ip.Ip;
import welkin.network.port.PortBindings;
import welkin.network.router.RouterHosts;
import welkin.network.router.RouterStore;
import welkin.network.stores.Stores;
import welkin.store.Database;
import welkin.store.Sql;

/** What host agents ask and say: the endpoint of the bus. */
public final class HostPlugin implements NetworkPlugin {
  private final Database database;
  private final HostLog hostLog;
  private final HostView view;
  private final Agents agents;
  private final PortBindings bindings;
  private final RouterStore routers;
  private final RouterHosts routerHosts;
  private final Upkeep upkeep;

  public HostPlugin(
      Database database,
      Stores stores,
      HostLog hostLog,
      Agents agents,
      PortBindings bindings,
      RouterHosts routerHosts,
      Upkeep upkeep) {
    this.database = database;
    this.hostLog = hostLog;
    this.agents = agents;
    this.bindings = bindings;
    this.routers = stores.routers();
    this.routerHosts = routerHosts;
    this.upkeep = upkeep;
    this.view = new HostView(stores, agents);
  }

  @Override
  public HostChanges changes(String host, long since) {
    return database.read(
        sql -> {
          if (since <= 0) {
            return everything(sql, host, HostStore.cursor(sql).newest());
          }
          var news = HostStore.news(sql, host, since);
          var now = news.cursor();
          return since > now.newest() || since < now.floor()
              ? everything(sql, host, now.newest())
              : since(sql, host, news);
        });
  }

  private HostChanges everything(Sql sql, String host, long seq) {
    return new HostChanges(
        seq,
        true,
        view.networks(sql, host, view.networkIds(sql, host), seq),
        view.ports(sql, host, view.portIds(sql, host)),
        view.groups(sql, view.groupIds(sql, host), seq),
        view.routers(sql, host, view.routerIds(sql, host)),
        List.of());
  }

  private HostChanges since(Sql sql, String host, HostStore.News news) {
    long seq = news.cursor().newest();
    Map<String, Set<String>> changed = new HashMap<>();
    for (var item : news.items()) {
      changed.computeIfAbsent(item.kind(), k -> new LinkedHashSet<>()).add(item.id());
    }
    var removed = new ArrayList<Removed>();
    var networks =
        view.networks(
            sql,
            host,
            concerned(changed, HostLog.NETWORK, () -> view.networkIds(sql, host), removed),
            seq);
    var portIds = changed.getOrDefault(HostLog.PORT, Set.of());
    var ports = view.ports(sql, host, portIds);
    var there = new LinkedHashSet<String>();
    ports.forEach(p -> there.add(p.id()));
    portIds.stream()
        .filter(id -> !there.contains(id))
        .forEach(id -> removed.add(new Removed(HostLog.PORT, id)));
    var groups =
        view.groups(
            sql, concerned(changed, HostLog.GROUP, () -> view.groupIds(sql, host), removed), seq);
    var routers =
        view.routers(
            sql,
            host,
            concerned(changed, HostLog.ROUTER, () -> view.routerIds(sql, host), removed));
    return new HostChanges(seq, false, networks, ports, groups, routers, removed);
  }

  /** Of what changed, what the host still has; the rest is noted as removed. */
  private static Set<String> concerned(
      Map<String, Set<String>> changed,
      String kind,
      Supplier<Set<String>> mine,
      List<Removed> removed) {
    var ids = changed.getOrDefault(kind, Set.of());
    if (ids.isEmpty()) {
      return ids;
    }
    var has = mine.get();
    var out = new LinkedHashSet<String>();
    for (var id : ids) {
      if (has.contains(id)) {
        out.add(id);
      } else {
        removed.add(new Removed(kind, id));
      }
    }
    return out;
  }

  @Override
  public void portsUp(String host, List<String> portIds) {
    database.change(sql -> routerHosts.stand(sql, host, bindings.up(sql, host, portIds)));
  }

  @Override
  public void portsDown(String host, List<String> portIds) {
    database.change(sql -> bindings.down(sql, host, portIds));
  }

  @Override
  public void alive(String host, List<AgentReport> reports) {
    boolean back =
        agents.alive(
            host,
            reports,
            sql -> view.networkIds(sql, host).forEach(n -> hostLog.dirty(sql, HostLog.NETWORK, n)));
    if (back) {
      upkeep.repairSoon();
    }
  }

  @Override
  public PortOwner owner(String networkId, String routerId, String address) {
    return database.read(
        sql -> {
          var nets =
              networkId != null
                  ? List.of(networkId)
                  : routers.legs(sql, routerId).stream()
                      .filter(l -> !l.gateway())
                      .map(RouterStore.Leg::networkId)
                      .distinct()
                      .toList();
          var ip = Ip.parse(address);
          for (var n : nets) {
            var found = HostStore.owner(sql, n, ip == null ? address : ip.toString());
            if (found.isPresent()) {
              return found.get();
            }
          }
          return null;
        });
  }
}
