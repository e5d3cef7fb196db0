package welkin.agents.hypervisor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.NicSpec;
import welkin.core.Fault;

/** A running virtual computer: one QEMU process and the connection to its monitor. */
final class Machine {
  private static final Logger log = LoggerFactory.getLogger(Machine.class);
  // a process that has ended is noticed at once; one that lives on a busy machine opens its disks
  // before it answers
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration CONNECT = Duration.ofSeconds(30);
  private static final Duration MEMORY_LIMIT = Duration.ofMinutes(30);
  private static final Duration BACKUP_LIMIT = Duration.ofHours(2);
  private static final Duration PRESS_AGAIN = Duration.ofSeconds(10);
  private static final String COPY = "snapshot-copy";

  private final GuestDirectory dir;
  private final QemuProcess process;
  private final QmpClient qmp;

  private Machine(GuestDirectory dir, QemuProcess process, QmpClient qmp) {
    this.dir = dir;
    this.process = process;
    this.qmp = qmp;
  }

  /** Starts a process; it answers on its monitor and its guest does not run yet. */
  static Machine start(GuestDirectory dir, List<String> command, Consumer<QmpEvent> listener) {
    try {
      // events are appended to it for those who come later; an old one's would mislead them
      Files.deleteIfExists(dir.vm().resolve(GuestDirectory.MONITOR_LOG));
      Files.deleteIfExists(dir.pidFile());
    } catch (IOException e) {
      throw HostFiles.fault("preparing " + dir.vm(), e);
    }
    var process = QemuProcess.start(dir, command);
    try {
      return connect(dir, process, START, listener);
    } catch (Fault f) {
      process.kill();
      var said = dir.lastMessages();
      if (HostFiles.isDiskFull(said)) {
        throw HostFiles.diskFull("starting QEMU");
      }
      throw said.isEmpty() ? f : Fault.of(500, "HypervisorError", "QEMU did not start: " + said);
    }
  }

  /** Connects to a process that runs already. */
  static Machine connect(GuestDirectory dir, QemuProcess process, Consumer<QmpEvent> listener) {
    return connect(dir, process, CONNECT, listener);
  }

  private static Machine connect(
      GuestDirectory dir, QemuProcess process, Duration limit, Consumer<QmpEvent> listener) {
    var qmp =
        QmpClient.connect(dir.socket(GuestDirectory.MONITOR), limit, process::alive, listener);
    return new Machine(dir, process, qmp);
  }

  /** Runs something when the connection ends, normally because the process did. */
  void whenGone(Runnable then) {
    qmp.closed().thenRun(then);
  }

  boolean alive() {
    return process.alive();
  }

  /** Waits for the process to end; false when it still runs. */
  boolean awaitEnd(Duration limit) {
    return process.awaitEnd(limit);
  }

  boolean connected() {
    return qmp.isOpen();
  }

  /** QEMU's run state, e.g. running, paused, prelaunch, shutdown, io-error. */
  String status() {
    return qmp.execute("query-status", Map.of(), Duration.ofSeconds(10))
        .path("status")
        .asString("");
  }

  /** A run state as upstream's power state. */
  static PowerState power(String status) {
    return switch (status) {
      case "running" -> PowerState.RUNNING;
      case "shutdown" -> PowerState.SHUTDOWN;
      case "guest-panicked", "internal-error" -> PowerState.CRASHED;
      default -> PowerState.PAUSED;
    };
  }

  /** The monitor, for what takes longer than a verb. */
  QmpClient monitor() {
    return qmp;
  }

  void cont() {
    qmp.execute("cont");
  }

  void pause() {
    qmp.execute("stop");
  }

  /**
   * Presses the power button, again and again as a guest that is just booting does not hear it, and
   * waits; true when the guest has shut down.
   */
  boolean powerdown(Duration grace) {
    var deadline = System.nanoTime() + grace.toNanos();
    try (var down = qmp.expect(e -> e.is("SHUTDOWN"))) {
      while (true) {
        qmp.execute("system_powerdown");
        var left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        var last = left.compareTo(PRESS_AGAIN) <= 0;
        var event = down.await(last ? left : PRESS_AGAIN);
        if (event != null || last || !qmp.isOpen()) {
          return event != null;
        }
      }
    }
  }

