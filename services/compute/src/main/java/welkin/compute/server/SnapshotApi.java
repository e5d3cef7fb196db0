package welkin.compute.server;

import java.util.Map;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.Routes;
import welkin.http.Shape;

/** The actions that make images of a server. */
public final class SnapshotApi {
  private static final Shape NAME = Shape.string().length(1, 255).name();

  private static final Shape CREATE_IMAGE =
      Shape.object()
          .required(
              "createImage",
              Shape.object()
                  .required("name", NAME)
                  .optional("metadata", ServerShapes.METADATA_ITEMS)
                  .noOthers())
          .noOthers();
  private static final Shape CREATE_BACKUP =
      Shape.object()
          .required(
              "createBackup",
              Shape.object()
                  .required("name", NAME)
                  .required("backup_type", Shape.string())
                  .required("rotation", Shape.integer().lenient().min(0))
                  .optional("metadata", ServerShapes.METADATA_ITEMS)
                  .noOthers())
          .noOthers();
  private final Snapshots snapshots;
  private final Lookup lookup;

  public SnapshotApi(Snapshots snapshots, Lookup lookup) {
    this.snapshots = snapshots;
    this.lookup = lookup;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    ActionsApi.action(
        r,
        "createImage",
        this::createImage,
        "os_compute_api:servers:create_image",
        CREATE_IMAGE,
        "Makes an image of a server's root disk.");
    ActionsApi.action(
        r,
        "createBackup",
        this::createBackup,
        "os_compute_api:os-create-backup",
        CREATE_BACKUP,
        "Makes an image of a server's root disk and keeps so many of its kind.");
    return r;
  }

  private Answer createImage(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("createImage");
    var image =
        snapshots.snapshot(
            server,
            call.caller(),
            body.get("name").stringValue(),
            CreateReader.texts(body.path("metadata")));
    return taken(call, image);
  }

  private Answer createBackup(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("createBackup");
    var image =
        snapshots.backup(
            server,
            call.caller(),
            body.get("name").stringValue(),
            CreateReader.texts(body.path("metadata")),
            body.get("backup_type").stringValue(),
            (int) NumberShape.read(body.get("rotation"), 0));
    return image == null ? Answer.empty(202) : taken(call, image);
  }

  /** The answer to a request for an image: its id, in the way of the time. */
  private static Answer taken(Call call, String image) {
    return call.at(2, 45)
        ? Answer.json(202, Map.of("image_id", image))
        : Answer.empty(202).with("Location", call.request().base() + "/image/images/" + image);
  }
}
