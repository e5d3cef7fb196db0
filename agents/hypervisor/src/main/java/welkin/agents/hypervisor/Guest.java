package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceSpec;
import welkin.agents.contracts.InstanceState;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;

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
  private final GuestPower power;
  private final GuestNics nics;
  private final GuestWatch watch;
  private volatile GuestRecord record;
  private volatile Machine machine;
  private volatile boolean doomed;
  private volatile boolean detached;

  Guest(HostKit kit, String id) {
    this.kit = kit;
    this.id = id;
    this.dir = new GuestDirectory(kit.guests(), kit.alias(), kit.settings().storage(), id);
    this.disks = new GuestDisks(kit, dir, id);
    this.moves = new GuestMoves(this, kit, dir);
    this.power = new GuestPower(this, kit, dir);
    this.nics = new GuestNics(this, kit);
    this.watch = new GuestWatch(this, kit, dir);
  }

  GuestDisks disks() {
    return disks;
  }

  /** Its ways from and to other hosts. */
  GuestMoves moves() {
    return moves;
  }

  /** Its being on and off. */
  GuestPower power() {
    return power;
  }

  GuestNics nics() {
    return nics;
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
    power.boot(PowerState.PAUSED);
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
        connect(process.get());
        watch.catchUp();
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
        && powerOf(machine) != PowerState.RUNNING) {
      off();
    }
    watch.settle();
    moves.found();
    return true;
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
      nics.removeTaps();
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

  /** Whether nobody is to be told of it any more. */
  boolean left() {
    return detached || doomed;
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

  /** What its monitor says, null when it cannot tell. */
  static PowerState powerOf(Machine m) {
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

  // ---- its process

  /** Starts QEMU. */
  void open(List<String> command, GuestRecord made) {
    watch.forget();
    var words = new ArrayList<>(kit.confinement().tunWords(kit.settings().state()));
    words.addAll(kit.confinement().words(made.hardware().accel().equals("kvm")));
    words.addAll(command);
    var m = Machine.start(dir, words, watch::heard);
    machine = m;
    m.whenGone(watch::look);
  }

  /** Takes up with a QEMU that an earlier agent started, or whose monitor was lost. */
  Machine connect(QemuProcess process) {
    var m = Machine.connect(dir, process, watch::heard);
    machine = m;
    m.whenGone(watch::look);
    return m;
  }

  /** Its QEMU is gone. */
  void lost() {
    machine = null;
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
    nics.removeTaps();
  }

  // ---- data

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

  // ---- small change

  Fault invalid(String what, PowerState now) {
    return Fault.of(
        409, "InstanceInvalidState", "Server " + id + " is " + now + ": cannot " + what + " it.");
  }

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
