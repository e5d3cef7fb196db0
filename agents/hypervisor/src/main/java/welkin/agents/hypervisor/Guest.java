package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * One guest: what is remembered of it and, while it is on, its {@link Machine}. Whatever changes it
 * holds its lock; looking at it needs none. What is asked for is written down before it is done, so
 * that after a crash an unasked change can be told from an asked one.
 */
final class Guest {
  private static final Logger log = LoggerFactory.getLogger(Guest.class);

  private final HostKit kit;
  private final String id;
  private final GuestDirectory dir;
  private final ReentrantLock lock = new ReentrantLock();
  private final GuestDisks disks;
  private final GuestMoves moves;
  private volatile GuestRecord record;
  private volatile Machine machine;
  private volatile boolean doomed;
  private volatile boolean detached;
  private volatile String lastShutdown;

  Guest(HostKit kit, String id) {
    this.kit = kit;
    this.id = id;
    this.dir = new GuestDirectory(kit.guests(), kit.alias(), kit.settings().storage(), id);
    this.disks = new GuestDisks(kit, dir, id);
    this.moves = new GuestMoves(this, kit, dir);
  }

  GuestDisks disks() {
    return disks;
  }

  /** Its ways from and to other hosts. */
  GuestMoves moves() {
    return moves;
  }

  GuestRecord record() {
    return record;
  }

  Machine machine() {
    return machine;
  }

  String id() {
    return id;
  }

  boolean ready() {
    var r = record;
    return r != null && r.ready();
  }

  /** File name of the base image it stands on, or null. */
  String base() {
    var r = record;
    return r == null ? null : r.base();
  }

  // ---- coming and going

  /** Makes the guest and starts it paused; a failure leaves nothing behind. */
  void spawn(InstanceSpec spec, ImageCache.Base base) {
    locked(
        () -> {
          if (doomed) {
            throw QemuInstanceAgent.notFound(id);
          }
          if (ready()) {
            return;
          }
          try {
            make(spec, base);
          } catch (IOException e) {
            remove();
            throw HostFiles.fault("making guest " + id, e);
          } catch (RuntimeException e) {
            remove();
            throw e;
          }
        });
  }

  private void make(InstanceSpec spec, ImageCache.Base base) throws IOException {
    var next = GuestRecord.building(spec, kit.facts().hardware(), base.file());
    // an attempt that was cut short may have left a process and half a disk
    QemuProcess.find(dir, id).ifPresent(QemuProcess::kill);
    dir.create(kit.confinement());
    dir.clear(kit.confinement());
    save(next);
    dir.own(kit.settings().host());
    disks.make(spec, base);
    boot(PowerState.PAUSED);
  }

  /** Reads a guest an earlier agent left and finds out how it fares. False when it is rubbish. */
  boolean load() throws IOException {
    lock.lock();
    try {
      return find();
    } finally {
      lock.unlock();
    }
  }

  private boolean find() throws IOException {
    record = dir.read();
    if (record == null) {
      QemuProcess.find(dir, id).ifPresent(QemuProcess::kill);
      dir.remove();
      return false;
    }
    var process = QemuProcess.find(dir, id);
    if (process.isPresent() && record.ready()) {
      try {
        machine = Machine.connect(dir, process.get(), this::heard);
        machine.whenGone(this::look);
        lastShutdown = shutdownInLog();
      } catch (Fault f) {
        log.warn("guest {} runs, but its monitor is not to be had: {}", id, f.getMessage());
      }
    }
    if (machine != null && record.move().away() != null) {
      // it had arrived elsewhere, and the agent was ended before this was
      off();
    }
    // a start from saved memory that was not finished: the memory is still the guest
    if (machine != null
        && record.expected() == PowerState.SUSPENDED
        && power(machine) != PowerState.RUNNING) {
      off();
    }
    settle();
    moves.found();
    return true;
  }

