package welkin.compute.server;

import java.time.Duration;
import welkin.agents.contracts.ImageTarget;
import welkin.core.Fault;
import welkin.peers.ImagePeer;
import welkin.store.Sql;
import welkin.workflow.Run;
import welkin.workflow.Workflow;

/** Fills a registered image with what a server's root disk holds now. */
public final class Snapshot extends Workflow<Snapshot.Input> {
  private final Means means;
  private final ImagePeer images;

  /**
   * Which server, into which image.
   *
   * @param backupType for a backup, its kind ({@code daily}, {@code weekly}, ...); or null
   * @param rotation how many backups of the kind are kept
   */
  public record Input(String serverId, String imageId, String backupType, int rotation) {}

  public Snapshot(Means means) {
    super("Snapshot", 1, Input.class, Duration.ofHours(2));
    this.means = means;
    this.images = new ImagePeer(means.peers());
  }

  @Override
  public void run(Run run, Input input) {
    var image = input.imageId();
    run.step(
        "snapshot",
        () -> {
          if (images.image(image).status().equals("active")) {
            return; // the upload was done before a crash
          }
          var host = means.server(input.serverId()).host();
          means
              .agent(host)
              .snapshot(
                  input.serverId(),
                  new ImageTarget(
                      image, images.fileUrl(image), means.peers().serviceToken(), "qcow2"));
        },
        () -> images.delete(image));
    if (input.backupType() != null) {
      run.step("rotate", () -> rotate(input));
    }
    run.change("done", sql -> finish(sql, input, null));
  }

  /** Deletes the oldest backups of a kind beyond those that are kept. */
  private void rotate(Input input) {
    images.backups(input.serverId(), input.backupType()).stream()
        .skip(input.rotation())
        .forEach(images::delete);
  }

  private void finish(Sql sql, Input input, Fault reason) {
    ServerStore.find(sql, input.serverId())
        .ifPresent(
            server -> {
              if (States.SNAPSHOTTING.equals(server.taskState())
                  || States.BACKING_UP.equals(server.taskState())) {
                means.set(sql, server.id(), "task_state", null);
              }
              means
                  .actions()
                  .event(
                      sql,
                      server.id(),
                      input.backupType() == null
                          ? "compute_snapshot_instance"
                          : "compute_backup_instance",
                      server.host(),
                      reason == null ? null : reason.getMessage());
              means.tell(sql, server, reason == null ? "snapshot.end" : "snapshot.error");
            });
  }

  @Override
  public void failed(Sql sql, Input input, Fault reason) {
    finish(sql, input, reason);
  }
}
