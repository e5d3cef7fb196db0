package welkin.agents.simulated;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Objects;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.core.Fault;

/**
 * Guests on their way from one simulated host to another. Migrations need no thread: whoever looks
 * at one brings it to where the clock says it is.
 */
final class SimulatedMoves {
  private static final long MIB = 1 << 20;

  /**
   * What a guest's host remembers about its moves.
   *
   * @param away it belongs to another host now and must not run here
   * @param opened its disks are open for another host
   * @param incoming the host it is to arrive from, null when it is no arrival
   * @param arrived whether an arrival has its memory
   */
  record Moving(
      boolean away, boolean opened, String incoming, boolean arrived, Migration migration) {
    static final Moving NOT = new Moving(false, false, null, false, null);

    Moving withAway(boolean is) {
      return new Moving(is, opened, incoming, arrived, migration);
    }

    Moving withOpened(boolean is) {
      return new Moving(away, is, incoming, arrived, migration);
    }

    Moving withMigration(Migration m) {
      return new Moving(away, opened, incoming, arrived, m);
    }
  }

  /** A live migration to another host. */
  record Migration(
      String to,
      boolean block,
      LiveOptions options,
      Instant began,
      Instant ended,
      boolean forced,
      boolean networkMoved,
      Status status,
      String error) {
    Migration over(Status how, Instant at, String why) {
      return new Migration(to, block, options, began, at, forced, networkMoved, how, why);
    }

    Migration inForce() {
      return new Migration(to, block, options, began, ended, true, networkMoved, status, error);
    }

    Migration led() {
      return new Migration(to, block, options, began, ended, forced, true, status, error);
    }

    /** Whether the guest would go now, if it need not wait for the network. */
    boolean leaving(Duration takes, Instant now) {
      return !status.over() && (forced || Duration.between(began, now).compareTo(takes) >= 0);
    }

    /** Whether it still waits for the network. */
    boolean waits(Duration takes, Instant now) {
      return !networkMoved
          && Duration.between(began, now)
                  .compareTo((forced ? Duration.ZERO : takes).plusMillis(options.networkWaitMs()))
              < 0;
    }
  }

  private final SimulatedWorld world;

  SimulatedMoves(SimulatedWorld world) {
    this.world = world;
  }

  synchronized MoveTicket open(SimulatedHost host, String id) {
    var g = host.guest(id);
    settle(host, id);
    if (g.moving.incoming() != null || g.moving.away()) {
      throw invalid(g, "open the disks of");
    }
    g.moving = g.moving.withOpened(true);
    world.changed(host, id);
    return ticket(host, g.spec);
  }

  private MoveTicket ticket(SimulatedHost host, InstanceSpec spec) {
    var disks = new ArrayList<MoveTicket.Disk>();
    disks.add(new MoveTicket.Disk("root", "qcow2", (long) spec.rootGb() << 30, null));
    if (spec.ephemeralGb() > 0) {
      disks.add(new MoveTicket.Disk("ephemeral", "raw", (long) spec.ephemeralGb() << 30, null));
    }
    if (spec.swapMb() > 0) {
      disks.add(new MoveTicket.Disk("swap", "raw", spec.swapMb() * MIB, null));
    }
    return new MoveTicket(
        spec.serverId(), host.name, host.ip(), 0, 0, null, world.storageId(host), "{}", disks);
  }

  synchronized void close(SimulatedHost host, String id) {
    var g = host.guests.get(id);
    if (g != null) {
      g.moving = g.moving.withOpened(false);
      world.changed(host, id);
    }
  }

  synchronized void adopt(SimulatedHost host, InstanceSpec spec, MoveTicket from) {
    var id = spec.serverId();
    var here = host.guests.get(id);
    if (here != null && here.moving.incoming() != null) {
      throw invalid(here, "take over the disks of");
    }
    if (here != null && !here.moving.away()) {
      respec(host, here, spec);
      if (from == null) {
        here.moving = here.moving.withOpened(false);
        world.changed(host, id);
      }
      return;
    }
    if (from != null) {
      take(host, spec, source(from, id));
    } else {
      var elsewhere =
          world.sharedStorage()
              ? world.hosts().stream()
                  .map(world::host)
                  .filter(h -> h != host)
                  .map(h -> h.guests.get(id))
                  .filter(g -> g != null && !g.moving.away())
                  .findFirst()
                  .orElse(null)
              : null;
      var disks = elsewhere == null ? here : elsewhere;
      if (disks == null) {
        throw Fault.of(
            409,
            "DisksNotFound",
            "Host '" + host.name + "' has no disks of server " + id + " within its reach.");
      }
      take(host, spec, disks);
    }
  }

