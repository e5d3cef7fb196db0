package welkin.compute.server;

import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** How work on a server begins: states checked again, then row, action, event and work at once. */
final class ServerWork {
  private final Means means;
  private final WorkflowEngine engine;

  public ServerWork(Means means, WorkflowEngine engine) {
    this.means = means;
    this.engine = engine;
  }

  /**
   * @throws Fault 409 for a server whose host is away, or that has none
   */
  void mustBeOnLivingHost(Server server) {
    if (server.host() == null) {
      throw Fault.conflict("Instance " + server.id() + " is not ready");
    }
    if (!means.hosts().up(server.host())) {
      throw Fault.conflict("Service is unavailable at this time.");
    }
  }

  /** The server as it is in this transaction, if it may make the move. */
  Server now(Sql sql, Server server, Moves move) {
    var now = ServerStore.find(sql, server.id()).orElseThrow(() -> Lookup.absent(server.id()));
    move.check(now);
    return now;
  }

  /**
   * The transaction all actions begin with.
   *
   * @param task the task state from now on, null for none
   */
  <I> void begin(
      Server server,
      Moves move,
      String action,
      String task,
      String event,
      Workflow<I> workflow,
      I input) {
    means
        .database()
        .change(sql -> begin(sql, now(sql, server, move), action, task, event, workflow, input));
  }

  <I> void begin(
      Sql sql, Server now, String action, String task, String event, Workflow<I> workflow, I in) {
    means.actions().begin(sql, now.id(), action);
    if (task != null) {
      means.set(sql, now.id(), "task_state", task);
    }
    means.tell(sql, now, event);
    engine.enqueue(sql, workflow, now.id(), in);
  }

  /** Does something that needs no host: sets columns, and says so. */
  void record(Server server, String action, String event, Object... pairs) {
    means
        .database()
        .change(
            sql -> {
              means.actions().begin(sql, server.id(), action);
              means.set(sql, server.id(), pairs);
              means.tell(sql, server, event);
            });
  }
}
