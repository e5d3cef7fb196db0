package welkin.image.image;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * A JSON patch of an image (draft 10, and draft 4 of the v2.0 media type): add, replace and remove
 * of whole attributes.
 */
final class ImagePatch {
  static final String MEDIA_TYPE = "application/openstack-images-v2.1-json-patch";
  static final String OLD_MEDIA_TYPE = "application/openstack-images-v2.0-json-patch";
  private static final List<String> OPERATIONS = List.of("add", "remove", "replace");

  /**
   * One change.
   *
   * @param value null for remove
   */
  record Change(String operation, String name, JsonNode value) {}

  private ImagePatch() {}

  /**
   * @throws Fault 400 for what is no patch, 403 for attributes that are not the user's to write
   */
  static List<Change> parse(JsonNode body, boolean old) {
    if (!body.isArray()) {
      throw Fault.badRequest("Request body must be a JSON array of operation objects.");
    }
    var out = new ArrayList<Change>();
    for (var one : body) {
      if (!one.isObject()) {
        throw Fault.badRequest("Operations must be JSON objects.");
      }
      var operation = old ? oldOperation(one) : operation(one);
      var path = one.get(old ? operation : "path");
      if (path == null || !path.isString()) {
        throw Fault.badRequest("Unable to find 'path' in JSON Schema change");
      }
      var name = name(path.stringValue());
      JsonNode value = null;
      if (!operation.equals("remove")) {
        value = one.get("value");
        if (value == null) {
          throw Fault.badRequest(
              "Operation \"" + operation + "\" requires a member named \"value\".");
        }
      }
      check(name, value);
      out.add(new Change(operation, name, value));
    }
    return out;
  }

  private static String operation(JsonNode one) {
    var op = one.get("op");
    if (op == null) {
      throw Fault.badRequest(
          "Unable to find `op` in JSON Schema change. It must be one of the following: "
              + String.join(", ", OPERATIONS)
              + ".");
    }
    if (!op.isString() || !OPERATIONS.contains(op.stringValue())) {
      throw Fault.badRequest(
          "Invalid operation: `"
              + op.asString()
              + "`. It must be one of the following: "
              + String.join(", ", OPERATIONS)
              + ".");
    }
    return op.stringValue();
  }

  private static String oldOperation(JsonNode one) {
    var found = OPERATIONS.stream().filter(one::has).toList();
    if (found.size() != 1) {
      throw Fault.badRequest(
          "Operation objects must contain exactly one member named \"add\", \"remove\", or"
              + " \"replace\".");
    }
    return found.getFirst();
  }

  /** The one attribute a JSON pointer names. */
  static String name(String pointer) {
    if (!pointer.startsWith("/")) {
      throw Fault.badRequest("Pointer `" + pointer + "` does not start with \"/\".");
    }
    if (pointer.substring(1).matches("(?s).*/\\s*/.*")) {
      throw Fault.badRequest("Pointer `" + pointer + "` contains adjacent \"/\".");
    }
    if (pointer.length() > 1 && pointer.endsWith("/")) {
      throw Fault.badRequest("Pointer `" + pointer + "` end with \"/\".");
    }
    if (pointer.matches("(?s).*~([^01].*|$)")) {
      throw Fault.badRequest(
          "Pointer `" + pointer + "` contains \"~\" not part of a recognized escape sequence.");
    }
    var parts = pointer.substring(1).split("/");
    if (parts[0].equals("locations")) {
      throw Fault.forbidden("It's not allowed to update locations if locations are invisible.");
    }
    if (parts.length != 1) {
      throw Fault.badRequest("Invalid JSON pointer for this resource: '" + pointer + "'");
    }
    return parts[0].replace("~1", "/").replace("~0", "~").strip();
  }

  private static void check(String name, JsonNode value) {
    if (ImageWire.READ_ONLY.contains(name)) {
      throw Fault.forbidden("Attribute '" + name + "' is read-only.");
    }
    if (ImageWire.RESERVED.contains(name) || name.startsWith(ImageWire.RESERVED_PREFIX)) {
      throw Fault.forbidden("Attribute '" + name + "' is reserved.");
    }
    if (name.length() > 255) {
      throw Fault.badRequest("Custom property should not be greater than 255 characters.");
    }
    if (value != null) {
      ImageWire.GIVEN.check(Json.object().set(name, value), null);
    }
  }

  /** The image after the changes, in order. */
  static Image apply(Image image, List<Change> changes) {
    var fields = new LinkedHashMap<String, JsonNode>();
    var properties = new LinkedHashMap<>(image.properties());
    for (var c : changes) {
      if (ImageWire.BASE.contains(c.name())) {
        if (c.operation().equals("remove")) {
          throw Fault.forbidden("Property '" + c.name() + "' may not be removed.");
        }
        formatMayChange(image, c);
        fields.put(c.name(), c.value());
      } else {
        property(properties, c);
      }
    }
    return new Image(
        image.id(),
        text(fields, "name", image.name()),
        image.status(),
        text(fields, "visibility", image.visibility()),
        text(fields, "owner", image.owner()),
        text(fields, "disk_format", image.diskFormat()),
        text(fields, "container_format", image.containerFormat()),
        image.size(),
        image.virtualSize(),
        number(fields, "min_ram", image.minRam()),
        number(fields, "min_disk", image.minDisk()),
        flag(fields, "protected", image.isProtected()),
        flag(fields, "os_hidden", image.hidden()),
        image.checksum(),
        image.hashAlgorithm(),
        image.hash(),
        properties,
        fields.containsKey("tags") ? tags(fields.get("tags")) : image.tags(),
        image.createdAt(),
        image.updatedAt());
  }

  private static void formatMayChange(Image image, Change c) {
    if (c.name().endsWith("_format") && !image.status().equals("queued")) {
      var now = c.name().equals("disk_format") ? image.diskFormat() : image.containerFormat();
      if (!c.value().asString("").equals(now)) {
        throw Fault.forbidden(
            "Attribute " + c.name() + " can be only replaced for a queued image.");
      }
    }
  }

  private static void property(Map<String, String> properties, Change c) {
    if (!c.operation().equals("add") && !properties.containsKey(c.name())) {
      throw Fault.conflict("Property " + c.name() + " does not exist.");
    }
    if (c.operation().equals("remove")) {
      properties.remove(c.name());
    } else {
      properties.put(c.name(), c.value().stringValue());
    }
  }

  static List<String> tags(JsonNode array) {
    var out = new LinkedHashSet<String>();
    array.forEach(t -> out.add(t.stringValue()));
    return List.copyOf(out);
  }

  private static String text(Map<String, JsonNode> f, String name, String now) {
    var v = f.get(name);
    return v == null ? now : v.isNull() ? null : v.stringValue();
  }

  private static long number(Map<String, JsonNode> f, String name, long now) {
    return f.containsKey(name) ? f.get(name).asLong() : now;
  }

  private static boolean flag(Map<String, JsonNode> f, String name, boolean now) {
    return f.containsKey(name) ? f.get(name).asBoolean() : now;
  }
}
