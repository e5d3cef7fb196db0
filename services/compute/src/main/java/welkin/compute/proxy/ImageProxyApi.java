package welkin.compute.proxy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.api.Timestamps;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.peers.ImagePeer;
import welkin.peers.Peers;

/** {@code /images}, until 2.35; their metadata until 2.38. */
public final class ImageProxyApi {
  private static final String IMAGES = "/image/v2/images";
  private static final String PATCH = "application/openstack-images-v2.1-json-patch";
  private static final int PAGE_MAX = 1000;

  /** What the Image API says of itself; everything else is metadata. */
  private static final Shape METADATA =
      Shape.object()
          .required(
              "metadata",
              Shape.object()
                  .patternOthers("^[a-zA-Z0-9-_:. ]{1,255}$", Shape.string().length(0, 255)))
          .noOthers();

  private static final Shape META =
      Shape.object()
          .required(
              "meta",
              Shape.object()
                  .patternOthers("^[a-zA-Z0-9-_:. ]{1,255}$", Shape.string().length(0, 255))
                  .minProps(1)
                  .maxProps(1))
          .noOthers();

  private final Peers peers;

  public ImageProxyApi(Peers peers) {
    this.peers = peers;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/images", c -> list(c, false)).anyone().until(2, 35).summary("Images by name.");
    r.get("/images/detail", c -> list(c, true)).anyone().until(2, 35).summary("Images.");
    r.get("/images/{id}", this::show).anyone().until(2, 35).summary("One image.");
    r.delete("/images/{id}", this::delete)
        .anyone()
        .until(2, 35)
        .success(204)
        .summary("Deletes an image.");
    r.delete("/images", c -> blank()).anyone().until(2, 35).summary("No image has an empty id.");
    r.get("/images/{id}/metadata", this::metadata).anyone().until(2, 38).summary("Its metadata.");
    r.post("/images/{id}/metadata", c -> change(c, false))
        .anyone()
        .until(2, 38)
        .body(METADATA)
        .summary("Adds and replaces metadata.");
    r.put("/images/{id}/metadata", c -> change(c, true))
        .anyone()
        .until(2, 38)
        .body(METADATA)
        .summary("Replaces all metadata.");
    r.get("/images/{id}/metadata/{key}", this::item).anyone().until(2, 38).summary("One item.");
    r.put("/images/{id}/metadata/{key}", this::setItem)
        .anyone()
        .until(2, 38)
        .body(META)
        .summary("Sets one item.");
    r.delete("/images/{id}/metadata/{key}", this::deleteItem)
        .anyone()
        .until(2, 38)
        .success(204)
        .summary("Removes one item.");
    return r;
  }

  private static Answer blank() {
    throw Fault.notFound("The resource could not be found.");
  }

  private Peers as(Call call) {
    return peers.as(call.caller().token());
  }

  private JsonNode image(Call call) {
    var id = call.path("id");
    try {
      return as(call).get(IMAGES + "/" + Peers.encode(id));
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.notFound("Image not found.") : f;
    }
  }

  private Answer list(Call call, boolean full) {
    var query = new StringBuilder(IMAGES).append("?limit=").append(limit(call));
    with(query, "marker", call.query("marker"));
    with(query, "name", call.query("name"));
    var status = call.query("status");
    if (status != null) {
      with(query, "status", status.toLowerCase(java.util.Locale.ROOT));
    }
    var since = call.query("changes-since");
    if (since != null) {
      var time = Timestamps.parse(since, "changes-since");
      with(query, "updated_at", "gte:" + Timestamps.seconds(time));
    }
    var server = call.query("server");
    if (server != null) {
      with(query, "instance_uuid", server.substring(server.lastIndexOf('/') + 1));
    }
    with(query, "image_type", call.query("type"));
    var found = as(call).get(query.toString()).get("images");
    var answer = Json.object();
    var array = answer.putArray("images");
    found.forEach(i -> array.add(full ? full(call, i) : brief(call, i)));
    return Answer.ok(answer);
  }

  private static int limit(Call call) {
    var limit = call.queryNumber("limit");
    return limit == null ? PAGE_MAX : Math.min(limit, PAGE_MAX);
  }

  private static void with(StringBuilder query, String name, String value) {
    if (value != null) {
      query.append('&').append(name).append('=').append(Peers.encode(value));
    }
  }

