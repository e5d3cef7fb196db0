package welkin.network.router;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import welkin.network.agent.Agents;
import welkin.network.agent.Agents.Role;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.HostLog;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.router.RouterStore.Leg;
import welkin.network.stores.Stores;
import welkin.store.Sql;

/** Which host plays which router. */
public final class RouterHosts {
  private final RouterStore store;
  private final NetworkStore networks;
  private final PortStore ports;
  private final FloatingIpStore floating;
  private final Ports portVerbs;
  private final Agents agents;
  private final HostLog log;

  public RouterHosts(Stores stores, Ports portVerbs, Agents agents, HostLog log) {
    this.store = stores.routers();
    this.networks = stores.networks();
    this.ports = stores.ports();
    this.floating = stores.floating();
    this.portVerbs = portVerbs;
    this.agents = agents;
    this.log = log;
  }

  /** The host of a router must look again. */
  void touch(Sql sql, String routerId) {
    store.host(sql, routerId).ifPresent(h -> log.touch(sql, h, HostLog.ROUTER, routerId));
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
    var old = store.host(sql, routerId).orElse(null);
    if (!Objects.equals(old, host)) {
      if (old != null) {
        log.touch(sql, old, HostLog.ROUTER, routerId);
      }
      store.setHost(sql, routerId, host);
    }
    for (var leg : store.legs(sql, routerId)) {
      ports
          .rows()
          .find(sql, leg.portId())
          .filter(p -> !(host == null ? "" : host).equals(p.text("binding:host_id")))
          .ifPresent(p -> portVerbs.place(sql, p, host == null ? "" : host));
    }
    floating.serve(sql, routerId, host != null);
    if (host != null) {
      log.touch(sql, host, HostLog.ROUTER, routerId);
    }
  }

  /** Routers whose host's L3 agent is dead, while another's lives. */
  public List<String> stranded(Sql sql) {
    if (agents.hosts(Role.L3).isEmpty()) {
      return List.of();
    }
    return store.hosts(sql).stream()
        .filter(h -> !agents.lives(h, Role.L3))
        .flatMap(h -> store.onHost(sql, h).stream())
        .toList();
  }

  /** Gives a router from a dead host to a living one, when there is one for it. */
  public void rescue(Sql sql, String routerId) {
    var from = store.host(sql, routerId).orElse(null);
    if (from == null || agents.lives(from, Role.L3)) {
      return;
    }
    choose(sql, store.legs(sql, routerId))
        .filter(to -> store.moveHost(sql, routerId, from, to))
        .ifPresent(
            to -> {
              log.touch(sql, from, HostLog.ROUTER, routerId);
              give(sql, routerId, to);
            });
  }

  /** Routers with legs that no host plays, while there are hosts for them. */
  public List<String> waiting(Sql sql) {
    return agents.hosts(Role.L3).isEmpty()
        ? List.of()
        : store.waiting(sql).stream().filter(id -> !store.legs(sql, id).isEmpty()).toList();
  }
}
