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
import welkin.image.data.FileStore;
import welkin.image.member.MemberStore;
import welkin.image.task.TaskStore;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.DuplicateKey;
import welkin.store.Events;
import welkin.store.Sql;

/** The verbs of images. */
public final class Images {
  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final ImageQuotas quotas;
  private final FileStore files;
  private final ImageStore store;
  private final MemberStore members;
  private final TaskStore tasks;

  public Images(
      Backend backend,
      ImageQuotas quotas,
      FileStore files,
      ImageStore store,
      MemberStore members,
      TaskStore tasks) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.quotas = quotas;
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
    boolean own = image.ownedBy(project);
    boolean member =
        !own && image.visibility().equals("shared") && members.find(sql, id, project).isPresent();
    if (member
        || own
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
    quotas.check(image);
    try {
      return database.tx(
          sql -> {
            quotas.take(sql, image);
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
          quotas.check(next);
          if (!Objects.equals(next.owner(), old.owner())) {
            quotas.give(sql, old);
            quotas.take(sql, next);
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
          quotas.give(sql, image);
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
          quotas.check(next);
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
