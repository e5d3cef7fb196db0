package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.MoveTicket.Disk;
import welkin.agents.hypervisor.GuestRecord.Arrival;
import welkin.agents.hypervisor.GuestRecord.Departure;
import welkin.agents.hypervisor.GuestRecord.Model;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * One guest's ways from and to other hosts. What is under way is written in its record before it is
 * done; whose the guest is, its record says, and on shared storage the mark beside its disks.
 */
final class GuestMoves {
  private static final Logger log = LoggerFactory.getLogger(GuestMoves.class);
  private static final Duration ABORT = Duration.ofSeconds(30);
  private static final Duration ARRIVAL = Duration.ofSeconds(60);
  private static final String TLS_IN = "tls-in";

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private final DiskServer server;
  private volatile DiskFetch fetch;
  private volatile LiveMigration leaving;

  GuestMoves(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
    this.server = new DiskServer(kit, dir, guest.id());
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

  /** Whether it still waits for its memory. */
  boolean arriving() {
    var r = record();
    return r != null && r.move().arrival() != null && !r.move().arrival().arrived();
  }

  /**
   * Refuses what must not be done to a guest that is on its way.
   *
   * @param starts whether it would let the guest run
   */
  void requireHere(boolean starts, String what) {
    var m = move();
    if (arriving()) {
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

  private Fault refused(String is, String what) {
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
          ticket[0] = ticket(port);
        });
    return ticket[0];
  }

  private MoveTicket ticket(int port) {
    return new MoveTicket(
        guest.id(),
        host(),
        kit.settings().hostIp(),
        0,
        port,
        server.key(),
        kit.facts().storageId(),
        Json.text(record().model()),
        disks());
  }

  private List<Disk> disks() {
    var all = new ArrayList<Disk>();
    all.add(new Disk("root", "qcow2", guest.virtualSize(), image(record().base())));
    size(GuestDirectory.EPHEMERAL).ifPresent(n -> all.add(new Disk("ephemeral", "raw", n, null)));
    size(GuestDirectory.SWAP).ifPresent(n -> all.add(new Disk("swap", "raw", n, null)));
    if (record().spec().configDrive() != null) {
      size(GuestDirectory.CONFIG_DRIVE).ifPresent(n -> all.add(new Disk("config", "raw", n, null)));
    }
    return all;
  }

  private java.util.Optional<Long> size(String disk) {
    try {
      var file = dir.disks().resolve(disk).normalize();
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          ? java.util.Optional.of(Files.size(file))
          : java.util.Optional.empty();
    } catch (IOException e) {
      throw HostFiles.fault("looking at " + disk, e);
    }
  }

  /** The image a base file was made from, null for none. */
  private static String image(String base) {
    return base == null ? null : base.replaceFirst("\\.raw$", "");
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
              new Departure(withoutKey(to), options, kit.clock().instant(), false, false, false, null);
          guest.save(record().moving(move().departing(start)));
          leave();
        });
  }

  private static MoveTicket withoutKey(MoveTicket t) {
    return new MoveTicket(
        t.serverId(),
        t.host(),
        t.address(),
        t.memoryPort(),
        t.diskPort(),
        null,
        t.storageId(),
        t.model(),
        t.disks());
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

  // ---- the side it comes to, stopped

  /**
   * Takes over a guest this host has already; false when it must be fetched or taken.
   *
   * @param here whether it is to be what is here, whatever else there is
   */
  boolean keep(InstanceSpec spec, boolean here) {
    var kept = new boolean[1];
    guest.locked(
        () -> {
          if (record() == null || !record().ready()) {
            return;
          }
          if (move().arrival() != null) {
            throw refused("is arriving", "take over the disks of");
          }
          var away = move().away() != null || !dir.belongsTo(host());
          if (away && !here) {
            return;
          }
          if (guest.machine() == null) {
            if (here) {
              server.close();
            }
            dir.own(host());
            fit(spec);
            var move = move().away(null).departing(null).opened(!here && move().opened());
            guest.save(record().withSpec(spec).expecting(PowerState.SHUTDOWN, null).moving(move));
          }
          kept[0] = true;
        });
    return kept[0];
  }

  private void fit(InstanceSpec spec) {
    try {
      guest.fitDisks(spec);
    } catch (IOException e) {
      throw HostFiles.fault("fitting disks", e);
    }
  }

  /**
   * Makes a stopped guest of another host's disks.
   *
   * @param from null takes them from shared storage
   * @param base the image cache's file for the guest's image, or null when that is not to be had
   */
  void adopt(InstanceSpec spec, MoveTicket from, String base) {
    try {
      var shared = from == null || from.storageId().equals(kit.facts().storageId());
      var model = shared ? dir.model() : model(from);
      if (shared && (model == null || !Files.exists(dir.disks().resolve(GuestDirectory.DISK)))) {
        throw Fault.of(
            409,
            "DisksNotFound",
            "Host '" + host() + "' has no disks of server " + guest.id() + " within its reach.");
      }
      var file = shared ? model.base() : overlays(from, base) ? base : null;
      var next = GuestRecord.from(spec, model, file);
      guest.locked(
          () -> {
            prepareDirectory(next, shared);
          });
      if (!shared) {
        copy(from, file != null);
      }
      guest.locked(
          () -> {
            dir.own(host());
            fit(spec);
            guest.save(next.madeReady().expecting(PowerState.SHUTDOWN, null));
          });
    } catch (IOException e) {
      throw HostFiles.fault("taking over guest " + guest.id(), e);
    }
  }

  private void prepareDirectory(GuestRecord next, boolean shared) {
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

  /** Whether the root disk is an overlay of a base that is here, too. */
  private static boolean overlays(MoveTicket from, String base) {
    var image = disk(from, "root").image();
    return base != null && base.equals(image + ".raw");
  }

  private static Disk disk(MoveTicket ticket, String name) {
    return ticket.disks().stream()
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow(() -> Fault.badRequest("The ticket has no " + name + " disk."));
  }

  private static Model model(MoveTicket from) {
    var model = Json.read(from.model(), Model.class);
    if (model == null || model.hardware() == null) {
      throw Fault.badRequest("The ticket comes from another kind of hypervisor.");
    }
    return model;
  }

  private void copy(MoveTicket from, boolean overlay) throws IOException {
    var fetching = fetching(from);
    for (var d : from.disks()) {
      switch (d.name()) {
        case "root" -> {
          if (overlay) {
            fetching.fetch(
                "root-file", dir.disks(), GuestDirectory.DISK, "raw", d.sizeBytes() + (1L << 30));
            requirePlain();
          } else {
            fetching.fetch("root", dir.disks(), GuestDirectory.DISK, "qcow2", d.sizeBytes());
          }
        }
        case "ephemeral" ->
            fetching.fetch(
                "ephemeral", dir.disks(), GuestDirectory.EPHEMERAL, "raw", d.sizeBytes());
        case "swap" ->
            fetching.fetch("swap", dir.disks(), GuestDirectory.SWAP, "raw", d.sizeBytes());
        default -> {
          // the config drive is made anew at the next start
        }
      }
    }
    dir.continueConsole(fetching.console());
    fetching.done();
  }

  /** A disk must not name files of this host (external data file, qcow2 incompatible bit 2). */
  private void requirePlain() throws IOException {
    try (var disk =
        FileChannel.open(
            dir.disks().resolve(GuestDirectory.DISK),
            Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      var header = ByteBuffer.allocate(104);
      while (header.hasRemaining() && disk.read(header) > 0) {
        // until full
      }
      boolean plain = header.getInt(0) == 0x514649fb;
      if (!plain || header.getInt(4) >= 3 && (header.getLong(72) & 4) != 0) {
        throw Fault.of(400, "ImageUnacceptable", "The disk that came is no plain qcow2 overlay.");
      }
    }
  }

  private DiskFetch fetching(MoveTicket from) {
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

  // ---- the side it comes to, running

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
            ticket[0] = arrivalTicket();
          }
        });
    return ticket[0];
  }

  private MoveTicket arrivalTicket() {
    var a = move().arrival();
    return new MoveTicket(
        guest.id(),
        host(),
        kit.settings().hostIp(),
        a.memoryPort(),
        a.diskPort(),
        new MoveKey(dir, "key-in", kit.confinement()).read(),
        kit.facts().storageId(),
        Json.text(record().model()),
        disks());
  }

  /** Refuses to receive a guest that is here and this host's. */
  void requireLeftover() {
    if (move().arrival() == null && move().away() == null && dir.belongsTo(host())) {
      throw refused("is here", "receive");
    }
  }

  MoveTicket prepare(InstanceSpec spec, MoveTicket from, boolean block, String base) {
    try {
      var model = model(from);
      var file = !block ? model.base() : overlays(from, base) ? base : null;
      var next = GuestRecord.from(spec, model, file);
      guest.locked(() -> prepareDirectory(next, !block));
      var fetching = fetching(from);
      if (block) {
        emptyDisks(from, file);
        dir.continueConsole(fetching.console());
        if (from.disks().stream().anyMatch(d -> d.name().equals("config"))) {
          fetching.configDrive();
        }
      }
      guest.locked(() -> listen(next, from, block));
      return arrivalTicket();
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
    qmp.execute("migrate-set-capabilities", Map.of("capabilities", List.of(cap("events", true))));
    boolean postCopy = !block && postCopy(qmp);
    qmp.execute("migrate-set-parameters", Map.of("tls-creds", TLS_IN));
    qmp.execute("migrate-incoming", Map.of("uri", uri(kit.settings().hostIp(), 0)));
    int port = qmp.execute("query-migrate").path("socket-address").path(0).path("port").asInt(0);
    if (port == 0) {
      throw Fault.of(500, "HypervisorError", "QEMU does not listen for the guest's memory.");
    }
    var arrival = new Arrival(withoutKey(from), block, port, diskPort, postCopy, false);
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
          if (LiveMigration.mirrored(d)) {
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
          "migrate-set-capabilities", Map.of("capabilities", List.of(cap("postcopy-ram", true))));
      return true;
    } catch (Fault f) {
      log.info("guest {} cannot arrive by post-copy: {}", guest.id(), f.getMessage());
      return false;
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
    var deadline = System.nanoTime() + ARRIVAL.toNanos();
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
