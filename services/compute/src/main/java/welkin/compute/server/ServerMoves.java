package welkin.compute.server;

import welkin.compute.flavor.Flavor;
import welkin.compute.migration.Migration;
import welkin.compute.migration.Migration.Terms;
import welkin.compute.migration.Migration.Type;
import welkin.compute.migration.MigrationStore;
import welkin.core.Fault;
import welkin.core.RequestContext;
import welkin.store.Sql;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** What moves servers: each checks that it may be, says so in the rows and enqueues the work. */
public final class ServerMoves {
  private final Means means;
  private final WorkflowEngine engine;
  private final ServerWork work;
  private final MoveServer move;
  private final ConfirmMove confirm;
  private final RevertMove revert;
  private final MigrateLive live;
  private final EvacuateServer evacuate;
  private final LiveChecks checks;

  public ServerMoves(
      Means means,
      WorkflowEngine engine,
      MoveServer move,
      ConfirmMove confirm,
      RevertMove revert,
      MigrateLive live,
      EvacuateServer evacuate) {
    this.means = means;
    this.engine = engine;
    this.work = new ServerWork(means, engine);
    this.move = move;
    this.confirm = confirm;
    this.revert = revert;
    this.live = live;
    this.evacuate = evacuate;
    this.checks = new LiveChecks(means);
  }

  // ---- cold

  /**
   * Begins to give a server another size.
   *
   * @param diskConfig AUTO, MANUAL, or null to leave it
   * @throws Fault 400 for a flavor it cannot have, 403 over quota, 409 for its state
   */
  void resize(Server server, Flavor flavor, String diskConfig) {
    Moves.RESIZE.check(server);
    work.mustBeOnLivingHost(server);
    if (flavor.id().equals(server.flavor().id())) {
      throw Fault.badRequest("When resizing, instances must change flavor!");
    }
    if (flavor.diskGb() == 0 && server.flavor().diskGb() != 0) {
      throw Fault.badRequest("Resize to zero disk flavor is not allowed.");
    }
    if (flavor.diskGb() < server.flavor().diskGb()
        || flavor.ephemeralGb() < server.flavor().ephemeralGb()) {
      throw Fault.badRequest(
          "Unable to resize disk down: the server has "
              + server.flavor().diskGb()
              + " GiB, flavor "
              + flavor.name()
              + " has "
              + flavor.diskGb()
              + " GiB.");
    }
    if (flavor.ramMb() < server.boot().image().minRamMb()) {
      throw Fault.badRequest("Flavor's memory is too small for requested image.");
    }
    var to = RequestSpecs.copy(flavor);
    begin(
        server,
        Moves.RESIZE,
        "resize",
        States.RESIZE_PREP,
        "resize.prep.start",
        Type.RESIZE,
        to,
        Terms.NONE,
        move,
        sql -> {
          means.takeGrown(sql, server.projectId(), server.flavor(), to);
          if (diskConfig != null) {
            means.set(sql, server.id(), "disk_config", diskConfig);
          }
        });
  }

  /**
   * Begins to move a server while it is stopped.
   *
   * @param host where to, or null
   */
  void migrate(Server server, String host) {
    Moves.MIGRATE.check(server);
    work.mustBeOnLivingHost(server);
    if (host != null) {
      if (host.equals(server.host())) {
        throw Fault.badRequest("Cannot migrate to the host where the server exists.");
      }
      if (means.hosts().find(host).isEmpty()) {
        throw Fault.badRequest("Compute host " + host + " could not be found.");
      }
    }
    begin(
        server,
        Moves.MIGRATE,
        "migrate",
        States.RESIZE_PREP,
        "resize.prep.start",
        Type.MIGRATION,
        server.flavor(),
        new Terms(host, false, null, null, false),
        move,
        sql -> {});
  }

  /**
   * @throws Fault 400 when nothing waits to be confirmed
   */
  void confirm(Server server) {
    after(
        server,
        Moves.CONFIRM_RESIZE,
        "confirmResize",
        null,
        "resize.confirm.start",
        Migration.CONFIRMING,
        confirm);
  }

  void revert(Server server) {
    after(
        server,
        Moves.REVERT_RESIZE,
        "revertResize",
        States.RESIZE_REVERTING,
        "resize.revert.start",
        Migration.REVERTING,
        revert);
  }

  private void after(
      Server server,
      Moves move,
      String action,
      String task,
      String event,
      String status,
      Workflow<OnMove> workflow) {
    means
        .database()
        .change(
            sql -> {
              var now = work.now(sql, server, move);
              var m =
                  MigrationStore.inStatus(sql, now.id(), Migration.FINISHED)
                      .orElseThrow(() -> Fault.badRequest("Instance has not been resized."));
              if (status.equals(Migration.REVERTING)) {
                means.takeGrown(sql, now.projectId(), m.newFlavor(), m.oldFlavor());
              }
              means.setMigration(sql, m.id(), "status", status);
              means.actions().begin(sql, now.id(), action);
              means.set(sql, now.id(), "task_state", task);
              means.tell(sql, now, event);
              engine.enqueue(sql, workflow, now.id(), new OnMove(now.id(), m.id()));
            });
  }

