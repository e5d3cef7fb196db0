package welkin.compute.server;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import welkin.agents.contracts.LiveOptions;
import welkin.agents.contracts.MigrationProgress;
import welkin.agents.contracts.MigrationProgress.Status;
import welkin.agents.contracts.MoveTicket;
import welkin.compute.migration.Migration;
import welkin.compute.migration.MigrationStore;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/**
 * Moves a guest to another host while it runs. Until it has arrived everything can be undone and it
 * goes on at the source; once it has, nothing is undone any more: whoever unwinds looks first where
 * the guest is, and {@link FinishLive} does what is left.
 */
public final class MigrateLive extends Workflow<OnMove> {
  private static final Duration LIMIT = Duration.ofHours(6);

  /** How long a guest that is about to go waits to be told that its network has moved. */
  private static final int NETWORK_WAIT_MS = 3_000;

  private final Means means;
  private final WorkflowEngine engine;
  private final FinishLive finish;
  private final LiveOptions options;
  private final Duration vifTimeout;
  private final LiveWatch watch;
  private final LiveChecks checks;

  /**
   * @param options how, for a guest of 1 GiB
   */
  public MigrateLive(Means means, WorkflowEngine engine, FinishLive finish, LiveOptions options) {
    super("MigrateLive", 2, OnMove.class, LIMIT);
    this.means = means;
    this.engine = engine;
    this.finish = finish;
    this.options = options;
    this.vifTimeout = means.vifTimeout();
    this.watch = new LiveWatch(means, engine);
    this.checks = new LiveChecks(means);
  }

  @Override
  public void run(Run run, OnMove input) {
    var server = means.server(input.serverId());
    var m = means.migration(input.migrationId());
    run.step(
        "hold source",
        () -> means.claims().hold(server, m),
        () -> unlessArrived(m, () -> means.claims().giveBack(server, m)));
    HostAttempts.run(
        run,
        means.attempts(m),
        tried -> place(run, server, m, tried),
        found -> prepare(run, server, m, found));
    send(run, server, m);
  }

  private HostFinder.Found place(Run run, Server server, Migration m, Map<String, String> tried) {
    var host = m.terms().host();
    return run.step(
            "place",
            HostFinder.Found.class,
            () ->
                means
                    .finder()
                    .find(
                        new HostFinder.Search(
                            server,
                            server.flavor(),
                            m.terms().forced() ? host : null,
                            host,
                            checks.barred(m.sourceHost()),
                            tried,
                            m.id())),
            nothing -> unlessArrived(m, () -> means.finder().release(server, m.id())))
        .orNoValidHost();
  }

  private void prepare(Run run, Server server, Migration m, HostFinder.Found found) {
    var dest = found.host();
    run.change("preparing", sql -> preparing(sql, server, m, found));
    run.step(
        "make ports ready",
        () -> means.networking().prepare(server, dest),
        () -> unlessArrived(m, () -> means.networking().takeBack(server, m.sourceHost(), dest)));
    run.step(
        "make room",
        () -> incoming(server, m, dest),
        () ->
            unlessArrived(
                m,
                () -> {
                  means.onHostIfThere(dest, () -> means.agent(dest).destroy(server.id()));
                  means.onHostIfThere(
                      m.sourceHost(), () -> means.agent(m.sourceHost()).closeDisks(server.id()));
                }));
    int index = 0;
    for (var nic : server.nics()) {
      run.await(
          "port " + ++index + " ready",
          "network-vif-plugged:" + nic.portId(),
          vifTimeout,
          () -> means.networking().isWired(nic.portId(), dest));
    }
  }

  private void preparing(Sql sql, Server server, Migration m, HostFinder.Found found) {
    means.set(sql, server.id(), "why", Json.tree(found.rejected()));
    means.headFor(sql, m, Migration.PREPARING, found.host());
    means
        .actions()
        .event(sql, server.id(), "compute_check_can_live_migrate_destination", found.host(), null);
    means.tell(sql, server, "live_migration.pre.start");
  }

  private MoveTicket incoming(Server server, Migration m, String dest) {
    var from = means.agent(m.sourceHost()).openDisks(server.id());
    return means
        .agent(dest)
        .prepareIncoming(means.guests().of(server, server.nics()), from, block(m, dest));
  }

  /** Whether disks are copied: as was asked for, else when the hosts share none. */
  private boolean block(Migration m, String dest) {
    return m.terms().block() == null ? !means.shared(m.sourceHost(), dest) : m.terms().block();
  }

  private void send(Run run, Server server, Migration m) {
    var id = server.id();
    run.change(
        "prepared",
        sql -> means.actions().event(sql, id, "compute_pre_live_migration", dest(sql, m), null));
    run.step("send", () -> begin(server, m), () -> recall(m));
    // not before: whoever reads it may end it at once
    run.change("running", sql -> means.setMigration(sql, m.id(), "status", Migration.RUNNING));
    var signal = "migration:" + m.id();
    run.await(
        "arrive",
        signal,
        LIMIT,
        () -> {
          watch.begin(server, m, signal);
          return watch.over(server, m);
        });
    watch.forget(m);
    run.step("look", () -> mustHaveArrived(m));
    run.change("land", sql -> land(sql, means.migration(sql, m.id())));
  }

  private static String dest(Sql sql, Migration m) {
    return MigrationStore.find(sql, m.id()).map(Migration::destHost).orElse(null);
  }

