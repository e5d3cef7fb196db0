package welkin.agents.simulated;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.agents.contracts.PortReports;
import welkin.core.Json;

/**
 * The network agent of a simulated host: pulls desired state, holds it in memory, and says that a
 * port is up once it is desired and its device is plugged (a guest's), or once it is desired (those
 * of DHCP servers and routers); down, as {@link PortReports} say. However many pokes arrive, at
 * most one pull runs and one waits.
 */
final class SimulatedNetworkHost implements NetworkAgent {
  private static final Logger log = LoggerFactory.getLogger(SimulatedNetworkHost.class);
  private static final int PULL = 1;
  private static final int WIRE = 2;
  private static final int RUNNING = 4;

  private final SimulatedWorld world;
  private final SimulatedHost host;
  private final NetworkPlugin plugin;
  private final Executor executor;

  /** What is to be done; RUNNING while someone does it. */
  private final AtomicInteger todo = new AtomicInteger();

  /** Whether what was to be done could not be. */
  private volatile boolean failed;

  private volatile long cursor;
  private volatile long pulled;
  private final Map<String, Net> networks = new HashMap<>();
  private final Map<String, HostChanges.Port> ports = new HashMap<>();
  private final Map<String, Group> groups = new HashMap<>();
  private final Map<String, HostChanges.Router> routers = new HashMap<>();
  private final PortReports reports = new PortReports();

  /**
   * A network.
   *
   * @param all without its tables
   */
  private record Net(HostChanges.Network all, Table fdb, Table peers) {
    static Net of(HostChanges.Network n) {
      return new Net(
          new HostChanges.Network(
              n.id(),
              n.type(),
              n.physicalNetwork(),
              n.segmentationId(),
              n.mtu(),
              n.subnets(),
              n.dhcp(),
              null,
              null),
          Table.of(n.fdb() == null ? Map.<String, String>of() : n.fdb()),
          Table.of(list(n.peers())));
    }

    void put(HostChanges.Forwarding f) {
      list(f.here()).forEach(fdb::remove);
      if (f.fdb() != null) {
        f.fdb().forEach(fdb::put);
      }
      list(f.left()).forEach(peers::remove);
      list(f.peers()).forEach(peers::add);
    }
  }

  private record Group(List<HostChanges.Rule> rules, Table members) {
    void put(HostChanges.Members m) {
      list(m.gone()).forEach(members::remove);
      list(m.came()).forEach(members::add);
    }
  }

  SimulatedNetworkHost(SimulatedWorld world, String host, NetworkPlugin plugin, Executor executor) {
    this.world = world;
    this.host = world.host(host);
    this.plugin = plugin;
    this.executor = executor;
    this.host.wiring = () -> wake(WIRE);
  }

  @Override
  public void poke() {
    wake(PULL);
  }

  private void wake(int what) {
    int before = todo.getAndUpdate(t -> t | what | RUNNING);
    if ((before & RUNNING) == 0) {
      try {
        executor.execute(this::work);
      } catch (RejectedExecutionException e) {
        // the agents are being closed; whoever comes next pulls everything
        todo.set(0);
      }
    }
  }

  private void work() {
    while (true) {
      int what = todo.getAndSet(RUNNING);
      if ((what & (PULL | WIRE)) == 0) {
        if (todo.compareAndSet(RUNNING, 0)) {
          return;
        }
        continue;
      }
      try {
        if (!world.switches().isDown(host.name)) {
          if ((what & PULL) != 0) {
            pull();
          }
          tell();
          if ((what & PULL) != 0) {
            failed = false;
          }
        } else {
          failed = true;
        }
      } catch (RuntimeException e) {
        failed = true; // the next poke or beat tries again
        log.debug("{}: {}", host.name, e.getMessage());
      }
    }
  }

