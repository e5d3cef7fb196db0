package welkin.image.image;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.http.Routes;

/** {@code /v2/images}: everything but the content. */
public final class ImageApi {
  private final Images images;
  private final Ids ids;
  private final InstantSource clock;

  public ImageApi(Images images, Ids ids, InstantSource clock) {
    this.images = images;
    this.ids = ids;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/v2/images");
    r.get("", this::list).policy("get_images");
    r.post("", this::create).policyOnTarget("add_image").success(201).shownBy("/images/{image_id}");
    r.delete("", ImageApi::noId).policy("delete_image");
    r.get("/{image_id}", this::show).policyOnTarget("get_image");
    r.patch("/{image_id}", this::update).policyOnTarget("modify_image");
    r.delete("/{image_id}", this::delete).policyOnTarget("delete_image").success(204);
    r.post("/{image_id}/actions/deactivate", call -> setActive(call, false))
        .policyOnTarget("deactivate")
        .success(204);
    r.post("/{image_id}/actions/reactivate", call -> setActive(call, true))
        .policyOnTarget("reactivate")
        .success(204);
    r.put("/{image_id}/tags/{tag}", call -> tag(call, true))
        .policyOnTarget("modify_image")
        .success(204);
    r.delete("/{image_id}/tags/{tag}", call -> tag(call, false))
        .policyOnTarget("modify_image")
        .success(204);
    r.get("/{image_id}/tasks", this::tasks).policyOnTarget("get_image");
    return r;
  }

  /** {@code /v2/images/} names an image without an id: there is none. */
  private static Answer noId(Call call) {
    if (call.request().path().endsWith("/")) {
      throw Images.unknown("");
    }
    throw Fault.of(405, "MethodNotAllowed", "The list of images cannot be deleted.")
        .with("allow", "GET, POST");
  }

  private Answer list(Call call) {
    if (call.request().path().endsWith("/")) {
      throw Images.unknown("");
    }
    var listing = new ImageListing(call);
    var page = images.list(listing);
    var out = ImageWire.list(page);
    out.put("first", link(call, null));
    if (listing.paging().full(page.size())) {
      out.put("next", link(call, page.getLast().id()));
    }
    return Answer.ok(out);
  }

  /** As upstream, links of this service are paths that begin with the version. */
  private static String link(Call call, String marker) {
    var next = Paging.next(call, marker == null ? "" : marker);
    var path = next.substring(call.base().length());
    return marker == null ? path.replaceFirst("[?&]marker=$", "") : path;
  }

  private Answer create(Call call) {
    var body = call.object();
    for (var name : ImageWire.NEVER_GIVEN) {
      if (body.has(name)) {
        throw Fault.forbidden("Attribute '" + name + "' is read-only.");
      }
    }
    for (var name : body.propertyNames()) {
      if (ImageWire.READ_ONLY.contains(name) && !name.equals("id")) {
        throw Fault.forbidden("Attribute '" + name + "' is read-only.");
      }
      if (ImageWire.RESERVED.contains(name) || name.startsWith(ImageWire.RESERVED_PREFIX)) {
        throw Fault.forbidden("Attribute '" + name + "' is reserved.");
      }
      if (name.length() > 255) {
        throw Fault.badRequest("Custom property should not be greater than 255 characters.");
      }
    }
    ImageWire.GIVEN.check(body, null);
    if (body.has("locations")) {
      throw Fault.forbidden("It's not allowed to update locations if locations are invisible.");
    }
    var image = made(call, body);
    var target = new HashMap<>(image.target(null));
    target.put("project_id", call.caller().projectId());
    call.enforce(target);
    Images.enforceVisibility(call, image, target);
    images.create(image);
    return Answer.json(201, ImageWire.show(image))
        .with("Location", call.base() + ImageWire.path(image.id()))
        .with("OpenStack-image-import-methods", "glance-direct");
  }

  private Image made(Call call, ObjectNode body) {
    var properties = new LinkedHashMap<String, String>();
    body.forEachEntry(
        (k, v) -> {
          if (!ImageWire.BASE.contains(k)) {
            properties.put(k, v.stringValue());
          }
        });
    var id = Json.string(body, "id");
    var visibility = Json.string(body, "visibility");
    var now = clock.instant();
    return new Image(
        id == null ? ids.uuid() : id.toLowerCase(Locale.ROOT),
        Json.string(body, "name"),
        "queued",
        visibility == null ? "shared" : visibility,
        body.has("owner") ? Json.string(body, "owner") : call.caller().projectId(),
        Json.string(body, "disk_format"),
        Json.string(body, "container_format"),
        null,
        null,
        body.path("min_ram").asLong(0),
        body.path("min_disk").asLong(0),
        body.path("protected").asBoolean(false),
        body.path("os_hidden").asBoolean(false),
        null,
        null,
        null,
        properties,
        body.has("tags") ? ImagePatch.tags(body.get("tags")) : List.of(),
        now,
        now);
  }

  private Answer show(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    return Answer.ok(ImageWire.show(seen.image()));
  }

  private Answer update(Call call) {
    var type = call.header("content-type");
    var media = type == null ? "" : type.split(";")[0].strip();
    boolean old = media.equals(ImagePatch.OLD_MEDIA_TYPE);
    if (!old && !media.equals(ImagePatch.MEDIA_TYPE)) {
      var accepted = ImagePatch.OLD_MEDIA_TYPE + ", " + ImagePatch.MEDIA_TYPE;
      throw Fault.of(
              415, "UnsupportedMediaType", "Image PATCH expects Content-Type one of: " + accepted)
          .with("accept_patch", accepted);
    }
    var changes = ImagePatch.parse(call.json(), old);
    return Answer.ok(ImageWire.show(images.patch(call, call.path("image_id"), changes)));
  }

  private Answer delete(Call call) {
    images.delete(call, call.path("image_id"));
    return Answer.none();
  }

  private Answer setActive(Call call, boolean active) {
    images.setActive(call, call.path("image_id"), active);
    return Answer.none();
  }

  private Answer tag(Call call, boolean present) {
    var tag = call.path("tag");
    if (tag.length() > 255) {
      throw Fault.badRequest(
          "Provided object does not match schema 'image': '" + tag + "' is too long");
    }
    images.tag(call, call.path("image_id"), tag, present);
    return Answer.none();
  }

  private Answer tasks(Call call) {
    var seen = images.seen(call, call.path("image_id"));
    call.enforce(seen.target());
    var out = Json.object();
    var list = out.putArray("tasks");
    images.tasks(seen.image().id()).forEach(list::add);
    return Answer.ok(out);
  }
}
