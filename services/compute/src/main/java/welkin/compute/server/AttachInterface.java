package welkin.compute.server;

import java.time.Duration;
import java.util.ArrayList;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Gives a server one more port. */
public final class AttachInterface extends Workflow<AttachInterface.Input> {
  private final Means means;

  /** Which server, which port. */
  public record Input(String serverId, Boot.WantedNic wanted) {}

  public AttachInterface(Means means) {
    super("AttachInterface", 1, Input.class, Duration.ofMinutes(10));
    this.means = means;
  }

  @Override
  public void run(Run run, Input input) {
    var server = means.server(input.serverId());
    var wanted = input.wanted();
    var nic =
        run.step(
            "plug port",
            Nic.class,
            () ->
                means
                    .networking()
                    .named(
                        means
                            .networking()
                            .plug(server, wanted, server.host(), server.zone(), run.id())),
            made -> unplug(server, wanted, made));
    run.step(
        "attach",
        () -> means.agent(server.host()).attachNic(server.id(), GuestSpecs.nic(nic)),
        () ->
            means.onHostIfThere(
                server.host(),
                () -> means.agent(server.host()).detachNic(server.id(), nic.portId())));
    run.change("record", sql -> attached(sql, server.id(), nic));
    run.answer(nic);
  }

  private void unplug(Server server, Boot.WantedNic wanted, Nic made) {
    if (made != null) {
      means.networking().unplug(made.portId(), made.given());
      return;
    }
    if (wanted.portId() != null) {
      means.networking().unplug(wanted.portId(), true);
      return;
    }
    // made, but its record was lost: what the server's row does not know
    var known = means.server(server.id()).nics().stream().map(Nic::portId).toList();
    for (var port : means.networking().ports(server.id())) {
      if (!known.contains(port.id()) && port.networkId().equals(wanted.networkId())) {
        means.networking().unplug(port.id(), false);
      }
    }
  }

  private void attached(Sql sql, String id, Nic nic) {
    ServerStore.find(sql, id)
        .ifPresent(
            server -> {
              var nics = new ArrayList<>(server.nics());
              nics.removeIf(n -> n.portId().equals(nic.portId()));
              nics.add(nic);
              means.set(sql, id, "nics", nics);
              means.actions().event(sql, id, "compute_attach_interface", server.host(), null);
              means.tell(sql, server, "interface_attach.end");
            });
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            server -> {
              means
                  .actions()
                  .event(
                      sql,
                      server.id(),
                      "compute_attach_interface",
                      server.host(),
                      reason.getMessage());
              means.tell(sql, server, "interface_attach.error");
            });
  }
}
