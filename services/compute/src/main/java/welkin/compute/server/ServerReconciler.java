package welkin.compute.server;

import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.compute.migration.MigrationStore;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.RequestContext;
import welkin.store.Sql;
import welkin.workflow.WorkflowEngine;

/**
 * Compares what hosts have with what rows say, and repairs: guests that stopped, guests that should
 * run again, guests whose server is gone, rows in transit that no work moves any more. It takes no
 * input and keeps nothing; a poke makes it sooner, never different.
 */
public final class ServerReconciler {
  private static final Logger log = LoggerFactory.getLogger(ServerReconciler.class);

  /**
   * Of so many hosts a pass asks Placement who holds what: it is three statements each, and a claim
   * that nobody gave back is rare.
   */
  private static final int CLAIMS_OF = 100;

  private final Means means;
  private final WorkflowEngine engine;
  private final MoveKeeper moves;
  private final HostFence fence;
  private final SweepHost sweep;
  private final boolean restartGuests;

  /** The first host of the next pass whose claims are looked at. */
  private int next;

  public ServerReconciler(
      Means means,
      WorkflowEngine engine,
      MoveKeeper moves,
      HostFence fence,
      SweepHost sweep,
      boolean restartGuests) {
    this.means = means;
    this.engine = engine;
    this.moves = moves;
    this.fence = fence;
    this.sweep = sweep;
    this.restartGuests = restartGuests;
  }

  /** What a pass did, for the log and for tests. */
  public record Report(int repaired, int restarted, int destroyed) {
    Report plus(Report o) {
      return new Report(repaired + o.repaired, restarted + o.restarted, destroyed + o.destroyed);
    }
  }

  /** Looks at every living host. */
  public Report pass() {
    var all = new Report(abandoned() + moves.pass(), 0, 0);
    var hosts = means.hosts().list();
    int asked = 0;
    for (var host : hosts) {
      if (means.hosts().up(host)) {
        boolean claims = Math.floorMod(asked++ - next, hosts.size()) < CLAIMS_OF;
        try {
          all = all.plus(host(host.host(), claims));
        } catch (Fault f) {
          log.warn("host {} was not looked at: {}", host.host(), f.getMessage());
        }
      } else if (means.hosts().heard(host)) {
        fence.clear(host.host()); // down by word only
      }
    }
    next += CLAIMS_OF;
    return all;
  }

  /** Looks at one host. */
  public Report host(String host) {
    return host(host, true);
  }

  /**
   * @param claims whether to look for claims of servers that are gone
   */
  private Report host(String host, boolean claims) {
    var agent = means.hosts().agent(host);
    fence.clear(host);
    // rows first: a guest spawned after the list was made is not mistaken for a lost one
    var guests = new HashMap<String, InstanceState>();
    agent.instances().forEach(g -> guests.put(g.serverId(), g));
    Set<String> busy = means.database().read(engine::busy);
    List<Server> servers = means.database().read(sql -> ServerStore.onHost(sql, host));
    int repaired = 0;
    int restarted = 0;
    for (var server : servers) {
      var guest = guests.remove(server.id());
      if (busy.contains(server.id()) || server.taskState() != null) {
        continue;
      }
      if (guest == null) {
        repaired += lost(agent, server) ? 1 : 0;
      } else if (comesBack(server, guest)) {
        restarted += restart(agent, server) ? 1 : 0;
      } else {
        repaired += changed(server, guest) ? 1 : 0;
      }
    }
    repaired += claims ? leaked(host, servers) : 0;
    return new Report(repaired, restarted, strangers(agent, host, guests.keySet()));
  }

  /**
   * Gives back what servers hold here that are gone: a worker that stood still for longer than its
   * lease may have claimed after another had undone its work.
   */
  private int leaked(String host, List<Server> servers) {
    var known = servers.stream().map(Server::id).collect(Collectors.toSet());
    int released = 0;
    for (var id : means.hosts().find(host).map(means.claims()::holders).orElse(Set.of())) {
      if (!known.contains(id) && means.database().read(sql -> isGone(sql, id))) {
        log.warn("server {} is gone and still holds resources on {}", id, host);
        means.claims().release(id);
        released++;
      }
    }
    return released;
  }

