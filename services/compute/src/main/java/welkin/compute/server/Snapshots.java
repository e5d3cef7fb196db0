package welkin.compute.server;

import java.util.LinkedHashMap;
import java.util.Map;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.peers.ImagePeer;
import welkin.workflow.WorkflowEngine;

/** Images made of servers: snapshots, and backups, which are snapshots that take turns. */
public final class Snapshots {
  private final Means means;
  private final ServerWork work;
  private final Snapshot snapshot;

  public Snapshots(Means means, WorkflowEngine engine, Snapshot snapshot) {
    this.means = means;
    this.work = new ServerWork(means, engine);
    this.snapshot = snapshot;
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
    work.mustBeOnLivingHost(server);
    var base = server.boot().image();
    var image =
        new ImagePeer(means.peers().as(caller.token()))
            .create(
                name,
                base.minRamMb(),
                Math.max(base.minDiskGb(), server.flavor().diskGb()),
                properties(server, caller, metadata, kind));
    try {
      work.begin(
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
}