  private void take(SimulatedHost host, InstanceSpec spec, SimulatedGuest disks) {
    var mine = new SimulatedGuest(spec, disks.made);
    mine.power = PowerState.SHUTDOWN;
    mine.boots = disks.boots;
    var old = host.guests.put(spec.serverId(), mine);
    if (old != null) {
      host.use(old.spec, -1);
    }
    host.use(spec, 1);
    if (disks != old && (world.sharedStorage() || disks.moving.opened())) {
      disks.moving = disks.moving.withAway(true);
      world.hosts().stream()
          .map(world::host)
          .filter(h -> h.guests.get(spec.serverId()) == disks)
          .forEach(h -> world.changed(h, spec.serverId()));
    }
    world.changed(host, spec.serverId());
  }

  private void respec(SimulatedHost host, SimulatedGuest g, InstanceSpec spec) {
    synchronized (g) {
      host.use(g.spec, -1);
      g.spec = spec;
      host.use(spec, 1);
    }
    world.changed(host, spec.serverId());
  }

  private SimulatedGuest source(MoveTicket from, String id) {
    var host = world.host(from.host());
    var g = host.guests.get(id);
    if (g == null || world.switches().isDown(host.name) || !g.moving.opened()) {
      throw Fault.unavailable(
          "Host '" + from.host() + "' does not give the disks of server " + id + ".", 5);
    }
    return g;
  }

  synchronized MoveTicket prepare(
      SimulatedHost host, InstanceSpec spec, MoveTicket from, boolean block) {
    if (block == from.storageId().equals(world.storageId(host))) {
      throw Fault.badRequest(
          block
              ? "The hosts share their storage: nothing is to be copied."
              : "The hosts do not share their storage: the disks must be copied.");
    }
    var id = spec.serverId();
    var here = host.guests.get(id);
    if (here != null && here.moving.incoming() == null && !here.moving.away()) {
      throw invalid(here, "receive");
    }
    if (here == null || here.moving.away()) {
      if (here != null) {
        host.use(here.spec, -1);
      }
      var g = new SimulatedGuest(spec, source(from, id).made);
      g.moving = new Moving(false, false, from.host(), false, null);
      host.guests.put(id, g);
      host.use(spec, 1);
      world.changed(host, id);
      host.plugged(g);
    }
    return ticket(host, spec);
  }

  synchronized void migrate(SimulatedHost host, String id, MoveTicket to, LiveOptions options) {
    var g = host.guest(id);
    settle(host, id);
    var m = g.moving.migration();
    if (m != null && (m.status() == Status.COMPLETED || !m.status().over())) {
      return;
    }
    if (!g.isOn() || g.moving.incoming() != null) {
      throw invalid(g, "migrate");
    }
    var block = !to.storageId().equals(world.storageId(host));
    g.moving =
        g.moving.withMigration(
            new Migration(
                to.host(),
                block,
                options,
                world.clock().instant(),
                null,
                false,
                false,
                Status.RUNNING,
                null));
    world.changed(host, id);
    settle(host, id);
  }

  synchronized MigrationProgress progress(SimulatedHost host, String id) {
    var g = host.guest(id);
    settle(host, id);
    var m = g.moving.migration();
    if (m == null) {
      throw Fault.of(404, "MigrationNotFound", "Server " + id + " does not migrate.");
    }
    var until = m.ended() == null ? world.clock().instant() : m.ended();
    long elapsed = Duration.between(m.began(), until).toMillis();
    double share =
        m.status() == Status.COMPLETED
            ? 1
            : Math.min(0.99, elapsed / (double) Math.max(1, world.migrationTime().toMillis()));
    long memory = g.spec.memoryMb() * MIB;
    long disk = 0;
    if (m.block()) {
      disk = ((long) g.spec.rootGb() + g.spec.ephemeralGb() << 30) + g.spec.swapMb() * MIB;
    }
    long memoryDone = (long) (memory * share);
    long diskDone = (long) (disk * share);
    return new MigrationProgress(
        m.status(),
        memory,
        memoryDone,
        memory - memoryDone,
        disk,
        diskDone,
        disk - diskDone,
        m.status() == Status.COMPLETED ? 1 : 0,
        elapsed,
        m.error(),
        m.leaving(world.migrationTime(), world.clock().instant()));
  }

  synchronized void abort(SimulatedHost host, String id) {
    var g = host.guest(id);
    settle(host, id);
    var m = g.moving.migration();
    if (m != null && !m.status().over()) {
      end(host, g, m, Status.CANCELLED, "The migration was aborted.");
    }
  }

