package welkin.agents.hypervisor;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.LiveOptions.TimeoutAction;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.hypervisor.GuestRecord.Departure;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * Drives one live migration at the side the guest leaves: disks first (mirrored into the other
 * QEMU, when storage is not shared), then memory, and at the end, while the guest stands still, the
 * rest of both. QEMU holds the truth: a new agent goes on where the old one was.
 *
 * <p>The guest runs on at most one side: this one stops it before the last byte is sent and starts
 * it again only when QEMU says that the migration has failed.
 */
final class LiveMigration {
  private static final Logger log = LoggerFactory.getLogger(LiveMigration.class);
  private static final String TLS_OUT = "tls-out";

  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration LOOK_CLOSELY = Duration.ofMillis(20);

  private final Guest guest;
  private final HostKit kit;
  private final GuestDirectory dir;
  private final Machine machine;
  private final DiskMirror disks;
  private final Farewell farewell;
  private final CountDownLatch over = new CountDownLatch(1);
  private volatile boolean abort;
  private volatile boolean force;
  private volatile boolean detached;
  private volatile boolean postCopy;
  private volatile boolean standsStill;
  private volatile JsonNode memory;
  private volatile String giveUp;
  private volatile Status givenUpAs = Status.CANCELLED;

  LiveMigration(Guest guest, HostKit kit, GuestDirectory dir) {
    this.guest = guest;
    this.kit = kit;
    this.dir = dir;
    this.machine = guest.machine();
    this.disks = new DiskMirror(guest.id(), machine, departure().to(), TLS_OUT);
    this.farewell =
        new Farewell(
            guest.id(), machine == null ? null : machine.monitor(), departure(), this::change);
  }

  void start() {
    force = departure().forced();
    Thread.ofVirtual().name("migration " + guest.id()).start(this::run);
  }

  private Departure departure() {
    return guest.record().move().departure();
  }

  private boolean block() {
    return departure().to().diskPort() != 0;
  }

  private QmpClient qmp() {
    return machine.monitor();
  }

  // ---- asked by others

  MigrationProgress progress() {
    var d = departure();
    return d == null || d.progress() != null
        ? d == null ? null : d.progress()
        : progress(d, memory == null && disks.total() == 0 ? Status.QUEUED : Status.RUNNING, null);
  }

  static MigrationProgress queued(Departure d, InstantSource clock) {
    return new MigrationProgress(
        Status.QUEUED,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        Duration.between(d.began(), clock.instant()).toMillis(),
        null,
        false);
  }

  private MigrationProgress progress(Departure d, Status status, String error) {
    var m = memory;
    var ram = m == null ? null : m.get("ram");
    long total = number(ram, "total");
    long remaining = status == Status.COMPLETED ? 0 : number(ram, "remaining");
    return new MigrationProgress(
        status,
        total,
        // what was sent or found empty, as upstream counts
        number(ram, "transferred"),
        remaining,
        disks.total(),
        disks.processed(),
        Math.max(0, disks.total() - disks.processed()),
        number(m, "downtime"),
        Duration.between(d.began(), kit.clock().instant()).toMillis(),
        error,
        !status.over() && (d.leaving() || standsStill));
  }

  static long number(JsonNode node, String field) {
    return node == null ? 0 : node.path(field).asLong(0);
  }