  /** Ends the process, politely first so that disks are flushed. */
  void quit() {
    try {
      qmp.execute("quit", Map.of(), Duration.ofSeconds(10));
    } catch (Fault f) {
      log.debug("{}: {}", dir.root(), f.getMessage());
    }
    if (!process.awaitEnd(Duration.ofSeconds(10))) {
      process.kill();
    }
    qmp.close();
  }

  /** Ends the process at once; nothing it holds will be used again. */
  void kill() {
    process.kill();
    qmp.close();
  }

  /** Lets go of the monitor; the process stays. */
  void disconnect() {
    qmp.close();
  }

  /** Writes the paused guest's memory and devices to a file. */
  void saveMemory(Path file, Confinement confinement) {
    try (var carrier = MemoryFile.saving(dir, file, confinement)) {
      qmp.execute("migrate", Map.of("uri", "unix:" + GuestDirectory.MIGRATION));
      try {
        awaitMigration();
      } catch (Fault f) {
        // when it was the file that failed, QEMU knows only that nobody listens any more
        if (carrier.isDone()) {
          carrier.finish();
        }
        throw f;
      }
      carrier.finish();
    } catch (IOException e) {
      throw HostFiles.fault("saving memory", e);
    }
  }

  /** Feeds saved memory to a process started to wait for it. */
  void loadMemory(Path file) {
    qmp.execute("migrate-incoming", Map.of("uri", "unix:" + GuestDirectory.MIGRATION));
    try (var carrier = MemoryFile.loading(dir, file)) {
      carrier.finish();
      var deadline = System.nanoTime() + MEMORY_LIMIT.toNanos();
      while (status().equals("inmigrate")) {
        pauseUntil(deadline, "reading saved memory");
      }
    } catch (IOException e) {
      throw HostFiles.fault("reading saved memory", e);
    }
  }

  private void awaitMigration() {
    var deadline = System.nanoTime() + MEMORY_LIMIT.toNanos();
    while (true) {
      var m = qmp.execute("query-migrate");
      switch (m.path("status").asString("")) {
        case "completed" -> {
          return;
        }
        case "failed", "cancelled" ->
            throw Fault.of(
                500,
                "HypervisorError",
                "QEMU could not save memory: " + m.path("error-desc").asString("no reason given"));
        default -> pauseUntil(deadline, "saving memory");
      }
    }
  }

  private static void pauseUntil(long deadline, String doing) {
    if (System.nanoTime() > deadline) {
      throw Fault.of(504, "Timeout", doing + " took too long");
    }
    LockSupport.parkNanos(20_000_000);
  }

  /** Plugs a network device whose tap is there; done already is fine. */
  void plug(GuestRecord record, NicSpec nic) {
    if (has(QemuCommand.deviceId(nic.portId()))) {
      return;
    }
    removeNetdev(nic.portId());
    qmp.execute("netdev_add", QemuCommand.netdev(nic));
    try {
      qmp.execute("device_add", QemuCommand.device(record, record.live(), nic));
    } catch (Fault f) {
      removeNetdev(nic.portId());
      throw f;
    }
  }

  /** Unplugs a network device and waits until the guest has let go of it. */
  void unplug(String portId, Duration limit) {
    var device = QemuCommand.deviceId(portId);
    var deadline = System.nanoTime() + limit.toNanos();
    // a second event without "device" comes for the device's backend
    try (var gone = qmp.expect(e -> e.is("DEVICE_DELETED") && device.equals(e.text("device")))) {
      while (has(device)) {
        if (System.nanoTime() > deadline) {
          throw Fault.of(
              500,
              "DeviceDetachFailed",
              "The guest did not let go of the device within " + limit.toSeconds() + " s.");
        }
        try {
          qmp.execute("device_del", Map.of("id", device));
        } catch (Fault f) {
          // asked already, or gone meanwhile: the next look tells
          log.debug("device_del {}: {}", device, f.getMessage());
        }
        var left = Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
        var step = Duration.ofSeconds(5);
        if (gone.await(left.compareTo(step) < 0 ? left : step) != null) {
          break;
        }
      }
    }
    removeNetdev(portId);
  }