  synchronized void force(SimulatedHost host, String id) {
    var g = host.guest(id);
    settle(host, id);
    var m = g.moving.migration();
    if (m != null && !m.status().over()) {
      g.moving = g.moving.withMigration(m.inForce());
      settle(host, id);
    }
  }

  synchronized void networkMoved(SimulatedHost host, String id) {
    var g = host.guest(id);
    var m = g.moving.migration();
    if (m != null && m.leaving(world.migrationTime(), world.clock().instant())) {
      g.moving = g.moving.withMigration(m.led());
      settle(host, id);
    }
  }

  synchronized void complete(SimulatedHost host, String id) {
    var g = host.guest(id);
    if (g.moving.incoming() == null) {
      return;
    }
    settle(world.host(g.moving.incoming()), id);
    if (!g.moving.arrived()) {
      throw Fault.of(409, "InstanceInvalidState", "Server " + id + " has not arrived.");
    }
    g.moving = Moving.NOT;
    world.changed(host, id);
  }

  /** Brings the migrations of a guest, here or from elsewhere to here, up to date. */
  synchronized void look(SimulatedHost host, String id) {
    var g = host.guests.get(id);
    if (g != null) {
      settle(host, id);
      if (g.moving.incoming() != null) {
        settle(world.host(g.moving.incoming()), id);
      }
    }
  }

  private void settle(SimulatedHost host, String id) {
    var g = host.guests.get(id);
    var m = g == null ? null : g.moving.migration();
    if (m == null || m.status().over()) {
      return;
    }
    var to = world.host(m.to());
    var there = to.guests.get(id);
    var elapsed = Duration.between(m.began(), world.clock().instant());
    int limit = m.options().completionTimeoutSeconds();
    if (!g.isOn()) {
      end(host, g, m, Status.FAILED, "The guest ended.");
    } else if (there == null
        || !Objects.equals(there.moving.incoming(), host.name)
        || there.power != PowerState.PAUSED
        || world.switches().isDown(to.name)) {
      end(host, g, m, Status.FAILED, "Host '" + m.to() + "' takes the guest no longer.");
    } else if (m.leaving(world.migrationTime(), world.clock().instant())) {
      if (!m.waits(world.migrationTime(), world.clock().instant())) {
        arrive(host, g, m, to, there);
      }
    } else if (limit > 0 && elapsed.toSeconds() >= limit) {
      if (m.options().timeoutAction() == LiveOptions.TimeoutAction.FORCE_COMPLETE) {
        arrive(host, g, m, to, there);
      } else {
        end(
            host,
            g,
            m,
            Status.CANCELLED,
            "The migration was not over after " + limit + " s and was given up.");
      }
    }
  }

  private void arrive(
      SimulatedHost host, SimulatedGuest g, Migration m, SimulatedHost to, SimulatedGuest there) {
    synchronized (g) {
      synchronized (there) {
        there.power = g.power;
        there.boots = g.boots;
        there.moving = new Moving(false, false, host.name, true, null);
        g.power = PowerState.SHUTDOWN;
        g.moving = g.moving.withAway(true);
      }
    }
    end(host, g, m, Status.COMPLETED, null);
    host.plugged(g);
    world.changed(to, there.spec.serverId());
  }

  private void end(SimulatedHost host, SimulatedGuest g, Migration m, Status how, String why) {
    g.moving = g.moving.withMigration(m.over(how, world.clock().instant(), why));
    world.changed(host, g.spec.serverId());
  }

  /** Refuses to let a guest run where it must not; to start it gives a move up. */
  static void requireHere(SimulatedGuest g, boolean starts, String what) {
    var m = g.moving;
    if (m.incoming() != null && !m.arrived() || starts && m.away()) {
      throw invalid(g, what);
    }
    if (starts && m.opened() && !g.isOn()) {
      g.moving = m.withOpened(false);
    }
  }

  private static Fault invalid(SimulatedGuest g, String what) {
    var m = g.moving;
    var is =
        m.incoming() != null
            ? "arriving"
            : m.away() ? "on another host now" : m.opened() ? "kept for a move" : "" + g.power;
    return Fault.of(
        409,
        "InstanceInvalidState",
        "Server " + g.spec.serverId() + " is " + is + ": cannot " + what + " it.");
  }

  /** Of several hosts that know a guest, whether this is the one it belongs to. */
  static boolean belongs(SimulatedGuest g) {
    return !g.moving.away() && g.moving.incoming() == null;
  }
}