  /** The reason of the last shutdown that was told while no agent listened, or null. */
  private String shutdownInLog() {
    String reason = null;
    for (var line : dir.monitorLog().split("\n")) {
      if (line.contains("\"SHUTDOWN\"") && line.strip().startsWith("{")) {
        try {
          reason = Json.parse(line).path("data").path("reason").asString("");
        } catch (Fault f) {
          // the first line of the part that is read may be half a line
        }
      } else if (line.contains("\"RESUME\"")) {
        reason = null;
      }
    }
    return reason;
  }

  /** Ends it and removes all it had here. */
  void destroy() {
    doomed = true;
    moves.cancel();
    var m = machine;
    if (m != null) {
      // also ends whatever waits for this guest under its lock
      m.kill();
    }
    locked(this::remove);
  }

  void remove() {
    doomed = true;
    var m = machine;
    machine = null;
    if (m != null) {
      m.kill();
    }
    QemuProcess.find(dir, id).ifPresent(QemuProcess::kill);
    moves.server().close();
    if (record != null) {
      removeTaps();
    }
    try {
      // on shared storage they may be another host's by now
      if (kit.settings().host().equals(dir.owner())) {
        dir.removeDisks();
      }
      dir.remove();
    } catch (IOException e) {
      throw HostFiles.fault("removing guest " + id, e);
    }
    record = null;
  }

  /** Lets go of the guest without touching it: the agent ends. */
  void detach() {
    detached = true;
    moves.detach();
    var m = machine;
    if (m != null) {
      m.disconnect();
    }
  }

  // ---- looking

  /** How it is now. */
  InstanceState state() {
    var r = record;
    if (r == null || doomed) {
      throw QemuInstanceAgent.notFound(id);
    }
    var m = machine;
    if (m != null) {
      var status = status(m);
      if (status != null) {
        return new InstanceState(
            id,
            Machine.power(status),
            status.equals("io-error")
                ? "A disk request failed, most likely because the host's disk is full."
                : r.reason());
      }
      if (m.alive()) {
        return new InstanceState(id, r.expected(), "QEMU's monitor does not answer");
      }
    }
    r = record;
    if (r == null) {
      throw QemuInstanceAgent.notFound(id);
    }
    if (machine == null && isOn(r.expected()) && QemuProcess.find(dir, id).isEmpty()) {
      return new InstanceState(id, PowerState.CRASHED, "QEMU does not run");
    }
    return new InstanceState(id, r.expected(), r.reason());
  }

  /** QEMU's run state, null when the monitor cannot tell. */
  private static String status(Machine m) {
    try {
      return m.connected() ? m.status() : null;
    } catch (Fault f) {
      return null;
    }
  }

  private static PowerState power(Machine m) {
    var status = status(m);
    return status == null ? null : Machine.power(status);
  }

  static boolean isOn(PowerState power) {
    return power == PowerState.RUNNING || power == PowerState.PAUSED;
  }

  String console(Integer lines) {
    return dir.console(lines);
  }

  void tidy() {
    dir.tidy();
  }

  Map<String, Object> diagnostics() {
    var r = record;
    var m = machine;
    if (r == null) {
      throw QemuInstanceAgent.notFound(id);
    }
    if (m == null || r.live() == null || !isOn(state().power())) {
      throw invalid("diagnostics", state().power());
    }
    var all = new LinkedHashMap<>(m.counters(QemuCommand.diskNames(r.live()), r.live().memoryMb()));
    for (var nic : r.live().nics()) {
      all.putAll(kit.taps().counters(nic));
    }
    return all;
  }

  // ---- power

