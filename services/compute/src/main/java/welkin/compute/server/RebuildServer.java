package welkin.compute.server;

import java.time.Duration;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Makes a server's guest anew on the same host, with the same ports, from an image. */
public final class RebuildServer extends Workflow<RebuildServer.Input> {
  private final Means means;

  /** Which server, and whether it was stopped before and is to be stopped again. */
  public record Input(String serverId, boolean stopped) {}

  public RebuildServer(Means means) {
    super("RebuildServer", 1, Input.class, Duration.ofMinutes(30));
    this.means = means;
  }

  @Override
  public void run(Run run, Input input) {
    var id = input.serverId();
    var server = means.server(id);
    run.step("destroy", () -> means.agent(server.host()).destroy(id));
    run.change("spawning", sql -> means.set(sql, id, "task_state", "rebuild_spawning"));
    run.step(
        "spawn",
        () -> means.agent(server.host()).spawn(means.guests().of(means.server(id), server.nics())));
    run.step(
        "let it run",
        () ->
            means
                .agent(server.host())
                .power(id, input.stopped() ? PowerAction.STOP : PowerAction.RESUME, 0));
    run.change(
        "done",
        sql -> {
          means.set(
              sql,
              id,
              "vm_state",
              input.stopped() ? States.STOPPED : States.ACTIVE,
              "power_state",
              input.stopped() ? PowerState.SHUTDOWN.code() : PowerState.RUNNING.code(),
              "task_state",
              null,
              "fault",
              null,
              "launched_at",
              means.clock().instant());
          means.actions().event(sql, id, "compute_rebuild_instance", server.host(), null);
          means.tell(sql, server, "rebuild.end");
        });
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            server -> {
              means.set(sql, server.id(), "fault", means.fault(reason));
              if (!States.DELETING.equals(server.taskState())) {
                means.set(sql, server.id(), "vm_state", States.ERROR, "task_state", null);
              }
              means
                  .actions()
                  .event(
                      sql,
                      server.id(),
                      "compute_rebuild_instance",
                      server.host(),
                      reason.getMessage());
              means.tell(sql, server, "rebuild.error");
            });
  }
}
