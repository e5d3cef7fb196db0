package welkin.compute.server;

import java.time.Duration;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Changes a guest's power state on its host. */
public final class ChangePower extends Workflow<ChangePower.Input> {
  private static final int GRACE_SECONDS = 60;
  private final Means means;

  /** Which server, and what to do. */
  public record Input(String serverId, Power power) {}

  public ChangePower(Means means) {
    super("ChangePower", 1, Input.class, Duration.ofMinutes(5));
    this.means = means;
  }

  @Override
  public void run(Run run, Input input) {
    var power = input.power();
    run.step(
        power.action,
        () -> {
          var host = means.server(input.serverId()).host();
          means.agent(host).power(input.serverId(), power.onHost, GRACE_SECONDS);
        });
    run.change(
        "record",
        sql ->
            ServerStore.find(sql, input.serverId())
                .ifPresent(
                    server -> {
                      means.set(
                          sql,
                          server.id(),
                          "vm_state",
                          power.result,
                          "power_state",
                          power.power.code(),
                          "task_state",
                          taskAfter(server, power),
                          "fault",
                          null);
                      event(sql, server, power, null);
                      means.tell(sql, server, power.event + ".end");
                    }));
  }

  /** A deletion that was asked for meanwhile stays shown. */
  private static String taskAfter(Server server, Power power) {
    return power.task.equals(server.taskState()) ? null : server.taskState();
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            server -> {
              var power = input.power();
              means.set(sql, server.id(), "task_state", taskAfter(server, power));
              if (power.action.equals("reboot") || power == Power.RESUME) {
                means.set(sql, server.id(), "vm_state", States.ERROR);
              }
              means.set(sql, server.id(), "fault", means.fault(reason));
              event(sql, server, power, reason.getMessage());
              means.tell(sql, server, power.event + ".error");
            });
  }

  private void event(Sql sql, Server server, Power power, String failure) {
    means
        .actions()
        .event(sql, server.id(), "compute_" + power.action + "_instance", server.host(), failure);
  }
}