  void power(PowerAction action, Duration grace) {
    locked(
        () -> {
          present();
          moves.requireHere(
              action != PowerAction.STOP && action != PowerAction.PAUSE,
              action.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '));
          switch (action) {
            case START -> start();
            case STOP -> {
              save(record.expecting(PowerState.SHUTDOWN, null));
              shutDown(grace);
            }
            case REBOOT_SOFT -> {
              shutDown(grace);
              boot(PowerState.RUNNING);
            }
            case REBOOT_HARD -> {
              off();
              boot(PowerState.RUNNING);
            }
            case PAUSE -> {
              var m = on(action);
              m.pause();
              save(record.expecting(PowerState.PAUSED, null));
            }
            case RESUME -> {
              var m = on(action);
              save(record.expecting(PowerState.RUNNING, null));
              m.cont();
            }
            case SUSPEND -> suspend();
            case RESTORE -> restore();
          }
        });
  }

  /** The machine, which must be on. */
  private Machine on(PowerAction action) {
    var m = machine;
    var now = state().power();
    if (m == null || !isOn(now)) {
      throw invalid(action.name().toLowerCase(java.util.Locale.ROOT), now);
    }
    return m;
  }

  Fault invalid(String what, PowerState now) {
    return Fault.of(
        409, "InstanceInvalidState", "Server " + id + " is " + now + ": cannot " + what + " it.");
  }

  private void start() {
    switch (state().power()) {
      case RUNNING -> {}
      case PAUSED -> {
        save(record.expecting(PowerState.RUNNING, null));
        machine.cont();
      }
      case SUSPENDED -> restore();
      default -> {
        off();
        boot(PowerState.RUNNING);
      }
    }
  }

  /** Makes a new process from the specification, paused or running. */
  private void boot(PowerState power) {
    if (!dir.belongsTo(kit.settings().host())) {
      throw moves.elsewhere("start");
    }
    var spec = record.spec();
    if (spec.configDrive() != null) {
      dir.writeConfigDrive(spec.configDrive());
    }
    spec.nics().forEach(kit.taps()::ensure);
    try {
      Files.deleteIfExists(dir.memory());
    } catch (IOException e) {
      throw HostFiles.fault("removing saved memory", e);
    }
    var today = record.withHardware(kit.facts().hardware(record.hardware()));
    open(QemuCommand.of(kit.settings().qemu(), today, spec, dir, QemuCommand.Start.PAUSED), today);
    save(today.started(power, kit.facts().bootId()));
    if (power == PowerState.RUNNING) {
      machine.cont();
    }
  }

  void open(List<String> command, GuestRecord made) {
    lastShutdown = null;
    var words = new ArrayList<>(kit.confinement().tunWords(kit.settings().state()));
    words.addAll(kit.confinement().words(made.hardware().accel().equals("kvm")));
    words.addAll(command);
    var m = Machine.start(dir, words, this::heard);
    machine = m;
    m.whenGone(this::look);
  }

  /** Lets the guest shut down by itself, or cuts it off. */
  private void shutDown(Duration grace) {
    var m = machine;
    if (m != null && !grace.isZero() && power(m) == PowerState.RUNNING) {
      try {
        if (!m.powerdown(grace)) {
          log.info("guest {} did not shut down within {} s, cut off", id, grace.toSeconds());
        }
      } catch (Fault f) {
        log.info("guest {}: {}", id, f.getMessage());
      }
    }
    off();
  }

  /** Ends the process, if there is one, and all that belongs to it. */
  void off() {
    var m = machine;
    // first, so that its end is no news
    machine = null;
    if (m != null) {
      m.quit();
    } else {
      QemuProcess.find(dir, id).ifPresent(QemuProcess::kill);
    }
    if (record.expected() != PowerState.SUSPENDED && dir.belongsTo(kit.settings().host())) {
      try {
        Files.deleteIfExists(dir.memory());
      } catch (IOException e) {
        log.warn("{}: {}", id, e.toString());
      }
    }
    removeTaps();
  }

  void removeTaps() {
    record.spec().nics().forEach(kit.taps()::remove);
    if (record.live() != null) {
      record.live().nics().forEach(kit.taps()::remove);
    }
  }

  private void suspend() {
    if (state().power() == PowerState.SUSPENDED) {
      return;
    }
    var m = on(PowerAction.SUSPEND);
    if (!(m.status().equals("postmigrate") && Files.exists(dir.memory()))) {
      var wasRunning = m.status().equals("running");
      var part = dir.root().resolve("memory.part");
      try {
        if (m.status().equals("postmigrate")) {
          m.cont();
        }
        m.pause();
        m.saveMemory(part, kit.confinement());
        HostFiles.rename(part, dir.memory());
      } catch (IOException | RuntimeException e) {
        try {
          Files.deleteIfExists(part);
          if (wasRunning && m.connected()) {
            m.cont();
          }
        } catch (IOException | RuntimeException more) {
          e.addSuppressed(more);
        }
        throw e instanceof IOException io
            ? HostFiles.fault("saving memory", io)
            : (RuntimeException) e;
      }
    }
    save(record.expecting(PowerState.SUSPENDED, null));
    off();
  }

  private void restore() {
    var now = state().power();
    if (now == PowerState.RUNNING) {
      return;
    }
    if (now == PowerState.SUSPENDED) {
      if (!Files.exists(dir.memory())) {
        throw Fault.of(500, "MemoryMissing", "The saved memory of server " + id + " is gone.");
      }
      var live = record.live();
      live.nics().forEach(kit.taps()::ensure);
      open(QemuCommand.of(kit.settings().qemu(), record, live, dir, QemuCommand.Start.FED), record);
      try {
        machine.loadMemory(dir.memory());
        machine.cont();
      } catch (RuntimeException e) {
        off();
        throw e;
      }
      save(record.restored(PowerState.RUNNING, kit.facts().bootId()));
      try {
        Files.deleteIfExists(dir.memory());
      } catch (IOException e) {
        log.warn("{}: {}", id, e.toString());
      }
    } else if (now == PowerState.PAUSED) {
      power(PowerAction.RESUME, Duration.ZERO);
    } else {
      throw invalid("restore", now);
    }
  }

  /** Shuts it down because the host goes down; nobody is told. */
  void hostDown(Duration grace, String reason) {
    locked(
        () -> {
          if (record != null && machine != null) {
            save(record.expecting(PowerState.SHUTDOWN, reason));
            shutDown(grace);
          }
        });
  }

  // ---- devices and data

  void attachNic(NicSpec nic) {
    locked(
        () -> {
          present();
          var now = state().power();
          if (now == PowerState.SUSPENDED) {
            throw invalid("attach an interface to", now);
          }
          var running = machine != null && isOn(now);
          var next = record.plus(nic, running);
          if (running) {
            kit.taps().ensure(nic);
            try {
              machine.plug(next, nic);
            } catch (RuntimeException e) {
              kit.taps().remove(nic);
              throw e;
            }
          }
          save(next);
        });
  }

  void detachNic(String portId) {
    locked(
        () -> {
          present();
          var now = state().power();
          if (now == PowerState.SUSPENDED) {
            throw invalid("detach an interface from", now);
          }
          var nics = new HashMap<String, NicSpec>();
          record.spec().nics().forEach(n -> nics.put(n.portId(), n));
          if (record.live() != null) {
            record.live().nics().forEach(n -> nics.put(n.portId(), n));
          }
          if (machine != null && isOn(now)) {
            machine.unplug(portId, kit.settings().unplugLimit());
          }
          save(record.minus(portId));
          if (nics.get(portId) != null) {
            kit.taps().remove(nics.get(portId));
          }
        });
  }

  void update(InstanceSpec spec) {
    locked(
        () -> {
          present();
          save(record.withSpec(spec));
        });
  }

  /** Copies the root disk under the lock and uploads the copy without it. */
  void snapshot(ImageTarget target) {
    disks.upload(
        target,
        copy ->
            locked(
                () -> {
                  present();
                  disks.copyRoot(copy, machine != null && isOn(state().power()) ? machine : null);
                }));
  }

  // ---- what nobody asked for

  private void heard(QmpEvent e) {
    if (e.is("RESUME") && moves.arrivals().arriving()) {
      look();
    } else if (e.is("SHUTDOWN")) {
      lastShutdown = e.text("reason");
      look();
    } else if (e.is("BLOCK_IO_ERROR") && "stop".equals(e.text("action"))) {
      var state =
          new InstanceState(id, PowerState.PAUSED, "A disk request failed: " + e.text("reason"));
      Thread.startVirtualThread(() -> kit.changed().accept(state));
    }
  }

  /** Looks, on a thread of its own, whether the guest is still what it was put into. */
  private void look() {
    if (!detached && !doomed) {
      Thread.ofVirtual().name("guest " + id).start(() -> locked(this::settle));
    }
  }

  private void settle() {
    if (detached || doomed || record == null || !record.ready()) {
      return;
    }
    try {
      var m = machine;
      if (m == null) {
        if (isOn(record.expected()) && QemuProcess.find(dir, id).isEmpty()) {
          died();
        }
      } else if (!m.connected()) {
        // a process that dies closes its monitor a moment before it is gone
        if (m.awaitEnd(Duration.ofSeconds(5))) {
          machine = null;
          died();
        } else {
          reconnect();
        }
      } else {
        agree(m);
      }
    } catch (RuntimeException e) {
      log.warn("guest {}: {}", id, e.toString());
      if (machine == null && isOn(record.expected())) {
        // it rebooted by itself and could not be started again
        become(PowerState.CRASHED, e.getMessage());
      }
    }
  }

  private void agree(Machine m) {
    if (record.move().away() != null) {
      return;
    }
    switch (Machine.power(m.status())) {
      case SHUTDOWN -> {
        if ("guest-reset".equals(lastShutdown)) {
          off();
          boot(PowerState.RUNNING);
          kit.changed().accept(new InstanceState(id, PowerState.RUNNING, "The guest rebooted."));
        } else {
          become(PowerState.SHUTDOWN, "The guest shut itself down.");
          off();
        }
      }
      case RUNNING -> {
        moves.arrivals().arrived();
        if (record.expected() != PowerState.RUNNING) {
          save(record.expecting(PowerState.RUNNING, null));
        }
      }
      default -> {
        // paused, as asked or by a failing disk: state() tells
      }
    }
  }

  private void reconnect() {
    var process = QemuProcess.find(dir, id);
    if (process.isPresent()) {
      var m = Machine.connect(dir, process.get(), this::heard);
      machine = m;
      m.whenGone(this::look);
      agree(m);
    }
  }

  private void died() {
    if (moves.arrivals().arriving()) {
      // whoever sends it knows; nobody else is told
      var said = dir.lastMessages();
      save(
          record.expecting(
              PowerState.CRASHED, "It has not arrived" + (said.isEmpty() ? "." : ": " + said)));
    } else if (!kit.facts().bootId().equals(record.bootId())) {
      become(PowerState.SHUTDOWN, "The host was restarted.");
    } else {
      var said = dir.lastMessages();
      become(PowerState.CRASHED, "QEMU ended unexpectedly" + (said.isEmpty() ? "." : ": " + said));
    }
    removeTaps();
  }

  private void become(PowerState power, String why) {
    log.info("guest {}: {}", id, why);
    save(record.expecting(power, why));
    kit.changed().accept(new InstanceState(id, power, why));
  }

  // ---- small change

  void present() {
    if (record == null || doomed || !record.ready()) {
      throw QemuInstanceAgent.notFound(id);
    }
  }

  void save(GuestRecord next) {
    dir.write(next);
    record = next;
    if (dir.shared() && next.ready() && dir.belongsTo(kit.settings().host())) {
      dir.writeModel(next);
    }
  }

  void locked(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }
}
