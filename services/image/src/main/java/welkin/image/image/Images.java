package welkin.image.image;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.image.ImageOptions;
import welkin.image.data.FileStore;
import welkin.image.member.MemberStore;
import welkin.image.task.TaskStore;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Events;
import welkin.store.Quotas;
import welkin.store.Sql;

/** The verbs of images. */
public final class Images {
  /** What a project has of, as quotas name it. */
  public static final String COUNT = "image_count_total";

  /** MiB of content that waits for its import. */
  public static final String STAGED = "image_stage_total";

  /** Images whose content is coming. */
  public static final String UPLOADING = "image_count_uploading";

  /** In MiB, each image rounded up. */
  public static final String SIZE = "image_size_total";

  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final Quotas quotas;
  private final ImageOptions options;
  private final FileStore files;
  private final ImageStore store;
  private final MemberStore members;
  private final TaskStore tasks;

  public Images(
      Database database,
      Events events,
      InstantSource clock,
      Quotas quotas,
      ImageOptions options,
      FileStore files,
      ImageStore store,
      MemberStore members,
      TaskStore tasks) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.quotas = quotas;
    this.options = options;
    this.files = files;
    this.store = store;
    this.members = members;
    this.tasks = tasks;
  }

  /**
   * An image the caller may know of.
   *
   * @param member the caller's project when the image is shared with it, otherwise null
   */
  public record Seen(Image image, String member) {
    public Map<String, Object> target() {
      return image.target(member);
    }
  }

  /**
   * @throws Fault 404 for an image that is not there, or not the caller's to see
   */
  public Seen seen(Call call, String id) {
    return database.read(sql -> seen(sql, call, id));
  }

  /** {@link #seen(Call, String)} within a transaction. */
  public Seen seen(Sql sql, Call call, String id) {
    var image = store.find(sql, id).orElseThrow(() -> unknown(id));
    var project = call.caller().projectId();
    boolean member =
        image.visibility().equals("shared") && members.find(sql, id, project).isPresent();
    if (member
        || image.ownedBy(project)
        || image.visibility().equals("public")
        || image.visibility().equals("community")
        || call.allows("context_is_admin", call.own())) {
      return new Seen(image, member ? project : null);
    }
    throw unknown(id);
  }

  public static Fault unknown(String id) {
    return Fault.notFound("No image found with ID " + id);
  }

  List<Image> list(ImageListing listing) {
    return database.read(listing::run);
  }

  Image create(Image image) {
    check(image);
    try {
      return database.tx(
          sql -> {
            if (image.owner() != null) {
              quotas.take(sql, image.owner(), COUNT, 1);
            }
            store.insert(sql, image);
            event(sql, "image.create", image);
            return image;
          });
    } catch (DuplicateKey taken) {
      throw Fault.conflict("Image ID " + image.id() + " already exists!");
    }
  }

  /** Applies a patch to the image as it is now. */
  Image patch(Call call, String id, List<ImagePatch.Change> changes) {
    return database.tx(
        sql -> {
          var seen = seen(sql, call, id);
          call.enforce(seen.target());
          var old = seen.image();
          var next = touched(ImagePatch.apply(old, changes));
          if (!next.visibility().equals(old.visibility())) {
            enforceVisibility(call, next, seen.target());
          }
          if (!Objects.equals(next.owner(), old.owner())
              && !call.allows("context_is_admin", call.own())) {
            throw Fault.forbidden(
                "You are not permitted to set 'owner' to '" + next.owner() + "'.");
          }
          check(next);
          if (!Objects.equals(next.owner(), old.owner())) {
            moveQuota(sql, old, next);
          }
          store.update(sql, next);
          event(sql, "image.update", next);
          return next;
        });
  }

  /** Public and community images need a rule of their own. */
  static void enforceVisibility(Call call, Image image, Map<String, Object> target) {
    switch (image.visibility()) {
      case "public" -> call.enforce("publicize_image", target);
      case "community" -> call.enforce("communitize_image", target);
      default -> {}
    }
  }

  private void moveQuota(Sql sql, Image old, Image next) {
    if (old.owner() != null) {
      quotas.give(sql, old.owner(), COUNT, 1);
      quotas.give(sql, old.owner(), SIZE, mebibytes(old.size()));
    }
    if (next.owner() != null) {
      quotas.take(sql, next.owner(), COUNT, 1);
      quotas.take(sql, next.owner(), SIZE, mebibytes(old.size()));
    }
  }

  public static long mebibytes(Long bytes) {
    return bytes == null ? 0 : (bytes + (1 << 20) - 1) >> 20;
  }

  private void check(Image i) {
    limit("properties", i.properties().size(), options.propertyQuota());
    limit("tags", i.tags().size(), options.tagQuota());
  }

  private static void limit(String what, int n, int most) {
    if (most >= 0 && n > most) {
      throw Fault.of(
          413,
          "LimitExceeded",
          "The limit has been exceeded on the number of allowed image "
              + what
              + ". Attempted: "
              + n
              + ", Maximum: "
              + most);
    }
  }

  void delete(Call call, String id) {
    database.change(
        sql -> {
          var seen = seen(sql, call, id);
          var image = seen.image();
          call.enforce(seen.target());
          if (image.isProtected()) {
            throw Fault.forbidden("Image " + id + " is protected and cannot be deleted.");
          }
          store.delete(sql, id);
          tasks.delete(sql, id);
          if (image.owner() != null) {
            quotas.give(sql, image.owner(), COUNT, 1);
            quotas.give(sql, image.owner(), SIZE, mebibytes(image.size()));
          }
          event(sql, "image.delete", image);
        });
    files.delete(id);
  }

  /** Allows or forbids downloads. */
  void setActive(Call call, String id, boolean active) {
    var next = active ? "active" : "deactivated";
    database.change(
        sql -> {
          var seen = seen(sql, call, id);
          call.enforce(seen.target());
          var now = seen.image().status();
          if (now.equals(next)) {
            return;
          }
          if (!seen.image().hasData()) {
            throw Fault.forbidden(
                "Image status transition from " + now + " to " + next + " is not allowed");
          }
          store.move(sql, id, now, next, clock.instant());
          event(sql, active ? "image.reactivate" : "image.deactivate", seen.image());
        });
  }

  /** What became of its imports. */
  List<ObjectNode> tasks(String id) {
    return database.read(sql -> tasks.of(sql, id));
  }

  /** Adds or removes a tag. */
  void tag(Call call, String id, String tag, boolean present) {
    database.change(
        sql -> {
          var seen = seen(sql, call, id);
          call.enforce(seen.target());
          var tags = new ArrayList<>(seen.image().tags());
          if (present ? tags.contains(tag) : !tags.remove(tag)) {
            if (present) {
              return;
            }
            throw Fault.notFound("The tag " + tag + " was not found on image " + id);
          }
          if (present) {
            tags.add(tag);
          }
          var next = touched(seen.image(), tags);
          check(next);
          store.update(sql, next);
          event(sql, "image.update", next);
        });
  }

  private Image touched(Image i) {
    return touched(i, i.tags());
  }

  /** Changed now, and with these tags. */
  private Image touched(Image i, List<String> tags) {
    return new Image(
        i.id(),
        i.name(),
        i.status(),
        i.visibility(),
        i.owner(),
        i.diskFormat(),
        i.containerFormat(),
        i.size(),
        i.virtualSize(),
        i.minRam(),
        i.minDisk(),
        i.isProtected(),
        i.hidden(),
        i.checksum(),
        i.hashAlgorithm(),
        i.hash(),
        i.properties(),
        List.copyOf(tags),
        i.createdAt(),
        clock.instant());
  }

  public void event(Sql sql, String type, Image i) {
    var payload = new LinkedHashMap<String, Object>();
    payload.put("id", i.id());
    payload.put("name", i.name());
    payload.put("status", i.status());
    payload.put("visibility", i.visibility());
    payload.put("owner", i.owner());
    payload.put("disk_format", i.diskFormat());
    payload.put("size", i.size());
    events.append(sql, type, i.owner(), i.id(), payload);
  }
}
