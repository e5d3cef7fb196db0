package welkin.compute.server;

import java.util.Map;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.workflow.WorkflowEngine;

/** What one can have done to a server: each checks the move, says so in the row and enqueues. */
public final class ServerActions {
  private final Means means;
  private final WorkflowEngine engine;
  private final ServerWork work;
  private final ChangePower changePower;
  private final RebuildServer rebuild;

  public ServerActions(
      Means means, WorkflowEngine engine, ChangePower changePower, RebuildServer rebuild) {
    this.means = means;
    this.engine = engine;
    this.work = new ServerWork(means, engine);
    this.changePower = changePower;
    this.rebuild = rebuild;
  }

  void power(Server server, Power power) {
    work.mustBeOnLivingHost(server);
    work.begin(
        server,
        power.move,
        power.action,
        power.task,
        power.event + ".start",
        changePower,
        new ChangePower.Input(server.id(), power));
  }

  void lock(Server server, Caller caller, String reason) {
    var by =
        caller.projectId() != null
                && caller.projectId().equals(server.projectId())
                && !caller.isAdmin()
            ? "owner"
            : "admin";
    work.record(server, "lock", "lock", "locked_by", by, "locked_reason", reason);
  }

  void unlock(Server server) {
    work.record(server, "unlock", "unlock", "locked_by", null, "locked_reason", null);
  }

  /** Sets states by an administrator's word. */
  void reset(Server server, boolean active) {
    means
        .database()
        .change(
            sql -> {
              engine.cancel(sql, server.id(), Fault.conflict("The state was reset."));
              means.set(
                  sql,
                  server.id(),
                  "vm_state",
                  active ? States.ACTIVE : States.ERROR,
                  "task_state",
                  null);
            });
  }

  void rebuild(Server server, RebuildServer.Input input, Object... columns) {
    work.mustBeOnLivingHost(server);
    means
        .database()
        .change(
            sql -> {
              var now = work.now(sql, server, Moves.REBUILD);
              if (columns.length > 0) {
                means.set(sql, server.id(), columns);
              }
              work.begin(sql, now, "rebuild", States.REBUILDING, "rebuild.start", rebuild, input);
            });
  }

  String console(Server server, Integer lines) {
    if (server.host() == null) {
      throw Fault.conflict("Instance " + server.id() + " is not ready");
    }
    return means.hosts().agent(server.host()).consoleLog(server.id(), lines);
  }

  /** The kind of hypervisor a server is on. */
  String hypervisor(Server server) {
    return means
        .hosts()
        .find(server.host())
        .map(h -> h.report().hypervisorType())
        .orElse("unknown");
  }

  Map<String, Object> diagnostics(Server server) {
    Moves.DIAGNOSTICS.check(server);
    work.mustBeOnLivingHost(server);
    return means.hosts().agent(server.host()).diagnostics(server.id());
  }
}