  // ---- live

  /**
   * Begins to move a server while it runs.
   *
   * @param terms host and whether it is forced, and whether disks are copied
   * @param now whether what can be seen to be wrong is refused now (before 2.34)
   * @throws Fault 400 for a host that does not exist and for what is seen now, 409 for its state
   */
  void migrateLive(Server server, Terms terms, boolean now) {
    Moves.MIGRATE_LIVE.check(server);
    var host = terms.host();
    if (host != null && means.hosts().find(host).isEmpty()) {
      throw Fault.badRequest("Compute host " + host + " could not be found.");
    }
    if (now) {
      checks.possible(server, terms);
    }
    work.mustBeOnLivingHost(server);
    begin(
        server,
        Moves.MIGRATE_LIVE,
        "live-migration",
        States.MIGRATING,
        "live_migration.pre.start",
        Type.LIVE_MIGRATION,
        server.flavor(),
        terms,
        live,
        sql -> {});
  }

  /**
   * Gives a live migration up.
   *
   * @param early also one that does not run yet (since 2.65)
   */
  public void abort(Server server, Migration m, boolean early) {
    Moves.ABORT_LIVE.check(server);
    var id = server.id();
    if (m.type() != Type.LIVE_MIGRATION || !m.open()) {
      throw invalid(m, server, "abort live migration");
    }
    boolean running = m.status().equals(Migration.RUNNING);
    if (!running && !early) {
      throw invalid(m, server, "abort live migration");
    }
    if (running) {
      means.hosts().agent(m.sourceHost()).abortMigration(id);
    }
    means
        .database()
        .change(
            sql -> {
              means.actions().begin(sql, id, "live_migration_cancel");
              means.tell(sql, server, "live.migration.abort.start");
              if (!running) {
                engine.cancel(
                    sql, id, Fault.of(500, "MigrationAborted", "The live migration was aborted."));
              }
            });
  }

  /** A guest changed that may be on its way. */
  void look(String serverId) {
    live.look(serverId);
  }

  /** Ends a live migration soon. */
  public void forceComplete(Server server, Migration m) {
    Moves.FORCE_LIVE.check(server);
    if (m.type() != Type.LIVE_MIGRATION || !m.status().equals(Migration.RUNNING)) {
      throw invalid(m, server, "force_complete");
    }
    means.hosts().agent(m.sourceHost()).forceComplete(server.id());
    means
        .database()
        .change(
            sql -> {
              means.actions().begin(sql, server.id(), "live_migration_force_complete");
              means.tell(sql, server, "live.migration.force.complete.end");
            });
  }

  private static Fault invalid(Migration m, Server server, String what) {
    return Fault.badRequest(
        "Migration "
            + m.id()
            + " state of instance "
            + server.id()
            + " is "
            + m.status()
            + ". Cannot "
            + what
            + " while the migration is in this state.");
  }

  // ---- from a dead host

  /**
   * Begins to bring a server of a dead host to life elsewhere.
   *
   * @throws Fault 400 while its host is alive, 404 for a host that does not exist
   */
  void evacuate(Server server, Terms terms) {
    var to = terms.host();
    if (to != null) {
      if (means.hosts().find(to).isEmpty()) {
        throw Fault.notFound("Compute host " + to + " not found.");
      }
      if (to.equals(server.host())) {
        throw Fault.badRequest("The target host can't be the same one.");
      }
    }
    Moves.EVACUATE.check(server);
    if (server.host() == null) {
      throw Fault.conflict("Instance " + server.id() + " is not ready");
    }
    if (means.hosts().upNow(server.host())) {
      throw Fault.badRequest("Compute service of " + server.host() + " is still in use.");
    }
    begin(
        server,
        Moves.EVACUATE,
        "evacuate",
        States.REBUILDING,
        "rebuild.start",
        Type.EVACUATION,
        server.flavor(),
        terms,
        evacuate,
        sql -> {});
  }

  // ---- all

  private interface Extra {
    void in(Sql sql);
  }

  private void begin(
      Server server,
      Moves move,
      String action,
      String task,
      String event,
      Type type,
      FlavorCopy flavor,
      Terms terms,
      Workflow<OnMove> workflow,
      Extra extra) {
    var uuid = means.ids().uuid();
    var time = means.clock().instant();
    var caller = RequestContext.current().caller();
    means
        .database()
        .change(
            sql -> {
              var now = work.now(sql, server, move);
              extra.in(sql);
              var m =
                  MigrationStore.insert(
                      sql,
                      new Migration(
                          0,
                          uuid,
                          now.id(),
                          caller.projectId(),
                          caller.userId(),
                          type,
                          type == Type.LIVE_MIGRATION ? Migration.QUEUED : Migration.ACCEPTED,
                          now.host(),
                          now.zone(),
                          null,
                          null,
                          now.flavor(),
                          flavor,
                          now.vmState(),
                          terms,
                          null,
                          true,
                          time,
                          time));
              means.actions().begin(sql, now.id(), action);
              means.set(sql, now.id(), "task_state", task);
              means.tell(sql, now, event);
              engine.enqueue(sql, workflow, now.id(), new OnMove(now.id(), m.id()));
            });
  }
}
