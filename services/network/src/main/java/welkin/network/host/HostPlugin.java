package welkin.network.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Removed;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.bus.Bus;
import welkin.core.Fault;
import welkin.network.agent.Agents;
import welkin.network.ip.Ip;
import welkin.network.port.PortBindings;
import welkin.network.router.RouterStore;
import welkin.network.stores.Stores;
import welkin.store.Database;
import welkin.store.Sql;
import welkin.workflow.Turns;

/** What host agents ask and say: the endpoint of the bus, and the pokes that make them ask. */
public final class HostPlugin implements NetworkPlugin, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostPlugin.class);

  /** How long changes of whole networks and groups gather before hosts hear of them. */
  private static final long GATHER_MILLIS = 250;

  /** How long a host takes, mostly, from a poke until its tables are changed. */
  private static final long TURN_MILLIS = 100;

  /** How often a worker looks for what another left undone. */
  private static final long LOOK_SECONDS = 3;

  private static final Duration REPAIR = Duration.ofSeconds(10);

  private final Database database;
  private final Bus bus;
  private final HostLog hostLog;
  private final HostView view;
  private final Agents agents;
  private final PortBindings bindings;
  private final RouterStore routers;
  private final ComputeNotifier compute;
  private final Runnable repair;
  private static final Duration FORGET = Duration.ofMinutes(10);
  private static final long CHANGES_KEPT = 50_000;
  private static final long FORGOTTEN_AT_ONCE = 2_000;

  private final Turns turns;
  private final AtomicBoolean repairing = new AtomicBoolean();
  private final AtomicBoolean gathering = new AtomicBoolean();

  /** How many hosts heard the last time: the more there are, the more changes gather for them. */
  private volatile int lastSpread;

  private ScheduledExecutorService timer;
  private Bus.Registration offer;

  /**
   * @param repair places what waits for a host; called when an agent appears, and every ten seconds
   *     by one of all workers
   */
  public HostPlugin(
      Database database,
      Bus bus,
      HostLog hostLog,
      Stores stores,
      Agents agents,
      PortBindings bindings,
      ComputeNotifier compute,
      Turns turns,
      Runnable repair) {
    this.database = database;
    this.bus = bus;
    this.hostLog = hostLog;
    this.agents = agents;
    this.bindings = bindings;
    this.routers = stores.routers();
    this.compute = compute;
    this.repair = repair;
    this.turns = turns;
    this.view = new HostView(stores, agents);
    hostLog.wire(this::poke, this::pokeInTurn, this::gather);
  }

  /**
   * @param worker whether this process hears the hosts and repairs; every process that changes
   *     something tells them of it
   */
  public void start(boolean worker) {
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("network-hosts").factory());
    compute.start();
    if (!worker) {
      agents.follow(() -> false);
      return;
    }
    offer = bus.offer(NetworkPlugin.class, "", this);
    agents.follow(() -> bus.trouble() == null);
    timer.scheduleWithFixedDelay(
        quietly(
            () -> {
              spread();
              compute.takeOver();
              if (turns.take("network-repair", REPAIR)) {
                repair.run();
              }
              if (turns.take("network-forget", FORGET)) {
                while (database.tx(sql -> HostStore.forget(sql, CHANGES_KEPT, FORGOTTEN_AT_ONCE))) {
                  // batch by batch, so that nobody waits long
                }
              }
            }),
        0,
        LOOK_SECONDS,
        TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    if (timer != null) {
      if (offer != null) {
        offer.close();
      }
      timer.shutdownNow();
      agents.close();
      compute.close();
    }
  }

  // ---- pokes ----

  private void poke(String host) {
    try {
      bus.client(NetworkAgent.class, host).poke();
    } catch (Fault away) {
      // it asks by itself when it is back
    }
  }

  private void pokeInTurn(List<List<String>> turns) {
    for (int i = 0; i < turns.size(); i++) {
      var hosts = turns.get(i);
      if (i == 0 || timer == null) {
        hosts.forEach(this::poke);
      } else if (!hosts.isEmpty()) {
        later(i * TURN_MILLIS, () -> hosts.forEach(this::poke));
      }
    }
  }

  private void gather() {
    if (timer != null && gathering.compareAndSet(false, true)) {
      later(
          GATHER_MILLIS + lastSpread,
          () -> {
            gathering.set(false);
            spread();
          });
    }
  }

  private void later(long millis, Runnable work) {
    try {
      timer.schedule(quietly(work), millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      // it is noted in rows: another process does it, or the next start
    }
  }

  /** Many hosts that appear at once are looked at together. */
  private void repairSoon() {
    if (repairing.compareAndSet(false, true)) {
      later(
          0,
          () -> {
            repairing.set(false);
            repair.run();
          });
    }
  }

  private void spread() {
    if (database.read(HostStore::anyDirty)) {
      lastSpread = database.tx(hostLog::spread);
    }
  }

  private static Runnable quietly(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        log.warn("work for hosts failed; it is done again", e);
      }
    };
  }

  // ---- the contract ----

  @Override
  public HostChanges changes(String host, long since) {
    return database.read(
        sql -> {
          var cursor = HostStore.cursor(sql);
          return since <= 0 || since > cursor.newest() || since < cursor.floor()
              ? everything(sql, host, cursor.newest())
              : since(sql, host, since, cursor.newest());
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

  private HostChanges since(Sql sql, String host, long since, long seq) {
    Map<String, Set<String>> changed = new HashMap<>();
    for (var item : HostStore.changes(sql, host, since)) {
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
    database.change(sql -> compute.plugged(sql, bindings.report(sql, host, portIds, "ACTIVE")));
  }

  @Override
  public void portsDown(String host, List<String> portIds) {
    database.change(sql -> compute.unplugged(sql, bindings.report(sql, host, portIds, "DOWN")));
  }

  @Override
  public void alive(String host, List<AgentReport> reports) {
    boolean back =
        agents.alive(
            host,
            reports,
            sql -> view.networkIds(sql, host).forEach(n -> hostLog.dirty(sql, HostLog.NETWORK, n)));
    if (back) {
      repairSoon();
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
