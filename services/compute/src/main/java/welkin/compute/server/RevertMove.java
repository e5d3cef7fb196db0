package welkin.compute.server;

import java.time.Duration;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.compute.migration.Migration;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** Brings a resized or migrated server back to what and where it was. */
public final class RevertMove extends Workflow<OnMove> {
  private static final int GRACE_SECONDS = 60;
  private final Means means;
  private final WorkflowEngine engine;
  private final SweepHost sweep;

  public RevertMove(Means means, WorkflowEngine engine, SweepHost sweep) {
    super("RevertMove", 1, OnMove.class, Duration.ofMinutes(30));
    this.means = means;
    this.engine = engine;
    this.sweep = sweep;
  }

  @Override
  public void run(Run run, OnMove input) {
    var id = input.serverId();
    var server = means.server(id);
    var m = means.migration(input.migrationId());
    var source = m.sourceHost();
    var dest = m.destHost();
    run.step(
        "stop",
        () -> means.agent(dest).power(id, PowerAction.STOP, GRACE_SECONDS),
        () -> {
          if (m.ran()) {
            means.onHostIfThere(dest, () -> means.agent(dest).power(id, PowerAction.START, 0));
          }
        });
    if (!m.sameHost()) {
      var zone = means.hosts().zones().getOrDefault(dest, means.hosts().defaultZone());
      run.step(
          "move ports back",
          () -> means.networking().rebind(server, source, m.sourceZone()),
          () -> means.networking().rebindBack(server, dest, zone));
    }
    run.step(
        "take back",
        () -> adopt(source, server, m.oldFlavor()),
        () -> means.onHostIfThere(dest, () -> adopt(dest, server, m.newFlavor())));
    run.step(
        "claim back",
        Claims.Held.class,
        () -> {
          var held = means.claims().held(server, m);
          means.claims().giveBack(server, m);
          return held;
        },
        held -> claimAgain(server, m, held));
    if (m.ran()) {
      run.step(
          "start",
          () -> means.agent(source).power(id, PowerAction.START, 0),
          () ->
              means.onHostIfThere(
                  source, () -> means.agent(source).power(id, PowerAction.STOP, 0)));
    }
    run.change("revert", sql -> revert(sql, input, m));
  }

  private void adopt(String host, Server server, FlavorCopy flavor) {
    means.agent(host).adopt(means.guests().of(server, flavor, server.nics()), null);
  }

  /**
   * @param held null when the record was lost with a process: then what is known says it
   */
  private void claimAgain(Server server, Migration m, Claims.Held held) {
    if (held != null && !held.migration().isEmpty()) {
      means.claims().write(server, m, held);
    } else if (means.claims().held(server, m).migration().isEmpty()) {
      means.claims().write(server, m, means.moved(m));
    }
  }

  private void revert(Sql sql, OnMove input, Migration m) {
    means.setMigration(sql, m.id(), "status", Migration.REVERTED);
    var server = ServerStore.find(sql, input.serverId()).orElse(null);
    if (server == null) {
      return;
    }
    means.set(
        sql,
        server.id(),
        "host",
        m.sourceHost(),
        "node",
        m.sourceHost(),
        "zone",
        m.sourceZone(),
        "flavor_id",
        m.oldFlavor().id(),
        "flavor",
        m.oldFlavor(),
        "vm_state",
        m.oldState(),
        "power_state",
        m.ran() ? PowerState.RUNNING.code() : PowerState.SHUTDOWN.code(),
        "task_state",
        States.DELETING.equals(server.taskState()) ? States.DELETING : null,
        "launched_at",
        means.clock().instant(),
        "fault",
        null);
    means.giveShrunk(sql, server.projectId(), m.newFlavor(), m.oldFlavor());
    means.actions().event(sql, server.id(), "compute_revert_resize", m.destHost(), null);
    means.actions().event(sql, server.id(), "compute_finish_revert_resize", m.sourceHost(), null);
    means.tell(sql, server, "resize.revert.end");
    if (!m.sameHost()) {
      engine.enqueue(sql, sweep, server.id(), new SweepHost.Input(server.id(), m.destHost()));
    }
  }

  /** It stays resized, and may be confirmed or reverted again. */
  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    var m = means.migration(sql, input.migrationId());
    means.setMigration(sql, m.id(), "status", Migration.FINISHED);
    var server = ServerStore.find(sql, input.serverId()).orElse(null);
    if (server == null) {
      return;
    }
    means.giveShrunk(sql, server.projectId(), m.oldFlavor(), m.newFlavor());
    means.unmoved(sql, server, reason, "compute_revert_resize", "resize.revert.error");
  }
}
