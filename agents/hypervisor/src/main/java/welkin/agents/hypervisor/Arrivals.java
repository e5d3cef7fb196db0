package welkin.agents.hypervisor;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.hypervisor.GuestRecord.Arrival;
import welkin.core.Fault;

/**
 * The side a running guest comes to: the same computer, which waits for its memory, and what is to
 * be done once it has it.
 */
final class Arrivals {
  private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TLS_IN = "tls-in";

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private final GuestMoves moves;

  Arrivals(Guest guest, HostKit kit, GuestDirectory dir, GuestMoves moves) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
    this.moves = moves;
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

  /** Whether it still waits for its memory. */
  boolean arriving() {
    var r = record();
    return r != null && r.move().arrival() != null && !r.move().arrival().arrived();
  }

  /** The ticket of an arrival that still waits, or null. */
  MoveTicket prepared() {
    var ticket = new MoveTicket[1];
    guest.locked(
        () -> {
          if (record() != null
              && record().ready()
              && move().arrival() != null
              && guest.machine() != null
              && guest.machine().alive()) {
            ticket[0] = moves.tickets().toSend();
          }
        });
    return ticket[0];
  }

  /** Refuses to receive a guest that is here and this host's. */
  void requireLeftover() {
    if (move().arrival() == null && move().away() == null && dir.belongsTo(host())) {
      throw moves.refused("is here", "receive");
    }
  }

  MoveTicket prepare(InstanceSpec spec, MoveTicket from, boolean block, String base) {
    try {
      var model = Tickets.model(from);
      var file = !block ? model.base() : Tickets.overlays(from, base) ? base : null;
      var next = GuestRecord.from(spec, model, file);
      guest.locked(() -> moves.prepareDirectory(next, !block));
      var fetching = moves.fetching(from);
      if (block) {
        emptyDisks(from, file);
        dir.continueConsole(fetching.console());
        if (from.disks().stream().anyMatch(d -> d.name().equals("config"))) {
          fetching.configDrive();
        }
      }
      guest.locked(() -> listen(next, from, block));
      return moves.tickets().toSend();
    } catch (IOException e) {
      throw HostFiles.fault("making room for guest " + guest.id(), e);
    }
  }

  private void emptyDisks(MoveTicket from, String base) throws IOException {
    for (var d : from.disks()) {
      switch (d.name()) {
        case "root" -> {
          if (base == null) {
            kit.qemuImg().empty(dir.disks(), "qcow2", GuestDirectory.DISK, d.sizeBytes());
          } else {
            kit.qemuImg()
                .overlay(
                    dir.disks(),
                    "../../../" + ImageCache.DIRECTORY + "/" + base,
                    GuestDirectory.DISK,
                    d.sizeBytes());
          }
        }
        case "ephemeral" ->
            kit.qemuImg().empty(dir.disks(), "raw", GuestDirectory.EPHEMERAL, d.sizeBytes());
        case "swap" -> kit.qemuImg().empty(dir.disks(), "raw", GuestDirectory.SWAP, d.sizeBytes());
        default -> {
          // fetched
        }
      }
    }
  }

  private void listen(GuestRecord next, MoveTicket from, boolean block) {
    var live = next.live() == null ? next.spec() : next.live();
    live.nics().forEach(kit.taps()::ensure);
    var key = new MoveKey(dir, "key-in", kit.confinement());
    key.make();
    guest.open(
        QemuCommand.of(kit.settings().qemu(), next, live, dir, QemuCommand.Start.ARRIVING), next);
    var qmp = guest.machine().monitor();
    qmp.execute(
        "object-add",
        Map.of(
            "qom-type",
            "tls-creds-psk",
            "id",
            TLS_IN,
            "endpoint",
            "server",
            "dir",
            key.relative()));
    int diskPort = block ? listenForDisks(qmp, from) : 0;
    qmp.execute(
        "migrate-set-capabilities",
        Map.of("capabilities", List.of(GuestMoves.cap("events", true))));
    boolean postCopy = !block && postCopy(qmp);
    qmp.execute("migrate-set-parameters", Map.of("tls-creds", TLS_IN));
    qmp.execute("migrate-incoming", Map.of("uri", GuestMoves.uri(kit.settings().hostIp(), 0)));
    int port = qmp.execute("query-migrate").path("socket-address").path(0).path("port").asInt(0);
    if (port == 0) {
      throw Fault.of(500, "HypervisorError", "QEMU does not listen for the guest's memory.");
    }
    var arrival = new Arrival(Tickets.withoutKey(from), block, port, diskPort, postCopy, false);
    guest.save(
        next.started(PowerState.PAUSED, kit.facts().bootId())
            .living(live)
            .moving(GuestRecord.Moving.NOT.arriving(arrival)));
  }

