package welkin.compute.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.workflow.WorkflowEngine;

/** A server's ports and their security groups, while it exists. */
public final class Interfaces {
  private static final Duration ATTACH_WAIT = Duration.ofSeconds(60);

  private final Means means;
  private final WorkflowEngine engine;
  private final ServerWork work;
  private final AttachInterface attach;
  private final DetachInterface detach;

  public Interfaces(
      Means means, WorkflowEngine engine, AttachInterface attach, DetachInterface detach) {
    this.means = means;
    this.engine = engine;
    this.work = new ServerWork(means, engine);
    this.attach = attach;
    this.detach = detach;
  }

  /** Begins to plug a port in; answers it as it is known now. */
  Nic attach(Server server, Caller caller, Boot.WantedNic wanted) {
    Moves.ATTACH_INTERFACE.check(server);
    work.mustBeOnLivingHost(server);
    return attachNow(server, means.networking().one(caller, wanted));
  }

  /** A port is made while the caller waits, as upstream does: the answer shows its addresses. */
  private Nic attachNow(Server server, Boot.WantedNic wanted) {
    var input = new AttachInterface.Input(server.id(), wanted);
    var running =
        means
            .database()
            .tx(
                sql -> {
                  work.now(sql, server, Moves.ATTACH_INTERFACE);
                  means.actions().begin(sql, server.id(), "attach_interface");
                  return engine.enqueue(sql, attach, server.id(), input);
                });
    return engine
        .result(running, Nic.class, ATTACH_WAIT)
        .orElseThrow(
            () ->
                Fault.of(
                    500,
                    "InterfaceAttachFailed",
                    "Failed to attach network adapter device to " + server.id()));
  }

  void detach(Server server, String portId) {
    Moves.DETACH_INTERFACE.check(server);
    work.mustBeOnLivingHost(server);
    var nic =
        server.nics().stream()
            .filter(n -> n.portId().equals(portId))
            .findFirst()
            .orElseThrow(() -> Fault.notFound("Port id " + portId + " could not be found."));
    work.begin(
        server,
        Moves.DETACH_INTERFACE,
        "detach_interface",
        null,
        "interface_detach.start",
        detach,
        new DetachInterface.Input(server.id(), nic));
  }

  void changeGroup(Server server, String name, boolean add) {
    var group = means.networking().groups(server.projectId(), List.of(name)).getFirst();
    if (group.id() == null) { // "default" by its id
      group =
          means.networking().groupsOfProject(server.projectId()).stream()
              .filter(g -> g.name().equals("default"))
              .findFirst()
              .orElseThrow(() -> Fault.notFound("Security group default not found."));
    }
    var groups = new ArrayList<>(means.networking().groupsOf(server.id()));
    if (!add && groups.stream().map(Server.Group::id).noneMatch(group.id()::equals)) {
      throw Fault.notFound(
          "Security group " + name + " not associated with the instance " + server.id());
    }
    means.networking().changeGroup(server, group, add);
    var changed = means.networking().groupsOf(server.id());
    work.record(
        server,
        add ? "addSecurityGroup" : "removeSecurityGroup",
        "update",
        "security_groups",
        changed);
  }
}
