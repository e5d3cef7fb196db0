package welkin.network.host;

import java.util.List;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.NetworkPlugin;
import welkin.network.agent.Agents;
import welkin.network.ip.Ip;
import welkin.network.port.PortBindings;
import welkin.network.router.RouterHosts;
import welkin.network.router.RouterStore;
import welkin.network.stores.Stores;
import welkin.store.Database;

/** What host agents ask and say: the endpoint of the bus. */
public final class HostPlugin implements NetworkPlugin {
  private final Database database;
  private final HostLog hostLog;
  private final HostView view;
  private final HostAnswer answer;
  private final Agents agents;
  private final PortBindings bindings;
  private final RouterStore routers;
  private final RouterHosts routerHosts;
  private final HostPokes pokes;
  private final HostSigns signs;
  private final Upkeep upkeep;

  public HostPlugin(
      Database database,
      Stores stores,
      HostLog hostLog,
      Agents agents,
      PortBindings bindings,
      RouterHosts routerHosts,
      HostPokes pokes,
      Upkeep upkeep) {
    this.database = database;
    this.hostLog = hostLog;
    this.agents = agents;
    this.bindings = bindings;
    this.routers = stores.routers();
    this.routerHosts = routerHosts;
    this.pokes = pokes;
    this.upkeep = upkeep;
    this.view = new HostView(stores, agents);
    this.answer = new HostAnswer(database, view, agents);
    this.signs = new HostSigns(database, answer, pokes);
  }

  /** Begins to look whether hosts that speak missed something; {@link HostPokes} run. */
  public void start() {
    signs.start();
  }

  @Override
  public HostChanges changes(String host, long since, boolean entries) {
    long began = System.nanoTime();
    var changes = answer.changes(host, since, entries);
    pokes.answered(host, began);
    return changes;
  }

  @Override
  public void portsUp(String host, List<String> portIds) {
    database.change(sql -> routerHosts.stand(sql, host, bindings.up(sql, host, portIds)));
  }

  @Override
  public void portsDown(String host, List<String> portIds) {
    // most ports go with their guest: what is gone is not worth the writer's turn
    if (database.read(sql -> bindings.anyLeft(sql, portIds))) {
      database.change(sql -> bindings.down(sql, host, portIds));
    }
  }

  @Override
  public void alive(String host, List<AgentReport> reports, long cursor) {
    signs.heard(host, cursor);
    boolean back =
        agents.alive(
            host,
            reports,
            sql -> HostStore.has(sql, host).networks().forEach(n -> hostLog.touchNetwork(sql, n)));
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
