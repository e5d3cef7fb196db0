package welkin.compute.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Gives a server one more port. */
public final class AttachInterface extends Workflow<AttachInterface.Input> {
  private static final long WAIT_SECONDS = 60;
  private final Means means;

  /** Callers that wait for the port, by input; a hint, lost with the process. */
  private final Map<String, CompletableFuture<Nic>> waiting = new ConcurrentHashMap<>();

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
    outcome(input).complete(nic);
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
    sql.afterCommit(() -> outcome(input).completeExceptionally(reason));
  }

  /** Work on one server is done one after the other, so its input tells it apart. */
  private CompletableFuture<Nic> outcome(Input input) {
    return waiting.computeIfAbsent(Json.text(input), i -> new CompletableFuture<>());
  }

  /**
   * Waits for a run's port.
   *
   * @throws Fault why it failed
   */
  Nic result(Input input) {
    try {
      return outcome(input).get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Fault.from(e.getCause());
    } catch (TimeoutException e) {
      throw Fault.of(
          500,
          "InterfaceAttachFailed",
          "Failed to attach network adapter device to " + input.serverId());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted while the port was attached.", 5);
    } finally {
      waiting.remove(Json.text(input));
    }
  }
}
