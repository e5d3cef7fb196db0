package welkin.compute.server;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.compute.migration.Migration;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/**
 * Brings a server of a dead host to life on another: with its disks where the hosts share storage,
 * else anew from its image. Ports, addresses and id stay. Should the old host be alive after all,
 * its guest is stopped first; what it has is destroyed when it comes back ({@link HostFence}).
 */
public final class EvacuateServer extends Workflow<OnMove> {
  private final Means means;

  public EvacuateServer(Means means) {
    super("EvacuateServer", 1, OnMove.class, Duration.ofMinutes(30));
    this.means = means;
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
        means.attempts(m),
        tried -> place(run, server, m, tried),
        found -> build(run, server, m, found));
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
                            Map.of(m.sourceHost(), "the server was there"),
                            tried,
                            m.id())),
            nothing -> means.finder().release(server, m.id()))
        .orNoValidHost();
  }

  private void build(Run run, Server server, Migration m, HostFinder.Found found) {
    var id = server.id();
    var dest = found.host();
    boolean shared =
        run.step("compare storage", Boolean.class, () -> means.shared(m.sourceHost(), dest));
    run.change("settle", sql -> settle(sql, server, m, found));
    run.step("fence", () -> fence(id, m.sourceHost()));
    run.step(
        "move ports",
        () -> means.networking().rebind(server, dest, found.zone()),
        () -> means.networking().rebindBack(server, m.sourceHost(), m.sourceZone()));
    run.change("spawning", sql -> means.set(sql, id, "task_state", "rebuild_spawning"));
    run.step(
        "make",
        () -> make(server, m, dest, shared),
        () -> {
          // on shared storage what is left of it is the server's only disk
          if (!shared) {
            means.onHostIfThere(dest, () -> means.agent(dest).destroy(id));
          } else {
            means.onHostIfThere(dest, () -> means.agent(dest).power(id, PowerAction.STOP, 0));
          }
        });
    boolean runs = runs(m);
    if (!shared && runs) {
      new Wires(means, id, dest).await(run, server.nics(), List.of());
    }
    run.step(
        "let it run",
        () ->
            means
                .agent(dest)
                .power(
                    id,
                    !runs ? PowerAction.STOP : shared ? PowerAction.START : PowerAction.RESUME,
                    0));
    run.step(
        "release source",
        () -> means.claims().release(m),
        () -> means.claims().write(server, m, means.moved(means.migration(m.id()))));
    run.change("done", sql -> done(sql, server, m, found));
  }

  /** What was stopped stays so; what was in error runs, as after a rebuild. */
  private static boolean runs(Migration m) {
    return !m.terms().stop() && !m.oldState().equals(States.STOPPED);
  }

  /** A host that is down by word only may answer still: its guest must not run twice. */
  private void fence(String id, String source) {
    try {
      means.hosts().agentHeard(source).power(id, PowerAction.STOP, 0);
    } catch (Fault f) {
      // it does not answer, or has no such guest: as a dead host should
    }
  }

  private void make(Server server, Migration m, String dest, boolean shared) {
    var said = m.terms().shared();
    if (said != null && said != shared) {
      throw Fault.of(
          500,
          "InvalidSharedStorage",
          dest
              + (shared
                  ? " shares its storage with " + m.sourceHost() + ": the disks are there."
                  : " does not share its storage with " + m.sourceHost() + "."));
    }
    var spec = means.guests().of(server, server.nics());
    if (shared) {
      means.agent(dest).adopt(spec, null);
    } else {
      means.agent(dest).spawn(spec);
    }
  }

  private void settle(Sql sql, Server server, Migration m, HostFinder.Found found) {
    means.set(sql, server.id(), "why", Json.tree(found.rejected()));
    means.headFor(sql, m, Migration.PRE_MIGRATING, found.host());
    means.actions().event(sql, server.id(), "rebuild_server", found.host(), null);
  }

  private void done(Sql sql, Server server, Migration m, HostFinder.Found found) {
    boolean runs = runs(m);
    means.set(
        sql,
        server.id(),
        "host",
        found.host(),
        "node",
        found.host(),
        "zone",
        found.zone(),
        "vm_state",
        runs ? States.ACTIVE : States.STOPPED,
        "power_state",
        runs ? PowerState.RUNNING.code() : PowerState.SHUTDOWN.code(),
        "task_state",
        null,
        "fault",
        null,
        "launched_at",
        means.clock().instant());
    means.setMigration(sql, m.id(), "status", Migration.DONE, "tidy", false);
    means.actions().event(sql, server.id(), "compute_rebuild_instance", found.host(), null);
    means.tell(sql, ServerStore.find(sql, server.id()).orElse(server), "rebuild.end");
  }

  @Override
  public void failed(Sql sql, OnMove input, Fault reason) {
    boolean invalid = reason.code().equals("NoValidHost");
    means.setMigration(
        sql, input.migrationId(), "status", invalid ? Migration.ERROR : Migration.FAILED);
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            s -> {
              means.unmoved(
                  sql,
                  s,
                  reason,
                  invalid ? "rebuild_server" : "compute_rebuild_instance",
                  "rebuild.error");
              if (!States.DELETING.equals(s.taskState())) {
                means.set(sql, s.id(), "vm_state", States.ERROR);
              }
            });
  }
}