  private void pull() {
    var c = plugin.changes(host.name, cursor, true);
    synchronized (this) {
      if (c.full()) {
        networks.clear();
        ports.clear();
        groups.clear();
        routers.clear();
      }
      list(c.networks()).forEach(n -> networks.put(n.id(), Net.of(n)));
      list(c.ports()).forEach(p -> ports.put(p.id(), p));
      list(c.groups())
          .forEach(g -> groups.put(g.id(), new Group(g.rules(), Table.of(list(g.members())))));
      list(c.routers()).forEach(r -> routers.put(r.id(), r));
      for (var gone : list(c.removed())) {
        switch (gone.kind()) {
          case "network" -> networks.remove(gone.id());
          case "port" -> ports.remove(gone.id());
          case "group" -> groups.remove(gone.id());
          case "router" -> routers.remove(gone.id());
          default -> log.debug("{}: unknown kind {}", host.name, gone.kind());
        }
      }
      for (var f : list(c.forwarding())) {
        var network = networks.get(f.networkId());
        if (network != null) {
          network.put(f);
        }
      }
      for (var m : list(c.members())) {
        var group = groups.get(m.groupId());
        if (group != null) {
          group.put(m);
        }
      }
      if (c.full()) {
        reports.doubt(ports.keySet());
      }
      cursor = c.cursor();
      pulled = System.nanoTime();
    }
  }

  private void tell() {
    PortReports.News news;
    synchronized (this) {
      // legs and servers stand as soon as they are desired: only a guest's device can be away
      news = reports.news(wired(), ports::containsKey, System.nanoTime());
    }
    if (!news.up().isEmpty()) {
      plugin.portsUp(host.name, news.up());
      reports.saidUp(news.up());
    }
    if (!news.down().isEmpty()) {
      plugin.portsDown(host.name, news.down());
      reports.saidDown(news.down());
    }
  }

  /** Gives a sign of life, and pulls when that is due. */
  void beat() {
    plugin.alive(host.name, agents(), cursor);
    long since = System.nanoTime() - pulled;
    if (failed || cursor == 0 || since > NetworkPlugin.PULL_EVERY.toNanos()) {
      wake(PULL);
    }
  }

  /** Says what is to be said by now; for somebody who comes several times a second. */
  void lookAgain() {
    if (reports.due(System.nanoTime())) {
      wake(WIRE);
    }
  }

  private Set<String> wired() {
    var now = new HashSet<String>();
    for (var p : ports.keySet()) {
      if (host.plugged.contains(p)) {
        now.add(p);
      }
    }
    for (var n : networks.values()) {
      if (n.all.dhcp() != null) {
        now.add(n.all.dhcp().portId());
      }
    }
    for (var r : routers.values()) {
      list(r.interfaces()).forEach(i -> now.add(i.portId()));
      if (r.gateway() != null) {
        now.add(r.gateway().portId());
      }
    }
    return now;
  }

  /** MAC addresses of a network and the tunnel addresses they are behind; null without it. */
  synchronized Map<String, String> forwarding(String networkId) {
    var n = networks.get(networkId);
    return n == null ? null : n.fdb.entries();
  }

  /** Tunnel addresses of a network's other hosts; null without it. */
  synchronized List<String> peers(String networkId) {
    var n = networks.get(networkId);
    return n == null ? null : n.peers.keys();
  }

  /** The addresses of a group; null without it. */
  synchronized List<String> members(String groupId) {
    var g = groups.get(groupId);
    return g == null ? null : g.members.keys();
  }

  /** The agents this host plays, for a sign of life. */
  private synchronized List<AgentReport> agents() {
    var l2 = Json.object();
    l2.put("tunneling_ip", host.ip());
    l2.put("devices", ports.size());
    l2.put("l2_population", true);
    l2.putArray("tunnel_types").add("vxlan");
    var l3 = Json.object();
    l3.put("agent_mode", "legacy");
    l3.put("routers", routers.size());
    var dhcp = Json.object();
    dhcp.put("dhcp_driver", "simulated");
    dhcp.put("networks", networks.values().stream().filter(n -> n.all.dhcp() != null).count());
    return List.of(
        new AgentReport("Linux bridge agent", "neutron-linuxbridge-agent", Json.text(l2)),
        new AgentReport("L3 agent", "neutron-l3-agent", Json.text(l3)),
        new AgentReport("DHCP agent", "neutron-dhcp-agent", Json.text(dhcp)),
        new AgentReport("Metadata agent", "neutron-metadata-agent", "{}"),
        new AgentReport("Metering agent", "neutron-metering-agent", "{}"));
  }

  private static <T> List<T> list(List<T> maybe) {
    return maybe == null ? List.of() : maybe;
  }
}
