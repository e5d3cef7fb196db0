package welkin.image.data;

import java.io.InputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.image.Inspection;
import welkin.image.image.Image;
import welkin.image.image.ImageQuotas;
import welkin.image.image.ImageStore;
import welkin.image.image.Images;
import welkin.image.task.TaskStore;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * The verbs of an image's content. The file is in place before the row says so; a row that is
 * between two states belongs to a request under way, and one whose process was killed is put back
 * at the next start.
 */
public final class Contents {
  private static final Logger log = LoggerFactory.getLogger(Contents.class);
  private static final String ALGORITHM = "sha512";

  private final Database database;
  private final InstantSource clock;
  private final ImageQuotas quotas;
  private final FileStore files;
  private final ImageStore store;
  private final Images images;
  private final TaskStore tasks;

  public Contents(
      Backend backend,
      ImageQuotas quotas,
      FileStore files,
      ImageStore store,
      Images images,
      TaskStore tasks) {
    this.database = backend.database();
    this.clock = backend.clock();
    this.quotas = quotas;
    this.files = files;
    this.store = store;
    this.images = images;
    this.tasks = tasks;
  }

  FileStore files() {
    return files;
  }

  /**
   * Takes the content of a queued image in.
   *
   * @param announced bytes to come, -1 when unknown
   * @throws Fault 409 when the image is not queued, 410 when it was deleted meanwhile
   */
  void upload(Image image, InputStream in, long announced) {
    checkReady(image, announced);
    begin(image, "saving");
    try {
      var content = files.receive(in, files.file(image.id()), declared(image), quotas.sizeCap());
      database.change(
          sql -> {
            activate(
                sql,
                image,
                "saving",
                content.size(),
                virtualSize(image, content.inspection()),
                content.checksum(),
                content.sha512());
            images.event(sql, "image.upload", store.find(sql, image.id()).orElseThrow());
          });
    } catch (RuntimeException | Error e) {
      giveUp(image, "saving");
      throw e;
    }
  }

  private void activate(
      Sql sql,
      Image image,
      String from,
      long size,
      Long virtualSize,
      String checksum,
      String hash) {
    if (!store.move(sql, image.id(), from, "active", clock.instant())) {
      throw Fault.of(
          410, "Gone", "Image " + image.id() + " was deleted while its data was being uploaded.");
    }
    store.setContent(sql, image.id(), size, virtualSize, checksum, ALGORITHM, hash);
    quotas.takeSize(sql, image, size);
  }

  /** Takes content in that waits for its import. */
  void stage(Image image, InputStream in, long announced) {
    checkLength(image, announced);
    database.read(
        sql -> {
          quotas.checkStaged(sql, image, Math.max(0, announced));
          return null;
        });
    begin(image, "uploading");
    try {
      var c = files.receive(in, files.staged(image.id()), null, quotas.sizeCap());
      database.change(
          sql -> {
            quotas.checkStaged(sql, image, c.size());
            store.setStaged(
                sql,
                image.id(),
                Json.object()
                    .put("size", c.size())
                    .put("checksum", c.checksum())
                    .put("sha512", c.sha512())
                    .set("inspection", Json.tree(c.inspection())));
            images.event(sql, "image.stage", image);
          });
    } catch (RuntimeException | Error e) {
      giveUp(image, "uploading");
      throw e;
    }
  }

