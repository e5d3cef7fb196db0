package welkin.compute.server;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.compute.scheduler.Scheduler.Rejection;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Brings a server that exists as a row to life on a host; on the next host when one fails. */
public final class CreateServer extends Workflow<OnServer> {
  private final Means means;

  public CreateServer(Means means) {
    super("CreateServer", 2, OnServer.class, Duration.ofMinutes(30));
    this.means = means;
  }

  /** Ports as they were plugged, and which of them are wired already. */
  private record Plugged(List<Nic> nics, List<String> wired) {}

  @Override
  public void run(Run run, OnServer input) {
    var server = means.server(run, input.serverId());
    var tried = new LinkedHashMap<String, String>();
    for (int attempt = 1; ; attempt++) {
      var before = run.mark();
      var found = place(run, server, tried);
      try {
        build(run, server, found);
        return;
      } catch (Fault failure) {
        if (failure.code().equals("DeadlineExceeded")) {
          throw failure;
        }
        run.unwind(before);
        means.finder().built(found.host(), false);
        tried.put(found.host(), failure.getMessage());
        if (attempt >= means.attempts()) {
          throw exhausted(server, tried);
        }
      }
    }
  }

  private HostFinder.Found place(Run run, Server server, Map<String, String> tried) {
    var found =
        run.step(
            "place",
            HostFinder.Found.class,
            () -> means.finder().find(server, tried),
            (sql, f) -> settle(sql, server, f),
            nothing -> means.finder().release(server));
    return found.orNoValidHost();
  }

  private void build(Run run, Server server, HostFinder.Found found) {
    var id = server.id();
    var host = found.host();

    var plugged =
        run.step(
            "plug ports",
            Plugged.class,
            () -> plug(run, server, found),
            (sql, done) -> spawning(sql, id, done.nics()),
            nothing -> means.networking().unplug(server));
    run.lazily(
        "spawn",
        () -> means.agent(host).spawn(means.guests().of(server, plugged.nics())),
        () -> means.onHostIfThere(host, () -> means.agent(host).destroy(id)));
    new Wires(means, id, host).await(run, plugged.nics(), plugged.wired());
    run.again("let it run", () -> means.agent(host).power(id, PowerAction.RESUME, 0));
    means.finder().built(host, true);
    run.last(sql -> activate(sql, server, found));
  }

  private void settle(Sql sql, Server server, HostFinder.Found found) {
    if (found.host() == null) {
      return;
    }
    means.set(
        sql,
        server.id(),
        "host",
        found.host(),
        "node",
        found.host(),
        "zone",
        found.zone(),
        "task_state",
        States.NETWORKING,
        "why",
        Json.tree(found.rejected()));
  }

  private Plugged plug(Run run, Server server, HostFinder.Found found) {
    var nics =
        means.networking().plug(server, found.host(), found.zone(), run.id() + "@" + found.host());
    var wired =
        nics.stream()
            .filter(Nic::given)
            .map(Nic::portId)
            .filter(means.networking()::isWired)
            .toList();
    return new Plugged(nics, wired);
  }

  private void spawning(Sql sql, String id, List<Nic> nics) {
    means.set(sql, id, "nics", nics, "task_state", States.SPAWNING);
  }

  private void activate(Sql sql, Server server, HostFinder.Found found) {
    var now = means.clock().instant();
    means.set(
        sql,
        server.id(),
        "vm_state",
        States.ACTIVE,
        "task_state",
        null,
        "power_state",
        PowerState.RUNNING.code(),
        "launched_at",
        now);
    means
        .actions()
        .event(sql, server.id(), "compute__do_build_and_run_instance", found.host(), null);
    means.tell(sql, server, "create.end", States.ACTIVE, found.host());
  }

  private static Fault exhausted(Server server, Map<String, String> tried) {
    var reasons =
        tried.entrySet().stream()
            .map(e -> new Rejection(e.getKey(), "Build", e.getValue()))
            .toList();
    return Fault.of(
            500,
            "MaxRetriesExceeded",
            "Exceeded maximum number of retries. Exhausted all hosts available for retrying build"
                + " failures for instance "
                + server.id()
                + ".")
        .with("rejected", reasons);
  }

  @Override
  public void failed(Sql sql, OnServer input, Fault reason) {
    var server = ServerStore.find(sql, input.serverId()).orElse(null);
    if (server == null) {
      return;
    }
    means.set(sql, server.id(), "host", null, "node", null, "zone", null, "nics", List.of());
    if (!States.DELETING.equals(server.taskState())) {
      means.set(
          sql,
          server.id(),
          "vm_state",
          States.ERROR,
          "task_state",
          null,
          "fault",
          means.fault(reason));
      if (reason.details().get("rejected") != null) {
        means.set(sql, server.id(), "why", Json.tree(reason.details().get("rejected")));
      }
    }
    means
        .actions()
        .event(
            sql,
            server.id(),
            "compute__do_build_and_run_instance",
            server.host(),
            reason.getMessage());
    means.tell(sql, server, "create.error");
  }
}
