package welkin.network.router;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import welkin.network.agent.Agents;
import welkin.network.agent.Agents.Role;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.HostLog;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortBindings;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.resource.Resource;
import welkin.network.router.RouterStore.Leg;
import welkin.network.router.RouterStore.Next;
import welkin.network.stores.Stores;
import welkin.store.Sql;
import welkin.store.Times;

/** Which host plays which router. */
public final class RouterHosts {
  /** How device owners of routers' ports begin. */
  private static final String LEGS = "network:router_";

  /** For so long, in microseconds, a host may say nothing of a router it is to make ready. */
  private static final long PATIENCE = 8_000_000;

  private final RouterStore store;
  private final NetworkStore networks;
  private final PortStore ports;
  private final FloatingIpStore floating;
  private final Ports portVerbs;
  private final PortBindings bindings;
  private final Agents agents;
  private final HostLog log;

  public RouterHosts(
      Stores stores, Ports portVerbs, PortBindings bindings, Agents agents, HostLog log) {
    this.store = stores.routers();
    this.networks = stores.networks();
    this.ports = stores.ports();
    this.floating = stores.floating();
    this.portVerbs = portVerbs;
    this.bindings = bindings;
    this.agents = agents;
    this.log = log;
  }

  /** The hosts of a router must look again: the one that plays it, and the one that is to. */
  void touch(Sql sql, String routerId) {
    store.host(sql, routerId).ifPresent(h -> log.touch(sql, h, HostLog.ROUTER, routerId));
    store.next(sql, routerId).ifPresent(n -> log.touch(sql, n.host(), HostLog.ROUTER, routerId));
  }

  /** Sees that a router with a leg has a host, and that the host has all its legs. */
  public void place(Sql sql, String routerId) {
    var legs = store.legs(sql, routerId);
    if (legs.isEmpty()) {
      return;
    }
    var host = store.host(sql, routerId).filter(h -> carries(sql, h, legs));
    if (host.isEmpty()) {
      host = choose(sql, legs);
    }
    host.ifPresent(h -> give(sql, routerId, h));
  }

  private boolean carries(Sql sql, String host, List<Leg> legs) {
    return legs.stream()
        .map(l -> networks.find(sql, l.networkId()).orElse(null))
        .filter(Objects::nonNull)
        .allMatch(
            n ->
                agents.carries(
                    host, n.text("provider:network_type"), n.text("provider:physical_network")));
  }

  private Optional<String> choose(Sql sql, List<Leg> legs) {
    var load = store.load(sql);
    return agents.hosts(Role.L3).stream()
        .filter(h -> carries(sql, h, legs))
        .min(Comparator.comparingLong(h -> load.getOrDefault(h, 0L)));
  }

  /** Gives a router to a host; null takes it away from every host. */
  public void give(Sql sql, String routerId, String host) {
    store
        .next(sql, routerId)
        .map(Next::host)
        .ifPresent(
            next -> {
              if (next.equals(host)) {
                store.setNext(sql, routerId, null);
              } else {
                callOff(sql, routerId, next);
              }
            });
    var old = store.host(sql, routerId).orElse(null);
    if (!Objects.equals(old, host)) {
      if (old != null) {
        log.touch(sql, old, HostLog.ROUTER, routerId);
      }
      store.setHost(sql, routerId, host);
    }
    for (var port : ports(sql, routerId)) {
      var to = host == null ? "" : host;
      if (to.equals(port.text("binding:host_id"))) {
        continue;
      }
      if (host != null && bindings.isPrepared(sql, port.id(), host)) {
        bindings.move(sql, port, host);
      } else {
        portVerbs.place(sql, port, to);
      }
    }
    floating.serve(sql, routerId, host != null);
    if (host != null) {
      log.touch(sql, host, HostLog.ROUTER, routerId);
    }
  }

  private List<Resource> ports(Sql sql, String routerId) {
    return store.legs(sql, routerId).stream()
        .flatMap(leg -> ports.rows().find(sql, leg.portId()).stream())
        .toList();
  }

  /**
   * Routers whose host's L3 agent is dead, while another's lives, and those that are made ready
   * elsewhere.
   */
  public Set<String> stranded(Sql sql) {
    var out = new LinkedHashSet<>(store.prepared(sql));
    if (!agents.hosts(Role.L3).isEmpty()) {
      store.hosts(sql).stream()
          .filter(h -> !agents.lives(h, Role.L3))
          .forEach(h -> out.addAll(store.onHost(sql, h)));
    }
    return out;
  }

  /**
   * Has a living host make ready a dead one's router, when there is one for it. The dead one may
   * still pass packets, its agent alone being away, so it is handed over in three steps, each when
   * the new host says that the one before is done: all is made ready there; it joins the networks
   * and announces the addresses; the other hosts send it what is for the router ({@link #stand}).
   * For a host that says nothing for a while it is done at once.
   */
  public void rescue(Sql sql, String routerId) {
    var host = store.host(sql, routerId).orElse(null);
    var next = store.next(sql, routerId).orElse(null);
    boolean late = next != null && Times.micros(sql.now()) - next.since() > PATIENCE;
    if (host != null && !agents.lives(host, Role.L3)) {
      if (next == null || !agents.serves(next.host(), Role.L3)) {
        choose(sql, store.legs(sql, routerId)).ifPresent(to -> prepare(sql, routerId, to));
      } else if (late) {
        give(sql, routerId, next.host());
      }
    } else if (next != null && !next.host().equals(host)) {
      callOff(sql, routerId, next.host());
    } else if (late) {
      give(sql, routerId, host);
    }
  }

  private void prepare(Sql sql, String routerId, String to) {
    store.next(sql, routerId).ifPresent(n -> callOff(sql, routerId, n.host()));
    store.setNext(sql, routerId, to);
    for (var port : ports(sql, routerId)) {
      bindings.prepare(sql, port, to);
    }
    log.touch(sql, to, HostLog.ROUTER, routerId);
  }

  private void callOff(Sql sql, String routerId, String next) {
    store.setNext(sql, routerId, null);
    ports(sql, routerId).forEach(port -> bindings.forget(sql, port, next));
    log.touch(sql, next, HostLog.ROUTER, routerId);
  }

  /** Hears that ports stand at a host: a router whose legs all do goes one step further there. */
  public void stand(Sql sql, String host, List<Resource> standing) {
    standing.stream()
        .filter(port -> port.text("device_owner").startsWith(LEGS))
        .map(port -> port.text("device_id"))
        .distinct()
        .filter(id -> store.next(sql, id).filter(n -> n.host().equals(host)).isPresent())
        .filter(
            id ->
                store.legs(sql, id).stream()
                    .allMatch(leg -> bindings.stands(sql, leg.portId(), host)))
        .forEach(id -> handOver(sql, id, host));
  }

  private void handOver(Sql sql, String routerId, String to) {
    var from = store.host(sql, routerId).orElse(to);
    if (from.equals(to)) {
      give(sql, routerId, to);
    } else if (agents.lives(from, Role.L3)) {
      callOff(sql, routerId, to);
    } else {
      store.setHost(sql, routerId, to);
      store.setNext(sql, routerId, to);
      log.touch(sql, from, HostLog.ROUTER, routerId);
      log.touch(sql, to, HostLog.ROUTER, routerId);
    }
  }

  /** Routers with legs that no host plays, while there are hosts for them. */
  public List<String> waiting(Sql sql) {
    return agents.hosts(Role.L3).isEmpty()
        ? List.of()
        : store.waiting(sql).stream().filter(id -> !store.legs(sql, id).isEmpty()).toList();
  }
}