  private void begin(Server server, Migration m) {
    var now = watch.progress(m);
    if (now == null || now.status() == Status.FAILED || now.status() == Status.CANCELLED) {
      var dest = means.migration(m.id()).destHost();
      var to = incoming(server, m, dest);
      means.agent(m.sourceHost()).migrateLive(server.id(), to, scaled(server, block(m, dest)));
    }
    watch.begin(server, m, "migration:" + m.id());
  }

  /** The time a guest may take grows with what is to be sent. */
  private LiveOptions scaled(Server server, boolean block) {
    var f = server.flavor();
    int gib = Math.max(2, f.ramMb() / 1024) + (block ? f.diskGb() + f.ephemeralGb() : 0);
    return new LiveOptions(
        options.completionTimeoutSeconds() * gib,
        options.timeoutAction(),
        options.downtimeMs(),
        options.bandwidthMibps(),
        options.autoConverge(),
        options.postCopy(),
        NETWORK_WAIT_MS);
  }

  /** A guest changed: if it is on its way, it is looked at now. */
  void look(String serverId) {
    watch.look(serverId);
  }

  // ---- where it is

  private void mustHaveArrived(Migration m) {
    MigrationProgress p;
    try {
      if (arrived(m)) {
        return;
      }
      p = means.hosts().up(m.sourceHost()) ? watch.progress(m) : null;
    } catch (Fault f) {
      throw f.status() == 503 ? Fault.away(f.getMessage(), 1) : f; // it must be known
    }
    if (p != null && p.status() == Status.CANCELLED) {
      throw Fault.of(
          500,
          "MigrationCancelled",
          p.error() == null ? "The live migration was aborted." : p.error());
    }
    throw Fault.of(
        500,
        "MigrationError",
        "Migration error: "
            + (p == null || p.error() == null ? "the source host does not answer." : p.error()));
  }

  /**
   * Whether the guest runs at the destination and never again at the source. The source knows; when
   * it is gone, the destination does.
   */
  private boolean arrived(Migration m) {
    var dest = means.migration(m.id()).destHost();
    try {
      var p = watch.progress(m);
      return p != null && p.status() == Status.COMPLETED;
    } catch (Fault f) {
      if (means.hosts().up(m.sourceHost())) {
        throw f;
      }
    }
    try {
      means.agent(dest).completeIncoming(m.serverId());
      return true;
    } catch (Fault f) {
      if (f.status() == 409 || f.status() == 404) {
        return false;
      }
      throw f;
    }
  }

  /** Undoes the sending, if it can be undone still, and notes when it cannot. */
  private void recall(Migration m) {
    if (means.migration(m.id()).destHost() == null) {
      return;
    }
    try {
      means.agent(m.sourceHost()).abortMigration(m.serverId());
    } catch (Fault f) {
      if (f.status() == 409) {
        var p = watch.progress(m);
        if (p != null && !p.status().over()) {
          throw f; // it goes on there already: until it has all of its memory
        }
      } else if (f.status() != 404 && means.hosts().up(m.sourceHost())) {
        throw f;
      }
    }
    if (arrived(m)) {
      means
          .database()
          .change(sql -> means.setMigration(sql, m.id(), "status", Migration.COMPLETED));
    }
  }

  private void unlessArrived(Migration m, Runnable undo) {
    if (!means.migration(m.id()).status().equals(Migration.COMPLETED)) {
      undo.run();
    }
  }

  // ---- the end

  private void land(Sql sql, Migration m) {
    var server = ServerStore.find(sql, m.serverId()).orElse(null);
    means.setMigration(sql, m.id(), "status", Migration.COMPLETED, "tidy", false);
    if (server == null) {
      return;
    }
    var zone = means.hosts().zones(sql).getOrDefault(m.destHost(), means.hosts().defaultZone());
    means.set(
        sql,
        server.id(),
        "host",
        m.destHost(),
        "node",
        m.destHost(),
        "zone",
        zone,
        "progress",
        0,
        "fault",
        null,
        "task_state",
        Objects.equals(server.taskState(), States.MIGRATING) ? null : server.taskState());
    means.actions().event(sql, server.id(), "compute_live_migration", m.sourceHost(), null);
    means
        .actions()
        .event(sql, server.id(), "compute_post_live_migration_at_destination", m.destHost(), null);
    means.tell(
        sql, ServerStore.find(sql, server.id()).orElse(server), "live_migration.post.dest.end");
    engine.enqueue(sql, finish, server.id(), new OnMove(server.id(), m.id()));
  }

  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    var m = means.migration(sql, input.migrationId());
    if (m.status().equals(Migration.COMPLETED)) {
      land(sql, m);
      return;
    }
    watch.forget(m);
    boolean cancelled =
        reason.code().equals("MigrationCancelled") || reason.code().equals("MigrationAborted");
    boolean invalid = reason.code().equals("NoValidHost");
    means.setMigration(
        sql,
        m.id(),
        "status",
        cancelled ? Migration.CANCELLED : invalid ? Migration.ERROR : Migration.FAILED);
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            s -> {
              means.set(sql, s.id(), "progress", 0);
              means.unmoved(
                  sql,
                  s,
                  reason,
                  invalid ? "conductor_live_migrate_instance" : "compute_live_migration",
                  "live_migration.rollback.end");
            });
  }
}
