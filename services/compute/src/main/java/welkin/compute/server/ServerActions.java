package welkin.compute.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import welkin.compute.host.Hosts;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.peers.ImagePeer;
import welkin.store.Sql;
import welkin.workflow.Workflow;
import welkin.workflow.WorkflowEngine;

/** What one can have done to a server: each checks the move, says so in the row and enqueues. */
public final class ServerActions {
  private static final Duration ATTACH_WAIT = Duration.ofSeconds(60);
  private final Means means;
  private final WorkflowEngine engine;
  private final ChangePower changePower;
  private final Snapshot snapshot;
  private final AttachInterface attach;
  private final DetachInterface detach;
  private final RebuildServer rebuild;

  public ServerActions(
      Means means,
      WorkflowEngine engine,
      ChangePower changePower,
      Snapshot snapshot,
      AttachInterface attach,
      DetachInterface detach,
      RebuildServer rebuild) {
    this.means = means;
    this.engine = engine;
    this.changePower = changePower;
    this.snapshot = snapshot;
    this.attach = attach;
    this.detach = detach;
    this.rebuild = rebuild;
  }

  void power(Server server, Power power) {
    mustBeOnLivingHost(server);
    begin(
        server,
        power.move,
        power.action,
        power.task,
        power.event + ".start",
        changePower,
        new ChangePower.Input(server.id(), power));
  }

  private void mustBeOnLivingHost(Server server) {
    if (server.host() == null) {
      throw Fault.conflict("Instance " + server.id() + " is not ready");
    }
    Hosts hosts = means.hosts();
    if (!hosts.up(server.host())) {
      throw Fault.conflict("Service is unavailable at this time.");
    }
  }

  /** The transaction all actions begin with: states checked again, row, action, event, work. */
  private <I> void begin(
      Server server,
      Moves move,
      String action,
      String task,
      String event,
      Workflow<I> workflow,
      I input) {
    means
        .database()
        .change(
            sql -> {
              var now =
                  ServerStore.find(sql, server.id()).orElseThrow(() -> Lookup.absent(server.id()));
              move.check(now);
              begin(sql, now, action, task, event, workflow, input);
            });
  }

  private <I> void begin(
      Sql sql, Server now, String action, String task, String event, Workflow<I> workflow, I in) {
    means.actions().begin(sql, now.id(), action);
    if (task != null) {
      means.set(sql, now.id(), "task_state", task);
    }
    means.tell(sql, now, event);
    engine.enqueue(sql, workflow, now.id(), in);
  }

  void lock(Server server, Caller caller, String reason) {
    var by =
        caller.projectId() != null
                && caller.projectId().equals(server.projectId())
                && !caller.isAdmin()
            ? "owner"
            : "admin";
    record(server, "lock", "lock", "locked_by", by, "locked_reason", reason);
  }

  void unlock(Server server) {
    record(server, "unlock", "unlock", "locked_by", null, "locked_reason", null);
  }

  /** Sets states by an administrator's word. */
  void reset(Server server, boolean active) {
    means
        .database()
        .change(
            sql -> {
              engine.cancel(sql, server.id(), Fault.conflict("The state was reset."));
              means.set(
                  sql,
                  server.id(),
                  "vm_state",
                  active ? States.ACTIVE : States.ERROR,
                  "task_state",
                  null);
            });
  }

  private void record(Server server, String action, String event, Object... pairs) {
    means
        .database()
        .change(
            sql -> {
              means.actions().begin(sql, server.id(), action);
              means.set(sql, server.id(), pairs);
              means.tell(sql, server, event);
            });
  }

  /** Registers an image and begins to fill it; answers its id. */
  String snapshot(Server server, Caller caller, String name, Map<String, String> metadata) {
    return snapshot(server, caller, name, metadata, null, 0);
  }

  /**
   * Makes a backup: a snapshot of which only so many of its kind are kept. With a rotation of 0
   * there is none to make, and null is answered.
   */
  String backup(
      Server server,
      Caller caller,
      String name,
      Map<String, String> metadata,
      String kind,
      int rotation) {
    Moves.BACKUP.check(server);
    if (rotation == 0) {
      var images = new ImagePeer(means.peers());
      images.backups(server.id(), kind).forEach(images::delete);
      return null;
    }
    var all = new LinkedHashMap<>(metadata);
    all.put("backup_type", kind);
    return snapshot(server, caller, name, all, kind, rotation);
  }

