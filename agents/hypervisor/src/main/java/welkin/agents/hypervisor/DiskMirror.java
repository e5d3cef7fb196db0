package welkin.agents.hypervisor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.MoveTicket;
import welkin.agents.contracts.MoveTicket.Disk;
import welkin.core.Fault;

/** Copies a running guest's disks into the QEMU that waits for it, and what it writes meanwhile. */
final class DiskMirror {
  private static final Logger log = LoggerFactory.getLogger(DiskMirror.class);
  private final String id;
  private final Machine machine;
  private final MoveTicket to;
  private final String credentials;
  private volatile long total;
  private volatile long processed;

  /**
   * @param credentials QEMU's name for the key of the connection
   */
  DiskMirror(String id, Machine machine, MoveTicket to, String credentials) {
    this.id = id;
    this.machine = machine;
    this.to = to;
    this.credentials = credentials;
  }

  /** Disks whose content goes with the guest; the others are files that were fetched before. */
  static boolean mirrored(Disk d) {
    return List.of("root", "ephemeral", "swap").contains(d.name());
  }

  /** Bytes to be copied; 0 until it is known. */
  long total() {
    return total;
  }

  long processed() {
    return processed;
  }

  private QmpClient qmp() {
    return machine.monitor();
  }

  /** Begins to copy them. */
  void begin() {
    for (var disk : to.disks()) {
      if (mirrored(disk)) {
        qmp()
            .execute(
                "blockdev-add",
                Map.of(
                    "driver",
                    "nbd",
                    "node-name",
                    "to-" + disk.name(),
                    "server",
                    Map.of(
                        "type",
                        "inet",
                        "host",
                        to.address(),
                        "port",
                        Integer.toString(to.diskPort())),
                    "export",
                    disk.name(),
                    "tls-creds",
                    credentials));
        qmp()
            .execute(
                "blockdev-mirror",
                Map.of(
                    "job-id",
                    "move-" + disk.name(),
                    "device",
                    disk.name(),
                    "target",
                    "to-" + disk.name(),
                    // only what lies above a base image the other host has, too
                    "sync",
                    disk.image() != null ? "top" : "full"));
      }
    }
  }

  /** Whether what is written now is written there, too; also counts. */
  boolean ready() {
    var jobs = qmp().execute("query-block-jobs");
    int ready = 0;
    long all = 0;
    long done = 0;
    for (var job : jobs) {
      if (job.path("device").asString("").startsWith("move-")) {
        all += job.path("len").asLong();
        done += job.path("offset").asLong();
        ready += job.path("ready").asBoolean() ? 1 : 0;
      }
    }
    total = Math.max(1, all);
    processed = done;
    long wanted = to.disks().stream().filter(DiskMirror::mirrored).count();
    int running = 0;
    for (var job : jobs) {
      running += job.path("device").asString("").startsWith("move-") ? 1 : 0;
    }
    if (running < wanted) {
      throw Fault.of(500, "HypervisorError", "Copying a disk to the other host failed.");
    }
    return ready == wanted;
  }

  /** The guest stands still: what was written last goes over, and the copies are let go of. */
  void complete() {
    for (var disk : to.disks()) {
      if (!mirrored(disk)) {
        continue;
      }
      var job = "move-" + disk.name();
      try (var done =
          qmp()
              .expect(
                  e ->
                      (e.is("BLOCK_JOB_COMPLETED") || e.is("BLOCK_JOB_CANCELLED"))
                          && job.equals(e.text("device")))) {
        // not forced: completes without the guest going over to the copy
        qmp().execute("block-job-cancel", Map.of("device", job, "force", false));
        var event = done.await(Duration.ofMinutes(5));
        var error = event == null ? "no answer" : event.text("error");
        if (error != null || event.is("BLOCK_JOB_CANCELLED")) {
          throw Fault.of(
              500, "HypervisorError", "Copying disk " + disk.name() + " failed: " + error);
        }
      }
    }
    processed = total;
  }

  /** Removes jobs and nodes, as left by whatever happened. */
  void tidy() {
    try {
      var jobs = qmp().execute("query-block-jobs");
      for (var job : jobs) {
        var name = job.path("device").asString("");
        if (name.startsWith("move-")) {
          try (var gone =
              qmp()
                  .expect(
                      e ->
                          (e.is("BLOCK_JOB_COMPLETED") || e.is("BLOCK_JOB_CANCELLED"))
                              && name.equals(e.text("device")))) {
            qmp().execute("block-job-cancel", Map.of("device", name, "force", true));
            gone.await(Duration.ofSeconds(30));
          }
        }
      }
    } catch (Fault f) {
      log.info("guest {}: {}", id, f.getMessage());
    }
    for (var disk : List.of("root", "ephemeral", "swap")) {
      quietly("blockdev-del", Map.of("node-name", "to-" + disk));
    }
  }

  private void quietly(String command, Map<String, ?> arguments) {
    try {
      qmp().execute(command, arguments);
    } catch (Fault f) {
      log.debug("guest {}: {}", id, f.getMessage());
    }
  }
}