  /** Gives it up and waits for its end; false when that does not come. */
  boolean abort(Duration limit) {
    if (over.getCount() > 0) {
      if (postCopy) {
        throw Fault.of(
            409,
            "InstanceInvalidState",
            "Server " + guest.id() + " runs at its destination already.");
      }
      giveUp = "The migration was aborted.";
      abort = true;
    }
    try {
      return over.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  void force() {
    if (over.getCount() > 0) {
      force = true;
      change(Departure::inForce);
    }
  }

  /** The agent ends, or the guest does; QEMU is left as it is. */
  void detach() {
    detached = true;
  }

  // ---- the work

  private void run() {
    try {
      if (machine == null || !machine.connected()) {
        ended();
        return;
      }
      if (!departure().memory()) {
        if (!status().isEmpty() && !status().equals("none") && !isOver(status())) {
          // sent by an agent that was killed before it could write that down
          log.info("guest {} is on its way already", guest.id());
        } else {
          begin();
        }
        change(Departure::sendsMemory);
      }
      drive();
    } catch (GivenUp e) {
      end(givenUpAs, giveUp);
    } catch (RuntimeException e) {
      if (!detached) {
        log.info("migration of {}: {}", guest.id(), e.toString());
        failed(e.getMessage());
      }
    } finally {
      if (!detached) {
        over.countDown();
      }
    }
  }

  private static boolean isOver(String status) {
    return List.of("failed", "cancelled", "completed").contains(status);
  }

  /** Thrown where there is nothing to cancel in QEMU. */
  private static final class GivenUp extends RuntimeException {
    GivenUp() {
      super(null, null, false, false);
    }
  }

  private String status() {
    return qmp().execute("query-migrate").path("status").asString("");
  }

  private void begin() {
    var d = departure();
    tidy();
    var key = new MoveKey(dir, "key-to", kit.confinement());
    qmp()
        .execute(
            "object-add",
            Map.of(
                "qom-type",
                "tls-creds-psk",
                "id",
                TLS_OUT,
                "endpoint",
                "client",
                "username",
                MoveKey.USER,
                "dir",
                key.relative()));
    if (block()) {
      disks.begin();
      while (!disks.ready()) {
        giveUpIfTold();
        Pause.briefly(LOOK);
      }
    }
    if (kit.facts().forgetsWrites() && guest.record().hardware().memoryTrimKib() == 0) {
      // made before guests were trimmed: its memory is only sure while it stands still
      force = true;
    }
    var options = d.options();
    capabilities(options.autoConverge(), postCopyAllowed());
    var parameters = new LinkedHashMap<String, Object>();
    parameters.put("tls-creds", TLS_OUT);
    parameters.putAll(farewell.begin());
    qmp().execute("migrate-set-parameters", parameters);
    qmp().execute("migrate", Map.of("uri", GuestMoves.uri(d.to().address(), d.to().memoryPort())));
  }

  private boolean postCopyAllowed() {
    var d = departure();
    return d.options().postCopy() && Json.read(d.to().model(), GuestRecord.Model.class).postCopy();
  }

  private void capabilities(boolean autoConverge, boolean withPostCopy) {
    qmp()
        .execute(
            "migrate-set-capabilities",
            Map.of(
                "capabilities",
                List.of(
                    GuestMoves.cap("events", true),
                    GuestMoves.cap("auto-converge", autoConverge),
                    GuestMoves.cap("postcopy-ram", withPostCopy),
                    GuestMoves.cap("pause-before-switchover", block()))));
  }

  /** Removes what a migration needs beside the guest, as left by whatever happened. */
  private void tidy() {
    if (!machine.connected()) {
      return;
    }
    disks.tidy();
    try {
      qmp().execute("object-del", Map.of("id", TLS_OUT));
    } catch (Fault f) {
      log.debug("guest {}: {}", guest.id(), f.getMessage());
    }
  }

  // ---- memory

  private void drive() {
    boolean cancelling = false;
    boolean forcing = false;
    boolean continued = false;
    while (!detached) {
      if (!machine.connected()) {
        ended();
        return;
      }
      JsonNode now;
      try (var change = qmp().expect(e -> e.is("MIGRATION") || e.is("MIGRATION_PASS"))) {
        now = qmp().execute("query-migrate");
        memory = now;
        var status = now.path("status").asString("");
        if (isOver(status)) {
          finish(status, now);
          return;
        }
        postCopy = status.startsWith("postcopy");
        if (abort && !cancelling && !postCopy) {
          cancelling = true;
          qmp().execute("migrate_cancel");
        } else if (status.equals("pre-switchover") && !cancelling && !continued) {
          continued = true;
          standsStill = true;
          handOver();
          continue;
        } else if (!cancelling && !postCopy) {
          giveUpIfLate();
          if (status.equals("active")) {
            farewell.say(now.path("ram"), force);
            if (force && !forcing && farewell.said()) {
              forcing = true;
              finishSoon();
            }
          }
        }
        change.await(farewell.far() ? LOOK : LOOK_CLOSELY);
      }
    }
  }

  private void change(UnaryOperator<Departure> how) {
    guest.locked(
        () -> {
          var d = departure();
          if (d != null && d.progress() == null) {
            guest.save(guest.record().moving(guest.record().move().departing(how.apply(d))));
          }
        });
  }

  /** What is sent to the guest goes to the other host now. */
  void networkMoved() {
    farewell.networkMoved();
  }

  private void handOver() {
    try {
      disks.complete();
      qmp().execute("migrate-continue", Map.of("state", "pre-switchover"));
    } catch (Fault f) {
      giveUp = f.getMessage();
      givenUpAs = Status.FAILED;
      abort = true;
      log.info("guest {}: {}", guest.id(), f.getMessage());
    }
  }

  private void finishSoon() {
    if (postCopyAllowed()) {
      qmp().execute("migrate-start-postcopy");
      return;
    }
    // the guest is stopped now, at the end of this pass, and what is left is sent then
    qmp()
        .execute(
            "migrate-set-parameters",
            Map.of(
                "downtime-limit", Farewell.DOWNTIME_MAX_MS, "max-bandwidth", Approach.UNLIMITED));
  }

  private void giveUpIfTold() {
    giveUpIfLate();
    if (abort) {
      throw new GivenUp();
    }
  }

  private void giveUpIfLate() {
    var d = departure();
    int limit = d.options().completionTimeoutSeconds();
    if (limit > 0
        && !abort
        && !force
        && Duration.between(d.began(), kit.clock().instant()).toSeconds() >= limit) {
      if (d.options().timeoutAction() == TimeoutAction.FORCE_COMPLETE) {
        force();
      } else {
        giveUp = "The migration was not over after " + limit + " s and was given up.";
        abort = true;
      }
    }
  }

  // ---- the end

  private void finish(String status, JsonNode now) {
    switch (status) {
      case "completed" -> completed();
      case "cancelled" -> {
        tidy();
        end(givenUpAs, giveUp);
      }
      default -> failed(now.path("error-desc").asString("QEMU gives no reason."));
    }
  }

  private void completed() {
    guest.locked(
        () -> {
          var r = guest.record();
          if (r == null || r.move().departure() == null) {
            return;
          }
          var d = r.move().departure();
          // written first: whatever happens now, it must not be started here
          guest.save(
              r.expecting(PowerState.SHUTDOWN, "It moved to host '" + d.to().host() + "'.")
                  .moving(
                      r.move()
                          .away(d.to().host())
                          .departing(d.over(progress(d, Status.COMPLETED, null)))));
          if (guest.moves().server().open()) {
            guest.moves().server().copyConsole();
          }
          guest.off();
        });
    new MoveKey(dir, "key-to", kit.confinement()).remove();
    log.info(
        "guest {} moved to {}: {}", guest.id(), departure().to().host(), departure().progress());
  }

  private void failed(String why) {
    tidy();
    if (machine.alive()) {
      end(Status.FAILED, why);
    } else {
      ended();
    }
  }

  /** QEMU is gone: what it said last tells whether the guest had left. */
  private void ended() {
    if (detached) {
      return;
    }
    if (machine != null && machine.alive()) {
      // only the monitor was lost; the guest finds it again
      var deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (machine.alive() && System.nanoTime() < deadline) {
        Pause.briefly(LOOK);
        var again = guest.machine();
        if (again != null && again != machine && again.connected()) {
          guest.moves().leave();
          return;
        }
      }
    }
    if (departure().memory() && dir.migrationCompleted()) {
      completed();
    } else {
      end(Status.FAILED, "The guest's process ended at the host it was to leave.");
    }
  }

  private void end(Status how, String why) {
    if (how != Status.COMPLETED && machine != null) {
      tidy();
    }
    new MoveKey(dir, "key-to", kit.confinement()).remove();
    guest.locked(
        () -> {
          var r = guest.record();
          if (r != null && r.move().departure() != null) {
            var d = r.move().departure();
            guest.moves().server().close();
            guest.save(r.moving(r.move().departing(d.over(progress(d, how, why)))));
          }
        });
    log.info("migration of {}: {} {}", guest.id(), how, why);
  }
}
