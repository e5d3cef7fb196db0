package welkin.compute.server;

import java.time.Duration;
import welkin.compute.migration.Migration;
import welkin.compute.migration.MigrationStore;
import welkin.compute.servergroup.ServerGroupStore;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * Takes a server off its host, gives back what it held and marks its row deleted. On a host that
 * does not answer the guest is left to the reconciler, which finds it when the host comes back. The
 * server's id is never used again, so all of it may be done twice and nothing is recorded on the
 * way.
 */
public final class DeleteServer extends Workflow<OnServer> {
  private final Means means;

  public DeleteServer(Means means) {
    super("DeleteServer", 2, OnServer.class, Duration.ofMinutes(10));
    this.means = means;
  }

  @Override
  public void run(Run run, OnServer input) {
    var id = input.serverId();
    var server = means.server(run, id);
    var host = server.host();
    if (host != null) {
      run.again("destroy", () -> means.onHostIfThere(host, () -> means.agent(host).destroy(id)));
    }
    run.again("end moves", () -> endMoves(id, host));
    run.again("unplug ports", () -> means.networking().unplug(server));
    run.again("release", () -> means.claims().release(id));
    run.last(sql -> forget(sql, server));
  }

  /** What a move that is not over keeps on another host goes too. */
  private void endMoves(String id, String host) {
    for (var m : means.database().read(sql -> MigrationStore.open(sql, id))) {
      for (var other : new String[] {m.sourceHost(), m.destHost()}) {
        if (other != null && !other.equals(host)) {
          means.onHostIfThere(other, () -> means.agent(other).destroy(id));
        }
      }
      means.claims().release(m);
      var end = m.status().equals(Migration.FINISHED) ? Migration.CONFIRMED : Migration.ERROR;
      means.database().change(sql -> means.setMigration(sql, m.id(), "status", end));
    }
  }

  /** Nothing else works on the server meanwhile, so it is still what it was at the beginning. */
  private void forget(Sql sql, Server server) {
    if (server.deleted()) {
      return;
    }
    var id = server.id();
    var now = means.clock().instant();
    means.set(
        sql,
        id,
        "deleted",
        true,
        "vm_state",
        States.DELETED,
        "task_state",
        null,
        "power_state",
        0,
        "terminated_at",
        now);
    if (server.boot().groupId() != null) {
      ServerGroupStore.leave(sql, id);
    }
    var flavor = server.flavor();
    means
        .quotas()
        .give(sql, server.projectId(), ServerQuotas.amounts(1, flavor.vcpus(), flavor.ramMb()));
    means.actions().event(sql, id, "compute_terminate_instance", server.host(), null);
    means.tell(sql, server, "delete.end");
  }

  @Override
  public void failed(Sql sql, OnServer input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            server -> {
              means.set(
                  sql,
                  server.id(),
                  "vm_state",
                  States.ERROR,
                  "task_state",
                  null,
                  "fault",
                  means.fault(reason));
              means
                  .actions()
                  .event(
                      sql,
                      server.id(),
                      "compute_terminate_instance",
                      server.host(),
                      reason.getMessage());
            });
  }
}