  private String snapshot(
      Server server,
      Caller caller,
      String name,
      Map<String, String> metadata,
      String kind,
      int rotation) {
    var move = kind == null ? Moves.SNAPSHOT : Moves.BACKUP;
    move.check(server);
    mustBeOnLivingHost(server);
    var base = server.boot().image();
    var image =
        new ImagePeer(means.peers().as(caller.token()))
            .create(
                name,
                base.minRamMb(),
                Math.max(base.minDiskGb(), server.flavor().diskGb()),
                properties(server, caller, metadata, kind));
    try {
      begin(
          server,
          move,
          kind == null ? "createImage" : "createBackup",
          kind == null ? States.SNAPSHOTTING : States.BACKING_UP,
          "snapshot.start",
          snapshot,
          new Snapshot.Input(server.id(), image.id(), kind, rotation));
    } catch (Fault f) {
      new ImagePeer(means.peers()).delete(image.id());
      throw f;
    }
    return image.id();
  }

  /** What a snapshot says of where it comes from; what the image said of its hardware stays. */
  private static Map<String, String> properties(
      Server server, Caller caller, Map<String, String> metadata, String kind) {
    var base = server.boot().image();
    var properties = new LinkedHashMap<String, String>();
    base.properties()
        .forEach(
            (k, v) -> {
              if (k.startsWith("hw_") || k.startsWith("os_") || k.equals("architecture")) {
                properties.put(k, v);
              }
            });
    properties.put("base_image_ref", base.id());
    properties.put("image_type", kind == null ? "snapshot" : "backup");
    properties.put("instance_uuid", server.id());
    properties.put("user_id", String.valueOf(caller.userId()));
    properties.putAll(metadata);
    return properties;
  }

  /** Begins to plug a port in; answers it as it is known now. */
  Nic attach(Server server, Caller caller, Boot.WantedNic wanted) {
    Moves.ATTACH_INTERFACE.check(server);
    mustBeOnLivingHost(server);
    return attachNow(server, means.networking().one(caller, wanted));
  }

  /** A port is made while the caller waits, as upstream does: the answer shows its addresses. */
  private Nic attachNow(Server server, Boot.WantedNic wanted) {
    var input = new AttachInterface.Input(server.id(), wanted);
    var work =
        means
            .database()
            .tx(
                sql -> {
                  Moves.ATTACH_INTERFACE.check(
                      ServerStore.find(sql, server.id())
                          .orElseThrow(() -> Lookup.absent(server.id())));
                  means.actions().begin(sql, server.id(), "attach_interface");
                  return engine.enqueue(sql, attach, server.id(), input);
                });
    return engine
        .result(work, Nic.class, ATTACH_WAIT)
        .orElseThrow(
            () ->
                Fault.of(
                    500,
                    "InterfaceAttachFailed",
                    "Failed to attach network adapter device to " + server.id()));
  }

  void detach(Server server, String portId) {
    Moves.DETACH_INTERFACE.check(server);
    mustBeOnLivingHost(server);
    var nic =
        server.nics().stream()
            .filter(n -> n.portId().equals(portId))
            .findFirst()
            .orElseThrow(() -> Fault.notFound("Port id " + portId + " could not be found."));
    begin(
        server,
        Moves.DETACH_INTERFACE,
        "detach_interface",
        null,
        "interface_detach.start",
        detach,
        new DetachInterface.Input(server.id(), nic));
  }

  void rebuild(Server server, RebuildServer.Input input, Object... columns) {
    mustBeOnLivingHost(server);
    means
        .database()
        .change(
            sql -> {
              var now =
                  ServerStore.find(sql, server.id()).orElseThrow(() -> Lookup.absent(server.id()));
              Moves.REBUILD.check(now);
              if (columns.length > 0) {
                means.set(sql, server.id(), columns);
              }
              begin(sql, now, "rebuild", States.REBUILDING, "rebuild.start", rebuild, input);
            });
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
    record(
        server,
        add ? "addSecurityGroup" : "removeSecurityGroup",
        "update",
        "security_groups",
        changed);
  }

  String console(Server server, Integer lines) {
    if (server.host() == null) {
      throw Fault.conflict("Instance " + server.id() + " is not ready");
    }
    return means.hosts().agent(server.host()).consoleLog(server.id(), lines);
  }

  /** The kind of hypervisor a server is on. */
  String hypervisor(Server server) {
    return means
        .hosts()
        .find(server.host())
        .map(h -> h.report().hypervisorType())
        .orElse("unknown");
  }

  Map<String, Object> diagnostics(Server server) {
    Moves.DIAGNOSTICS.check(server);
    mustBeOnLivingHost(server);
    return means.hosts().agent(server.host()).diagnostics(server.id());
  }
}