  private int listenForDisks(QmpClient qmp, MoveTicket from) {
    Fault last = null;
    for (int attempt = 0; attempt < 5; attempt++) {
      int port = MoveKey.freePort(kit.settings().hostIp());
      try {
        qmp.execute(
            "nbd-server-start",
            Map.of(
                "addr",
                Map.of(
                    "type",
                    "inet",
                    "data",
                    Map.of("host", kit.settings().hostIp(), "port", Integer.toString(port))),
                "tls-creds",
                TLS_IN,
                "max-connections",
                16));
        for (var d : from.disks()) {
          if (DiskMirror.mirrored(d)) {
            qmp.execute(
                "block-export-add",
                Map.of(
                    "type",
                    "nbd",
                    "id",
                    "in-" + d.name(),
                    "node-name",
                    d.name(),
                    "name",
                    d.name(),
                    "writable",
                    true));
          }
        }
        return port;
      } catch (Fault f) {
        if (!f.getMessage().contains("in use")) {
          throw f;
        }
        last = f;
      }
    }
    throw last;
  }

  /** Post-copy needs a right (userfaultfd) that hosts often keep from ordinary users. */
  private boolean postCopy(QmpClient qmp) {
    try {
      qmp.execute(
          "migrate-set-capabilities",
          Map.of("capabilities", List.of(GuestMoves.cap("postcopy-ram", true))));
      return true;
    } catch (Fault f) {
      log.info("guest {} cannot arrive by post-copy: {}", guest.id(), f.getMessage());
      return false;
    }
  }

  /** It runs here: from now on it is this host's. */
  void arrived() {
    if (arriving()) {
      dir.own(host());
      guest.save(record().moving(move().arriving(move().arrival().done())));
    }
  }

  void complete() {
    guest.locked(
        () -> {
          guest.present();
          var a = move().arrival();
          if (a == null) {
            return;
          }
          var m = guest.machine();
          if (!a.arrived()) {
            if (!awaitArrival(m)) {
              throw Fault.of(
                  409, "InstanceInvalidState", "Server " + guest.id() + " has not arrived.");
            }
            arrived();
          }
          if (m != null && m.connected()) {
            stopListening(m.monitor());
            var power = Machine.power(m.status());
            if (power != PowerState.SHUTDOWN) {
              guest.save(record().expecting(power, null));
            }
          }
          continueConsole(a);
          new MoveKey(dir, "key-in", kit.confinement()).remove();
          new MoveKey(dir, "key-from", kit.confinement()).remove();
          guest.save(record().moving(move().arriving(null)));
        });
  }

  /** The source may be done a moment before this side has read the last of it. */
  private static boolean awaitArrival(Machine m) {
    var deadline = System.nanoTime() + LIMIT.toNanos();
    while (m != null && m.connected()) {
      var status = m.monitor().execute("query-migrate").path("status").asString("");
      if (status.equals("completed")) {
        return true;
      }
      boolean onItsWay = status.equals("active") || status.startsWith("postcopy");
      if (!onItsWay || System.nanoTime() > deadline) {
        return false;
      }
      Pause.briefly(Duration.ofMillis(20));
    }
    return false;
  }

  private void stopListening(QmpClient qmp) {
    for (var step :
        List.of(
            Map.entry("nbd-server-stop", Map.<String, Object>of()),
            Map.entry("object-del", Map.<String, Object>of("id", TLS_IN)))) {
      try {
        qmp.execute(step.getKey(), step.getValue());
      } catch (Fault f) {
        // not there, or done before
        log.debug("{}: {}", guest.id(), f.getMessage());
      }
    }
  }

  /** What the console said at the other host until the guest left it, if that can still tell. */
  private void continueConsole(Arrival a) {
    if (!a.block()) {
      return;
    }
    var key = new MoveKey(dir, "key-from", kit.confinement()).read();
    if (key == null) {
      return;
    }
    var f = a.from();
    try {
      var from =
          new MoveTicket(
              f.serverId(),
              f.host(),
              f.address(),
              0,
              f.diskPort(),
              key,
              f.storageId(),
              f.model(),
              f.disks());
      dir.continueConsole(new DiskFetch(kit, dir, from).console());
    } catch (Fault e) {
      log.info("the last of the console log of {} is lost: {}", guest.id(), e.getMessage());
    }
  }
}
