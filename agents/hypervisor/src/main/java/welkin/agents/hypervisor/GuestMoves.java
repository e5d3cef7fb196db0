package welkin.agents.hypervisor;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.hypervisor.GuestRecord.Departure;
import welkin.core.Fault;

/**
 * One guest's ways from and to other hosts. What is under way is written in its record before it is
 * done; whose the guest is, its record says, and on shared storage the mark beside its disks.
 */
final class GuestMoves {
  private static final Duration ABORT = Duration.ofSeconds(30);

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private final DiskServer server;
  private final Tickets tickets;
  private final Takeover takeover;
  private final Arrivals arrivals;
  private volatile DiskFetch fetch;
  private volatile LiveMigration leaving;

  GuestMoves(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
    this.server = new DiskServer(kit, dir, guest.id());
    this.tickets = new Tickets(guest, kit, dir);
    this.takeover = new Takeover(guest, kit, dir, this);
    this.arrivals = new Arrivals(guest, kit, dir, this);
  }

  Tickets tickets() {
    return tickets;
  }

  /** It comes here stopped. */
  Takeover takeover() {
    return takeover;
  }

  /** It comes here running. */
  Arrivals arrivals() {
    return arrivals;
  }

  DiskServer server() {
    return server;
  }

  private GuestRecord record() {
    return guest.record();
  }

  private GuestRecord.Moving move() {
    return record().move();
  }

  private String host() {
    return kit.settings().host();
  }

  // ---- whose it is

  /**
   * Refuses what must not be done to a guest that is on its way.
   *
   * @param starts whether it would let the guest run
   */
  void requireHere(boolean starts, String what) {
    var m = move();
    if (arrivals.arriving()) {
      throw refused("has not arrived", what);
    }
    if (starts && (m.away() != null || !dir.belongsTo(host()))) {
      throw elsewhere(what);
    }
    if (starts && m.opened()) {
      // whoever has it started has given up the move, and could perhaps not say so here
      close();
    }
  }

  Fault elsewhere(String what) {
    var away = move().away() == null ? dir.owner() : move().away();
    return refused("belongs to host '" + away + "' now", what);
  }

  Fault refused(String is, String what) {
    return Fault.of(
        409,
        "InstanceInvalidState",
        "Server " + guest.id() + " " + is + ": cannot " + what + " it.");
  }

  // ---- the side it leaves

  MoveTicket open() {
    var ticket = new MoveTicket[1];
    guest.locked(
        () -> {
          guest.present();
          var m = move();
          if (m.arrival() != null || m.away() != null || !dir.belongsTo(host())) {
            throw elsewhere("open the disks of");
          }
          var power = guest.state().power();
          if (power == PowerState.SUSPENDED) {
            throw guest.invalid("move", power);
          }
          var on = guest.machine() != null && Guest.isOn(power);
          guest.save(record().moving(m.opened(!on)));
          int port = server.ensure(record(), !on);
          ticket[0] = tickets.toFetch(port, server.key());
        });
    return ticket[0];
  }

  void close() {
    guest.locked(
        () -> {
          server.close();
          if (record() != null && record().ready()) {
            guest.save(record().moving(move().opened(false)));
          }
        });
  }

  void migrate(MoveTicket to, LiveOptions options) {
    guest.locked(
        () -> {
          guest.present();
          var last = move().departure();
          if (last != null
              && (last.progress() == null || last.progress().status() == Status.COMPLETED)) {
            return;
          }
          requireHere(true, "migrate");
          var power = guest.state().power();
          if (guest.machine() == null || !Guest.isOn(power)) {
            throw guest.invalid("migrate", power);
          }
          if (to.memoryPort() == 0) {
            throw Fault.badRequest("The ticket says nowhere to send the guest's memory to.");
          }
          new MoveKey(dir, "key-to", kit.confinement()).put(to.key());
          var start =
              new Departure(
                  Tickets.withoutKey(to),
                  options,
                  kit.clock().instant(),
                  false,
                  false,
                  false,
                  null);
          guest.save(record().moving(move().departing(start)));
          leave();
        });
  }

  void leave() {
    leaving = new LiveMigration(guest, kit, dir);
    leaving.start();
  }

  /** Goes on with what an earlier agent was doing. */
  void found() {
    if (record() != null && record().ready()) {
      var d = move().departure();
      if (d != null && d.progress() == null) {
        leave();
      } else if (!move().opened() && move().away() == null && server.open()) {
        // nobody may come any more to close it; who still wants it asks again
        server.close();
      }
    }
  }

  private Departure departure() {
    guest.present();
    var d = move().departure();
    if (d == null) {
      throw Fault.of(
          404, "MigrationNotFound", "Server " + guest.id() + " does not migrate from here.");
    }
    return d;
  }

  MigrationProgress progress() {
    var d = departure();
    if (d.progress() != null) {
      return d.progress();
    }
    var now = leaving;
    return now == null ? LiveMigration.queued(d, kit.clock()) : now.progress();
  }

  void abort() {
    guest.present();
    var now = leaving;
    if (now != null && !now.abort(ABORT)) {
      throw Fault.unavailable("The migration does not end.", 5);
    }
  }

  void networkMoved() {
    guest.present();
    var now = leaving;
    if (now != null) {
      now.networkMoved();
    }
  }

  void force() {
    guest.present();
    var now = leaving;
    if (now != null) {
      now.force();
    }
  }

  // ---- the side it comes to

  void prepareDirectory(GuestRecord next, boolean shared) {
    try {
      QemuProcess.find(dir, guest.id()).ifPresent(QemuProcess::kill);
      if (shared) {
        HostFiles.removeTree(dir.vm());
        dir.create(kit.confinement());
      } else {
        dir.create(kit.confinement());
        dir.clear(kit.confinement());
      }
      guest.save(next);
    } catch (IOException e) {
      throw HostFiles.fault("making room for guest " + guest.id(), e);
    }
  }

  DiskFetch fetching(MoveTicket from) {
    var f = new DiskFetch(kit, dir, from);
    fetch = f;
    return f;
  }

  /** Ends what moves: the guest is to go. */
  void cancel() {
    var f = fetch;
    if (f != null) {
      f.cancel();
    }
    detach();
  }

  /** Stops driving; QEMU goes on. */
  void detach() {
    var l = leaving;
    if (l != null) {
      l.detach();
    }
  }

  static Map<String, Object> cap(String name, boolean on) {
    var m = new LinkedHashMap<String, Object>();
    m.put("capability", name);
    m.put("state", on);
    return m;
  }

  static String uri(String address, int port) {
    return "tcp:" + (address.contains(":") ? "[" + address + "]" : address) + ":" + port;
  }
}