  private static ObjectNode brief(Call call, JsonNode i) {
    var id = Json.string(i, "id");
    var links = Links.of(call, "images", id);
    links.add(
        Links.link("alternate", call.request().base() + "/image/images/" + id)
            .put("type", "application/vnd.openstack.image"));
    var out = Json.object().put("id", id).put("name", Json.string(i, "name"));
    out.set("links", links);
    return out;
  }

  private static ObjectNode full(Call call, JsonNode i) {
    var status = status(Json.string(i, "status"));
    var out =
        brief(call, i)
            .put("minRam", i.path("min_ram").asInt(0))
            .put("minDisk", i.path("min_disk").asInt(0))
            .put("created", Json.string(i, "created_at"))
            .put("updated", Json.string(i, "updated_at"))
            .put("status", status)
            .put("progress", status.equals("ACTIVE") ? 100 : status.equals("SAVING") ? 50 : 0)
            .put("OS-EXT-IMG-SIZE:size", i.path("size").asLong(0));
    var server = Json.string(i, "instance_uuid");
    if (server != null) {
      out.putObject("server").put("id", server).set("links", Links.of(call, "servers", server));
    }
    var disk = Json.string(i, "auto_disk_config");
    if (disk != null) {
      out.put("OS-DCF:diskConfig", disk.equalsIgnoreCase("true") ? "AUTO" : "MANUAL");
    }
    out.set("metadata", Json.tree(properties(i)));
    return out;
  }

  private static String status(String own) {
    return switch (String.valueOf(own)) {
      case "active" -> "ACTIVE";
      case "queued", "saving", "importing", "uploading" -> "SAVING";
      case "deleted", "pending_delete" -> "DELETED";
      case "killed" -> "ERROR";
      default -> "UNKNOWN";
    };
  }

  private static Map<String, String> properties(JsonNode image) {
    var out = new LinkedHashMap<String, String>();
    for (var e : image.properties()) {
      if (!ImagePeer.OWN.contains(e.getKey())
          && e.getValue().isValueNode()
          && !e.getValue().isNull()) {
        out.put(e.getKey(), e.getValue().asString());
      }
    }
    return out;
  }

  private Answer show(Call call) {
    return Answer.ok(Json.object().set("image", full(call, image(call))));
  }

  private Answer delete(Call call) {
    image(call);
    as(call).delete(IMAGES + "/" + Peers.encode(call.path("id")));
    return Answer.none();
  }

  private Answer metadata(Call call) {
    return Answer.ok(Map.of("metadata", properties(image(call))));
  }

  private Answer change(Call call, boolean all) {
    var old = properties(image(call));
    var wanted = all ? new LinkedHashMap<String, String>() : new LinkedHashMap<>(old);
    call.object("metadata")
        .properties()
        .forEach(e -> wanted.put(e.getKey(), e.getValue().asString()));
    return Answer.ok(Map.of("metadata", save(call, old, wanted)));
  }

  private Map<String, String> save(Call call, Map<String, String> old, Map<String, String> wanted) {
    var patch = new ArrayList<Map<String, Object>>();
    wanted.forEach(
        (k, v) -> {
          if (!v.equals(old.get(k))) {
            patch.add(
                Map.of("op", old.containsKey(k) ? "replace" : "add", "path", "/" + k, "value", v));
          }
        });
    old.keySet().stream()
        .filter(k -> !wanted.containsKey(k))
        .forEach(k -> patch.add(Map.of("op", "remove", "path", "/" + k)));
    if (!patch.isEmpty()) {
      as(call).patch(IMAGES + "/" + Peers.encode(call.path("id")), patch, "content-type", PATCH);
    }
    return wanted;
  }

  private Answer item(Call call) {
    var value = properties(image(call)).get(call.path("key"));
    if (value == null) {
      throw Fault.notFound("Metadata item was not found");
    }
    return Answer.ok(Map.of("meta", Map.of(call.path("key"), value)));
  }

  private Answer setItem(Call call) {
    var old = properties(image(call));
    var meta = call.object("meta");
    var key = call.path("key");
    if (!meta.has(key)) {
      throw Fault.badRequest("Request body and URI mismatch");
    }
    var wanted = new LinkedHashMap<>(old);
    wanted.put(key, meta.get(key).asString());
    save(call, old, wanted);
    return Answer.ok(Map.of("meta", Map.of(key, wanted.get(key))));
  }

  private Answer deleteItem(Call call) {
    var old = properties(image(call));
    var wanted = new LinkedHashMap<>(old);
    if (wanted.remove(call.path("key")) == null) {
      throw Fault.notFound("Metadata item was not found");
    }
    save(call, old, wanted);
    return Answer.none();
  }
}
