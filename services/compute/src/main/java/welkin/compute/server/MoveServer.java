package welkin.compute.server;

import java.time.Duration;
import java.util.Map;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.MoveTicket;
import welkin.compute.migration.Migration;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * Gives a server another size, another host, or both, while it is stopped; then it waits to be
 * confirmed or reverted. Whatever fails, it goes on where it was.
 */
public final class MoveServer extends Workflow<OnMove> {
  private static final int GRACE_SECONDS = 60;
  private final Means means;
  private final boolean sameHost;

  /**
   * @param sameHost whether a server may change its size where it is ({@code
   *     allow_resize_to_same_host})
   */
  public MoveServer(Means means, boolean sameHost) {
    super("MoveServer", 1, OnMove.class, Duration.ofHours(2));
    this.means = means;
    this.sameHost = sameHost;
  }

  @Override
  public void run(Run run, OnMove input) {
    var server = means.server(input.serverId());
    var m = means.migration(input.migrationId());
    run.step(
        "hold source",
        () -> means.claims().hold(server, m),
        () -> means.claims().giveBack(server, m));
    HostAttempts.run(
        run,
        means.attempts(),
        tried -> place(run, server, m, tried),
        found -> move(run, server, m, found));
  }

  private HostFinder.Found place(Run run, Server server, Migration m, Map<String, String> tried) {
    boolean stays = m.type() == Migration.Type.RESIZE && sameHost;
    var barred =
        stays ? Map.<String, String>of() : Map.of(m.sourceHost(), "the server is there now");
    return run.step(
            "place",
            HostFinder.Found.class,
            () ->
                means
                    .finder()
                    .find(
                        new HostFinder.Search(
                            server, m.newFlavor(), null, m.terms().host(), barred, tried, m.id())),
            nothing -> means.finder().release(server, m.id()))
        .orNoValidHost();
  }

  private void move(Run run, Server server, Migration m, HostFinder.Found found) {
    var id = server.id();
    var source = m.sourceHost();
    var dest = found.host();
    run.change("migrating", sql -> migrating(sql, server, m, found));
    if (m.ran()) {
      run.step(
          "stop",
          () -> means.agent(source).power(id, PowerAction.STOP, GRACE_SECONDS),
          () ->
              means.onHostIfThere(
                  source, () -> means.agent(source).power(id, PowerAction.START, 0)));
    }
    if (dest.equals(source)) {
      run.step(
          "change size",
          () ->
              means
                  .agent(source)
                  .adopt(means.guests().of(server, m.newFlavor(), server.nics()), null),
          () -> means.onHostIfThere(source, () -> takeBack(server, m)));
    } else {
      run.step(
          "open disks",
          () -> means.agent(source).openDisks(id),
          () -> means.onHostIfThere(source, () -> means.agent(source).closeDisks(id)));
      run.step(
          "move ports",
          () -> means.networking().rebind(server, dest, found.zone()),
          () -> means.networking().rebindBack(server, source, m.sourceZone()));
      run.step(
          "copy disks",
          () -> fetch(server, m, dest),
          () -> {
            // first the owner of the disks, then what is left of the copy
            means.onHostIfThere(source, () -> takeBack(server, m));
            means.onHostIfThere(dest, () -> means.agent(dest).destroy(id));
          });
      run.step("close disks", () -> means.agent(source).closeDisks(id));
    }
    run.change(
        "finishing",
        sql -> {
          means.set(sql, id, "task_state", States.RESIZE_FINISH);
          means.setMigration(sql, m.id(), "status", Migration.POST_MIGRATING);
        });
    if (m.ran()) {
      run.step("start", () -> means.agent(dest).power(id, PowerAction.START, 0));
    }
    run.change("finish", sql -> finish(sql, server, m, found));
  }

  private void fetch(Server server, Migration m, String dest) {
    MoveTicket ticket = null; // what is at the destination already
    try {
      ticket = means.agent(m.sourceHost()).openDisks(server.id());
    } catch (Fault f) {
      if (f.status() != 409) { // 409: it was fetched before a crash
        throw f;
      }
    }
    means.agent(dest).adopt(means.guests().of(server, m.newFlavor(), server.nics()), ticket);
  }

  /** What was there before; a host that has it still just keeps it. */
  private void takeBack(Server server, Migration m) {
    try {
      means
          .agent(m.sourceHost())
          .adopt(means.guests().of(server, m.oldFlavor(), server.nics()), null);
    } catch (Fault f) {
      if (f.status() != 409) { // nothing was taken from it, and it is not stopped
        throw f;
      }
    }
  }

  private void migrating(Sql sql, Server server, Migration m, HostFinder.Found found) {
    means.set(
        sql,
        server.id(),
        "task_state",
        States.RESIZE_MIGRATING,
        "why",
        Json.tree(found.rejected()));
    means.headFor(sql, m, Migration.MIGRATING, found.host());
    means.actions().event(sql, server.id(), "compute_prep_resize", found.host(), null);
    means.tell(sql, server, "resize.prep.end");
  }

  private void finish(Sql sql, Server server, Migration m, HostFinder.Found found) {
    means.set(
        sql,
        server.id(),
        "host",
        found.host(),
        "node",
        found.host(),
        "zone",
        found.zone(),
        "flavor_id",
        m.newFlavor().id(),
        "flavor",
        m.newFlavor(),
        "vm_state",
        States.RESIZED,
        "task_state",
        null,
        "power_state",
        m.ran() ? PowerState.RUNNING.code() : PowerState.SHUTDOWN.code(),
        "launched_at",
        means.clock().instant(),
        "fault",
        null);
    means.setMigration(sql, m.id(), "status", Migration.FINISHED);
    means.giveShrunk(sql, server.projectId(), m.oldFlavor(), m.newFlavor());
    means.actions().event(sql, server.id(), "compute_resize_instance", m.sourceHost(), null);
    means.actions().event(sql, server.id(), "compute_finish_resize", found.host(), null);
    means.tell(sql, ServerStore.find(sql, server.id()).orElse(server), "finish_resize.end");
  }

  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    var m = means.migration(sql, input.migrationId());
    means.setMigration(sql, m.id(), "status", Migration.ERROR, "dest_host", null, "dest_ip", null);
    var server = ServerStore.find(sql, input.serverId()).orElse(null);
    if (server == null) {
      return;
    }
    means.giveShrunk(sql, server.projectId(), m.newFlavor(), m.oldFlavor());
    means.unmoved(sql, server, reason, "cold_migrate", "resize.error");
  }
}