  private boolean has(String device) {
    for (var n : qmp.execute("qom-list", Map.of("path", "/machine/peripheral"))) {
      if (device.equals(n.path("name").asString(""))) {
        return true;
      }
    }
    return false;
  }

  private void removeNetdev(String portId) {
    try {
      qmp.execute("netdev_del", Map.of("id", QemuCommand.netdevId(portId)));
    } catch (Fault f) {
      if (!f.getMessage().contains("not found")) {
        throw f;
      }
    }
  }

  /**
   * Copies the root disk as it is at this moment into an existing qcow2 file of the {@code vm}
   * directory, while the guest goes on.
   */
  void copyRootDisk(String file) {
    var target =
        Map.of(
            "driver",
            "qcow2",
            "node-name",
            COPY,
            "discard",
            "unmap",
            "detect-zeroes",
            "unmap",
            "file",
            Map.of("driver", "file", "filename", file));
    dropCopy();
    qmp.execute("blockdev-add", target);
    try (var done =
        qmp.expect(
            e ->
                (e.is("BLOCK_JOB_COMPLETED") || e.is("BLOCK_JOB_CANCELLED"))
                    && COPY.equals(e.text("device")))) {
      qmp.execute(
          "blockdev-backup",
          Map.of("job-id", COPY, "device", QemuCommand.ROOT_NODE, "target", COPY, "sync", "full"));
      var event = done.await(BACKUP_LIMIT);
      if (event == null) {
        throw Fault.of(500, "SnapshotFailed", "The guest ended while its disk was copied.");
      }
      var error = event.text("error");
      if (error != null) {
        throw HostFiles.isDiskFull(error)
            ? HostFiles.diskFull("copying a guest's disk")
            : Fault.of(500, "SnapshotFailed", "Copying the guest's disk failed: " + error);
      }
      if (event.is("BLOCK_JOB_CANCELLED")) {
        throw Fault.of(500, "SnapshotFailed", "Copying the guest's disk was cancelled.");
      }
    } finally {
      dropCopy();
    }
  }

  /** Removes the copy's job and node, as left by an agent that was killed or by a failure. */
  private void dropCopy() {
    if (!qmp.isOpen()) {
      return;
    }
    try (var gone =
        qmp.expect(
            e ->
                (e.is("BLOCK_JOB_COMPLETED") || e.is("BLOCK_JOB_CANCELLED"))
                    && COPY.equals(e.text("device")))) {
      for (JsonNode job : qmp.execute("query-block-jobs")) {
        if (COPY.equals(job.path("device").asString(""))) {
          qmp.execute("block-job-cancel", Map.of("device", COPY, "force", true));
          gone.await(Duration.ofSeconds(30));
        }
      }
      qmp.execute("blockdev-del", Map.of("node-name", COPY));
    } catch (Fault f) {
      log.debug("{}: {}", dir.root(), f.getMessage());
    }
  }

  /** Processor, memory and disk counters under upstream's names. */
  Map<String, Object> counters(Map<String, String> diskNames, int memoryMb) {
    var m = new LinkedHashMap<String, Object>();
    for (var cpu : qmp.execute("query-cpus-fast")) {
      m.put(
          "cpu" + cpu.path("cpu-index").asInt() + "_time",
          process.threadNanos(cpu.path("thread-id").asLong()));
    }
    m.put("memory", memoryMb * 1024L);
    m.put("memory-actual", qmp.execute("query-balloon").path("actual").asLong() / 1024);
    m.put("memory-rss", process.residentKib());
    for (var disk : qmp.execute("query-blockstats")) {
      var path = disk.path("qdev").asString("");
      diskNames.forEach(
          (id, name) -> {
            // an id where the device has one, else the path of a part below such a device
            if (path.equals(id) || path.endsWith("/" + id) || path.contains("/" + id + "/")) {
              var s = disk.path("stats");
              m.put(name + "_read", s.path("rd_bytes").asLong());
              m.put(name + "_read_req", s.path("rd_operations").asLong());
              m.put(name + "_write", s.path("wr_bytes").asLong());
              m.put(name + "_write_req", s.path("wr_operations").asLong());
              // as upstream: -1 says that errors are not counted
              m.put(name + "_errors", -1L);
            }
          });
    }
    return m;
  }
}
