package welkin.image.discovery;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.image.image.Image;

/** The JSON Schemas that clients read to know an image's attributes. */
final class Schemas {
  private Schemas() {}

  static ObjectNode image() {
    var out = Json.object().put("name", "image");
    var p = out.putObject("properties");
    field(p, "id", "An identifier for the image", false, "string")
        .put(
            "pattern",
            "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$");
    field(p, "name", "Descriptive name for the image", false, "null", "string")
        .put("maxLength", 255);
    values(
        field(p, "status", "Status of the image", true, "string"),
        false,
        List.of(
            "queued",
            "saving",
            "active",
            "killed",
            "deleted",
            "uploading",
            "importing",
            "pending_delete",
            "deactivated"));
    values(
        field(p, "visibility", "Scope of image accessibility", false, "string"),
        false,
        Image.VISIBILITIES);
    field(p, "protected", "If true, image will not be deletable.", false, "boolean");
    field(p, "os_hidden", "If true, image is left out of default lists.", false, "boolean");
    field(p, "checksum", "MD5 of the content.", true, "null", "string").put("maxLength", 32);
    field(p, "os_hash_algo", "Algorithm of os_hash_value", true, "null", "string")
        .put("maxLength", 64);
    field(p, "os_hash_value", "Digest of the content", true, "null", "string")
        .put("maxLength", 128);
    field(p, "owner", "Owner of the image", false, "null", "string").put("maxLength", 255);
    field(p, "size", "Size of image file in bytes", true, "null", "integer");
    field(p, "virtual_size", "Virtual size of image in bytes", true, "null", "integer");
    values(
        field(p, "container_format", "Format of the container", false, "null", "string"),
        true,
        Image.CONTAINER_FORMATS);
    values(
        field(p, "disk_format", "Format of the disk", false, "null", "string"),
        true,
        Image.DISK_FORMATS);
    field(p, "created_at", "Date and time of image registration", true, "string");
    field(p, "updated_at", "Date and time of the last image modification", true, "string");
    tags(field(p, "tags", "List of strings related to the image", false, "array"));
    field(p, "direct_url", "URL of the content in an external store", true, "string");
    field(p, "min_ram", "Amount of ram (in MB) required to boot image.", false, "integer");
    field(p, "min_disk", "Disk space (in GB) required to boot image.", false, "integer");
    field(p, "self", "An image self url", true, "string");
    field(p, "file", "An image file url", true, "string");
    field(p, "schema", "An image schema url", true, "string");
    field(p, "locations", "URLs of the content in external stores", false, "array");
    out.putObject("additionalProperties").put("type", "string");
    var links = out.putArray("links");
    link(links.addObject(), "self", "{self}");
    link(links.addObject(), "enclosure", "{file}");
    link(links.addObject(), "describedby", "{schema}");
    return out;
  }

  static ObjectNode member() {
    var out = Json.object().put("name", "member");
    var p = out.putObject("properties");
    field(p, "created_at", "Date and time of image member creation", false, "string");
    field(p, "image_id", "An identifier for the image", false, "string");
    field(p, "member_id", "An identifier for the image member (tenantId)", false, "string");
    values(
        field(p, "status", "The status of this image member", false, "string"),
        false,
        List.of("pending", "accepted", "rejected"));
    field(p, "updated_at", "Date and time of last modification", false, "string");
    p.putObject("schema").put("readOnly", true).put("type", "string");
    return out;
  }

  static ObjectNode task() {
    var out = Json.object().put("name", "task");
    var p = out.putObject("properties");
    for (var name :
        List.of("id", "type", "status", "owner", "message", "created_at", "updated_at")) {
      field(p, name, "The task's " + name.replace('_', ' '), true, "string");
    }
    return out;
  }

  /** A collection of what another schema says. */
  static ObjectNode collection(String name, ObjectNode item) {
    var out = Json.object().put("name", name);
    var p = out.putObject("properties");
    p.putObject(name).put("type", "array").set("items", item);
    p.putObject("schema").put("type", "string");
    if (!name.equals("members")) {
      p.putObject("first").put("type", "string");
      p.putObject("next").put("type", "string");
      var links = out.putArray("links");
      link(links.addObject(), "first", "{first}");
      link(links.addObject(), "next", "{next}");
      link(links.addObject(), "describedby", "{schema}");
    } else {
      link(out.putArray("links").addObject(), "describedby", "{schema}");
    }
    return out;
  }

  private static ObjectNode field(
      ObjectNode all, String name, String about, boolean readOnly, String... types) {
    var f = all.putObject(name).put("description", about);
    if (readOnly) {
      f.put("readOnly", true);
    }
    if (types.length == 1) {
      f.put("type", types[0]);
    } else {
      var list = f.putArray("type");
      List.of(types).forEach(list::add);
    }
    return f;
  }

  private static void values(ObjectNode field, boolean orNull, List<String> values) {
    var list = field.putArray("enum");
    if (orNull) {
      list.addNull();
    }
    values.forEach(list::add);
  }

  private static void tags(ObjectNode field) {
    field.putObject("items").put("type", "string").put("maxLength", 255);
  }

  private static void link(ObjectNode link, String rel, String href) {
    link.put("rel", rel).put("href", href);
  }
}