  private boolean isGone(Sql sql, String id) {
    return ServerStore.findEver(sql, id).map(Server::deleted).orElse(false)
        && !engine.isBusy(sql, id);
  }

  /** A guest the host knows nothing of: its disk is gone with it. */
  private boolean lost(InstanceAgent agent, Server server) {
    try {
      agent.instance(server.id());
      return false; // it came while we looked
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
    if (server.is(States.ERROR) || server.is(States.STOPPED) && server.powerState() == 0) {
      return false;
    }
    log.warn("{} has lost server {}", server.host(), server.id());
    return set(
        server,
        "vm_state",
        States.STOPPED,
        "power_state",
        PowerState.NOSTATE.code(),
        "fault",
        means.fault(
            Fault.of(500, "InstanceNotFound", "Its host " + server.host() + " has lost it.")));
  }

  /** A guest that ran, and stopped because its host did. */
  private boolean comesBack(Server server, InstanceState guest) {
    return restartGuests
        && (server.is(States.ACTIVE)
            || server.is(States.RESIZED) && server.powerState() == PowerState.RUNNING.code())
        && guest.power() == PowerState.SHUTDOWN
        && guest.reason() != null
        && guest.reason().startsWith("The host was ");
  }

  private boolean restart(InstanceAgent agent, Server server) {
    try {
      agent.power(server.id(), PowerAction.START, 0);
      return true;
    } catch (Fault f) {
      log.warn("server {} could not be started again: {}", server.id(), f.getMessage());
      return set(server, "vm_state", States.STOPPED, "power_state", PowerState.SHUTDOWN.code());
    }
  }

  /** A guest changed without being asked. */
  public void changed(String host, InstanceState guest) {
    moves.look(guest.serverId());
    var server = means.database().read(sql -> ServerStore.find(sql, guest.serverId())).orElse(null);
    if (server != null
        && host.equals(server.host())
        && server.taskState() == null
        && !means.database().read(sql -> engine.isBusy(sql, server.id()))) {
      if (comesBack(server, guest)) {
        restart(means.hosts().agent(host), server);
      } else {
        changed(server, guest);
      }
    }
  }

  /** Makes the row follow its guest, as upstream's power state synchronisation does. */
  private boolean changed(Server server, InstanceState guest) {
    int power = guest.power().code();
    var follows =
        switch (guest.power()) {
          case SHUTDOWN, CRASHED ->
              server.is(States.ACTIVE) || server.is(States.PAUSED) ? States.STOPPED : null;
          case RUNNING ->
              server.is(States.STOPPED) || server.is(States.PAUSED) ? States.ACTIVE : null;
          case PAUSED -> server.is(States.ACTIVE) ? States.PAUSED : null;
          case SUSPENDED, NOSTATE -> null;
        };
    if (follows == null && power == server.powerState()) {
      return false;
    }
    if (follows == null && server.is(States.SUSPENDED)) {
      return false;
    }
    log.info(
        "server {} is {}{}",
        server.id(),
        guest.power(),
        guest.reason() == null ? "" : ": " + guest.reason());
    var state = follows == null ? server.vmState() : follows;
    return States.STOPPED.equals(follows)
        ? stopped(server, power)
        : set(server, "power_state", power, "vm_state", state);
  }

  /**
   * A guest that stopped by itself was stopped by nobody: as upstream, that is an action of its
   * own, with a request id and no user.
   */
  private boolean stopped(Server server, int power) {
    var nobody = new RequestContext(means.ids().requestId(), null, Caller.ANONYMOUS, null);
    Consumer<Sql> action =
        sql -> {
          means.actions().begin(sql, server.id(), "stop");
          means.actions().event(sql, server.id(), "compute_stop_instance", server.host(), null);
        };
    return nobody.call(() -> set(server, action, "power_state", power, "vm_state", States.STOPPED));
  }

  private boolean set(Server server, Object... pairs) {
    return set(server, sql -> {}, pairs);
  }

  private boolean set(Server server, Consumer<Sql> also, Object... pairs) {
    return means
        .database()
        .tx(
            sql -> {
              var now = ServerStore.find(sql, server.id()).orElse(null);
              if (now == null
                  || now.taskState() != null
                  || !now.vmState().equals(server.vmState())
                  || engine.isBusy(sql, server.id())) {
                return false;
              }
              means.set(sql, server.id(), pairs);
              also.accept(sql);
              means.tell(sql, now, "update");
              return true;
            });
  }

  /**
   * Guests of no row of this host: those whose server is gone, or lives elsewhere, are destroyed;
   * the latter when nothing else is done to it, as it may move here.
   */
  private int strangers(InstanceAgent agent, String host, Set<String> guests) {
    int destroyed = 0;
    for (var id : guests) {
      var server = means.database().read(sql -> stranger(sql, host, id)).orElse(null);
      if (server == null) {
        continue;
      }
      if (server.deleted()) {
        log.info("destroying what is left of server {} on {}", id, host);
        agent.destroy(id);
        destroyed++;
      } else if (server.host() != null && !means.hosts().up(server.host())) {
        // nobody knows what is left of it where it should be
        if (means.database().tx(sql -> stranger(sql, host, id)).isPresent()) {
          stop(agent, id);
        }
      } else if (means.database().tx(sql -> sweep(sql, host, id))) {
        log.info("server {} is on {}: what is left of it on {} goes", id, server.host(), host);
        destroyed++;
      }
    }
    return destroyed;
  }

  /**
   * The server of a guest that has no business on a host. Between two questions of a reader a move
   * may end: what a living server has is touched only when a transaction that writes says it, too.
   */
  private Optional<Server> stranger(Sql sql, String host, String id) {
    var server = ServerStore.findEver(sql, id);
    if (server.isEmpty()) {
      log.warn("host {} has guest {}, which is no server of this cloud", host, id);
    }
    return server.filter(
        s ->
            (s.deleted() || !host.equals(s.host()))
                && !engine.isBusy(sql, id)
                && !MigrationStore.keeps(sql, id, host)); // a resized server may come back
  }

  private boolean sweep(Sql sql, String host, String id) {
    if (stranger(sql, host, id).isEmpty()) {
      return false;
    }
    engine.enqueue(sql, sweep, id, new SweepHost.Input(id, host));
    return true;
  }

  private static void stop(InstanceAgent agent, String id) {
    try {
      if (agent.instance(id).power() != PowerState.SHUTDOWN) {
        agent.power(id, PowerAction.STOP, 0);
      }
    } catch (Fault f) {
      log.warn("server {} could not be stopped: {}", id, f.getMessage());
    }
  }

  /** Rows in transit without live work: they cannot exist, and if one does it is an error. */
  private int abandoned() {
    int repaired = 0;
    Set<String> busy = means.database().read(engine::busy);
    for (var server : means.database().read(ServerStore::inTransit)) {
      if (!busy.contains(server.id())) {
        repaired += means.database().tx(sql -> abandoned(sql, server)) ? 1 : 0;
      }
    }
    return repaired;
  }

  private boolean abandoned(Sql sql, Server server) {
    var now = ServerStore.find(sql, server.id()).orElse(null);
    if (now == null
        || now.taskState() == null && !now.is(States.BUILDING)
        || engine.isBusy(sql, server.id())) {
      return false;
    }
    log.error("server {} was {} and nothing worked on it", now.id(), now.taskState());
    means.set(sql, now.id(), "task_state", null);
    if (now.is(States.BUILDING)) {
      var fault = Fault.of(500, "Abandoned", "The work on the server was lost.");
      means.set(sql, now.id(), "vm_state", States.ERROR, "fault", means.fault(fault));
    }
    return true;
  }

  /** Runs a pass as nobody in particular. */
  public void passQuietly() {
    quietly("servers", this::pass);
  }

  /** Looks at a host that has just appeared. */
  public void hostQuietly(String host) {
    quietly("the servers on " + host, () -> host(host));
  }

  private static void quietly(String what, Runnable look) {
    try {
      new RequestContext("req-reconciler", null, Caller.ANONYMOUS, null).run(look);
    } catch (RuntimeException e) {
      log.warn("looking after {} failed, again in a minute", what, e);
    }
  }
}