  /** Makes staged content the image's. */
  void importStaged(Image image) {
    JsonNode staged = database.read(sql -> store.staged(sql, image.id()).orElse(null));
    if (!image.status().equals("uploading") || staged == null) {
      throw Fault.conflict(
          "Only images with status 'uploading' can be imported with 'glance-direct'; this one is '"
              + image.status()
              + "'");
    }
    checkFormats(image);
    begin(image, "importing");
    try {
      var inspection = Json.convert(staged.get("inspection"), Inspection.class);
      var declared = declared(image);
      if (declared != null) {
        inspection.require(declared);
      }
      files.promote(image.id());
      database.change(
          sql -> {
            activate(
                sql,
                image,
                "importing",
                staged.get("size").asLong(),
                virtualSize(image, inspection),
                staged.get("checksum").stringValue(),
                staged.get("sha512").stringValue());
            store.setStaged(sql, image.id(), null);
            tasks.record(sql, image, "glance-direct", null, clock.instant());
            images.event(sql, "image.import", store.find(sql, image.id()).orElseThrow());
          });
    } catch (RuntimeException | Error e) {
      giveUp(image, "importing");
      database.change(
          sql -> {
            if (store.find(sql, image.id()).isPresent()) {
              tasks.record(sql, image, "glance-direct", e.getMessage(), clock.instant());
            }
          });
      throw e;
    }
  }

  private void checkReady(Image image, long announced) {
    checkFormats(image);
    checkLength(image, announced);
  }

  private static void checkFormats(Image image) {
    if (image.diskFormat() == null || image.containerFormat() == null) {
      throw Fault.badRequest(
          "Properties disk_format, container_format must be set prior to saving data.");
    }
  }

  private void checkLength(Image image, long announced) {
    database.read(
        sql -> {
          quotas.checkLength(sql, image, announced);
          return null;
        });
  }

  private void begin(Image image, String status) {
    if (!image.mayBecome(status)
        || !database.tx(
            sql -> {
              if (image.status().equals("queued")) {
                quotas.checkUploads(sql, image);
              }
              return store.move(sql, image.id(), image.status(), status, clock.instant());
            })) {
      throw Fault.conflict(
          "Image status transition from " + image.status() + " to " + status + " is not allowed");
    }
  }

  /** Back to queued, with nothing of the content left. */
  private void giveUp(Image image, String from) {
    try {
      database.change(
          sql -> {
            if (store.move(sql, image.id(), from, "queued", clock.instant())) {
              store.setStaged(sql, image.id(), null);
              images.event(sql, "image.upload.failed", image);
            }
          });
      files.delete(image.id());
    } catch (RuntimeException e) {
      log.warn("image {} stays {} until the next start", image.id(), from, e);
    }
  }

  /** The format the bytes themselves must have: other containers wrap it. */
  private static String declared(Image image) {
    return switch (image.containerFormat()) {
      case "bare", "ami", "ari", "aki" -> image.diskFormat();
      default -> null;
    };
  }

  private static Long virtualSize(Image image, Inspection i) {
    return declared(image) == null || i.virtualSizeBytes() < 0 ? null : (Long) i.virtualSizeBytes();
  }

  /**
   * The same while other processes may be taking content in: only what nobody has written to for
   * {@code silence} is given up, since who sends so slowly is cut off long before.
   */
  public void recoverSilent(Duration silence) {
    var since = clock.instant().minus(silence);
    for (var image :
        database.read(sql -> store.inStatus(sql, "saving", "uploading", "importing"))) {
      if (image.updatedAt().isBefore(since) && !files.heard(image.id(), since)) {
        log.warn("image {} was left {} by a process that is gone", image.id(), image.status());
        giveUp(image, image.status());
      }
    }
    files.keepOnly(
        database
            .read(
                sql ->
                    store.inStatus(
                        sql, "active", "deactivated", "saving", "uploading", "importing"))
            .stream()
            .map(Image::id)
            .collect(Collectors.toSet()),
        since);
  }

  /** Puts back what a killed process left between two states, and removes files nobody knows. */
  public void recover() {
    var unfinished = database.read(sql -> store.inStatus(sql, "saving", "uploading", "importing"));
    for (var image : unfinished) {
      giveUp(image, image.status());
    }
    var known =
        database.read(sql -> store.inStatus(sql, "active", "deactivated")).stream()
            .map(Image::id)
            .collect(Collectors.toSet());
    files.keepOnly(known, null);
  }
}
