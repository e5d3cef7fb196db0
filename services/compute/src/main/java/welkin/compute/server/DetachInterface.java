package welkin.compute.server;

import java.time.Duration;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Takes a port from a server. */
public final class DetachInterface extends Workflow<DetachInterface.Input> {
  private final Means means;

  /** Which server, which port. */
  public record Input(String serverId, Nic nic) {}

  public DetachInterface(Means means) {
    super("DetachInterface", 1, Input.class, Duration.ofMinutes(10));
    this.means = means;
  }

  @Override
  public void run(Run run, Input input) {
    var server = means.server(input.serverId());
    var port = input.nic().portId();
    run.step("detach", () -> means.agent(server.host()).detachNic(input.serverId(), port));
    run.step("unplug port", () -> means.networking().unplug(port, input.nic().given()));
    run.change(
        "record",
        sql ->
            ServerStore.find(sql, input.serverId())
                .ifPresent(
                    now -> {
                      var nics = now.nics().stream().filter(n -> !n.portId().equals(port)).toList();
                      means.set(sql, now.id(), "nics", nics);
                      event(sql, now, null);
                    }));
  }

  private void event(Sql sql, Server server, String failure) {
    means.actions().event(sql, server.id(), "compute_detach_interface", server.host(), failure);
    means.tell(sql, server, failure == null ? "interface_detach.end" : "interface_detach.error");
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(server -> event(sql, server, reason.getMessage()));
  }
}
