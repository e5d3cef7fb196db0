package welkin.image.image;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Shape;

/** Images as JSON: the base fields first, then what its owner wrote on it. */
public final class ImageWire {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss'Z'").withZone(ZoneOffset.UTC);

  /** Nobody writes these, whatever the request. */
  static final Set<String> READ_ONLY =
      Set.of(
          "created_at",
          "updated_at",
          "status",
          "checksum",
          "size",
          "virtual_size",
          "direct_url",
          "self",
          "file",
          "schema",
          "id",
          "os_hash_algo",
          "os_hash_value");

  static final Set<String> NEVER_GIVEN = Set.of("direct_url", "self", "file", "schema", "stores");
  static final Set<String> RESERVED = Set.of("location", "deleted", "deleted_at");
  static final String RESERVED_PREFIX = "os_glance";

  static final Set<String> BASE =
      Set.of(
          "id",
          "name",
          "status",
          "visibility",
          "protected",
          "os_hidden",
          "checksum",
          "os_hash_algo",
          "os_hash_value",
          "owner",
          "size",
          "virtual_size",
          "container_format",
          "disk_format",
          "created_at",
          "updated_at",
          "tags",
          "direct_url",
          "min_ram",
          "min_disk",
          "self",
          "file",
          "stores",
          "schema",
          "locations");

  private static final long MAX = 0x7FFFFFFF;

  /** What a user may give, as upstream's schema has it. */
  static final Shape GIVEN =
      Shape.object()
          .optional(
              "id", Shape.string().pattern("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))
          .optional("name", Shape.string().length(0, 255).nullable())
          .optional("visibility", Shape.string().oneOf("community", "public", "private", "shared"))
          .optional("protected", Shape.bool())
          .optional("os_hidden", Shape.bool())
          .optional("owner", Shape.string().length(0, 255).nullable())
          .optional(
              "container_format",
              Shape.string().oneOf(Image.CONTAINER_FORMATS.toArray(String[]::new)).nullable())
          .optional(
              "disk_format",
              Shape.string().oneOf(Image.DISK_FORMATS.toArray(String[]::new)).nullable())
          .optional("tags", Shape.array(Shape.string().length(0, 255)))
          .optional("min_ram", Shape.integer().range(0, MAX))
          .optional("min_disk", Shape.integer().range(0, MAX))
          .optional("locations", Shape.any())
          .patternOthers(".*", Shape.string())
          .said(v -> "Provided object does not match schema 'image': " + v.reason());

  private ImageWire() {}

  public static String time(Instant at) {
    return TIME.format(at);
  }

  static String path(String id) {
    return "/v2/images/" + id;
  }

  public static ObjectNode show(Image i) {
    var out = Json.object();
    i.properties().forEach(out::put);
    out.put("name", i.name());
    out.put("disk_format", i.diskFormat());
    out.put("container_format", i.containerFormat());
    out.put("visibility", i.visibility());
    out.put("size", i.size());
    out.put("virtual_size", i.virtualSize());
    out.put("status", i.status());
    out.put("checksum", i.checksum());
    out.put("protected", i.isProtected());
    out.put("min_ram", i.minRam());
    out.put("min_disk", i.minDisk());
    out.put("owner", i.owner());
    out.put("os_hidden", i.hidden());
    out.put("os_hash_algo", i.hashAlgorithm());
    out.put("os_hash_value", i.hash());
    out.put("id", i.id());
    out.put("created_at", time(i.createdAt()));
    out.put("updated_at", time(i.updatedAt()));
    var tags = out.putArray("tags");
    i.tags().forEach(tags::add);
    out.put("self", path(i.id()));
    out.put("file", path(i.id()) + "/file");
    out.put("schema", "/v2/schemas/image");
    return out;
  }

  static ObjectNode list(List<Image> images) {
    var out = Json.object();
    var list = out.putArray("images");
    images.forEach(i -> list.add(show(i)));
    out.put("schema", "/v2/schemas/images");
    return out;
  }
}
