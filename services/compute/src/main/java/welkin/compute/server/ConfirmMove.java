package welkin.compute.server;

import java.time.Duration;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.compute.migration.Migration;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * Lets a resized or migrated server stay what and where it is: what its old host kept is gone. It
 * may be asked for again when it failed.
 */
public final class ConfirmMove extends Workflow<OnMove> {
  private final Means means;

  public ConfirmMove(Means means) {
    super("ConfirmMove", 1, OnMove.class, Duration.ofMinutes(30));
    this.means = means;
  }

  @Override
  public void run(Run run, OnMove input) {
    var id = input.serverId();
    var m = means.migration(input.migrationId());
    if (!m.sameHost()) {
      var source = m.sourceHost();
      run.step(
          "destroy at source",
          () -> means.onHostIfThere(source, () -> means.agent(source).destroy(id)));
    }
    run.step("release source", () -> means.claims().release(m));
    run.change("confirm", sql -> confirm(sql, input, m));
  }

  private void confirm(Sql sql, OnMove input, Migration m) {
    means.setMigration(sql, m.id(), "status", Migration.CONFIRMED);
    var server = ServerStore.find(sql, input.serverId()).orElse(null);
    if (server == null) {
      return;
    }
    boolean off = server.powerState() == PowerState.SHUTDOWN.code();
    means.set(
        sql,
        server.id(),
        "vm_state",
        off ? States.STOPPED : States.ACTIVE,
        "task_state",
        States.DELETING.equals(server.taskState()) ? States.DELETING : null,
        "fault",
        null);
    means.actions().event(sql, server.id(), "compute_confirm_resize", m.sourceHost(), null);
    means.tell(sql, server, "resize.confirm.end");
  }

  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    means.setMigration(sql, input.migrationId(), "status", Migration.FINISHED);
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            s -> means.unmoved(sql, s, reason, "compute_confirm_resize", "resize.confirm.error"));
  }
}
