package welkin.image.image;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of images. */
public final class ImageStore {
  static final Row.Mapper<Image> MAPPER =
      r ->
          new Image(
              r.text("id"),
              r.text("name"),
              r.text("status"),
              r.text("visibility"),
              r.text("owner"),
              r.text("disk_format"),
              r.text("container_format"),
              r.numberOrNull("size"),
              r.numberOrNull("virtual_size"),
              r.number("min_ram"),
              r.number("min_disk"),
              r.flag("protected"),
              r.flag("os_hidden"),
              r.text("checksum"),
              r.text("os_hash_algo"),
              r.text("os_hash_value"),
              r.stringMap("properties"),
              r.stringList("tags"),
              r.time("created_at"),
              r.time("updated_at"));

  /** Begins a list of images. */
  static ListQuery list() {
    return ListQuery.of("SELECT * FROM image", "image", "id");
  }

  public Optional<Image> find(Sql sql, String id) {
    return sql.one("SELECT * FROM image WHERE id = ?", MAPPER, id);
  }

  void insert(Sql sql, Image i) {
    sql.insert(
        "image",
        "id",
        i.id(),
        "name",
        i.name(),
        "status",
        i.status(),
        "visibility",
        i.visibility(),
        "owner",
        i.owner(),
        "disk_format",
        i.diskFormat(),
        "container_format",
        i.containerFormat(),
        "min_ram",
        i.minRam(),
        "min_disk",
        i.minDisk(),
        "protected",
        i.isProtected(),
        "os_hidden",
        i.hidden(),
        "properties",
        i.properties(),
        "tags",
        i.tags(),
        "created_at",
        i.createdAt(),
        "updated_at",
        i.updatedAt());
    writeProperties(sql, i);
    writeTags(sql, i);
  }

  /** Writes what a user may change. */
  void update(Sql sql, Image i) {
    sql.update(
        "UPDATE image SET name = ?, visibility = ?, owner = ?, disk_format = ?,"
            + " container_format = ?, min_ram = ?, min_disk = ?, protected = ?, os_hidden = ?,"
            + " properties = ?, tags = ?, updated_at = ? WHERE id = ?",
        i.name(),
        i.visibility(),
        i.owner(),
        i.diskFormat(),
        i.containerFormat(),
        i.minRam(),
        i.minDisk(),
        i.isProtected(),
        i.hidden(),
        i.properties(),
        i.tags(),
        i.updatedAt(),
        i.id());
    sql.update("DELETE FROM image_property WHERE image_id = ?", i.id());
    sql.update("DELETE FROM image_tag WHERE image_id = ?", i.id());
    writeProperties(sql, i);
    writeTags(sql, i);
  }

  private static void writeProperties(Sql sql, Image i) {
    i.properties()
        .forEach((k, v) -> sql.insert("image_property", "image_id", i.id(), "name", k, "value", v));
  }

  private static void writeTags(Sql sql, Image i) {
    i.tags().forEach(t -> sql.insert("image_tag", "image_id", i.id(), "tag", t));
  }

  /** Moves an image from one status to another; false when it was not in the first. */
  public boolean move(Sql sql, String id, String from, String to, Instant now) {
    return sql.update(
            "UPDATE image SET status = ?, updated_at = ? WHERE id = ? AND status = ?",
            to,
            now,
            id,
            from)
        == 1;
  }

  /** Writes what is known of the content. */
  public void setContent(
      Sql sql,
      String id,
      long size,
      Long virtualSize,
      String checksum,
      String algorithm,
      String hash) {
    sql.update(
        "UPDATE image SET size = ?, virtual_size = ?, checksum = ?, os_hash_algo = ?,"
            + " os_hash_value = ? WHERE id = ?",
        size,
        virtualSize,
        checksum,
        algorithm,
        hash,
        id);
  }

  /** What is known of content that waits to be imported; null for none. */
  public void setStaged(Sql sql, String id, Object staged) {
    sql.update("UPDATE image SET staged = ? WHERE id = ?", staged, id);
  }

  public Optional<JsonNode> staged(Sql sql, String id) {
    return sql.one(
        "SELECT staged FROM image WHERE id = ? AND staged IS NOT NULL", r -> r.json("staged"), id);
  }

  /** How many images of these projects have content coming. */
  public long uploading(Sql sql, Collection<String> owners) {
    long n = 0;
    for (var owner : owners) {
      n +=
          sql.number(
              "SELECT COUNT(*) FROM image WHERE owner = ? AND status IN ('saving', 'uploading',"
                  + " 'importing')",
              owner);
    }
    return n;
  }

  /** MiB of these projects' content that waits for its import. */
  public long staged(Sql sql, Collection<String> owners) {
    long mib = 0;
    for (var owner : owners) {
      for (var staged :
          sql.list(
              "SELECT staged FROM image WHERE owner = ? AND status IN ('uploading', 'importing')"
                  + " AND staged IS NOT NULL",
              r -> r.json("staged"),
              owner)) {
        mib += ImageQuotas.mebibytes(staged.path("size").asLong(0));
      }
    }
    return mib;
  }

  void delete(Sql sql, String id) {
    sql.update("DELETE FROM image_property WHERE image_id = ?", id);
    sql.update("DELETE FROM image_tag WHERE image_id = ?", id);
    sql.update("DELETE FROM image_member WHERE image_id = ?", id);
    sql.update("DELETE FROM image WHERE id = ?", id);
  }

  public List<Image> inStatus(Sql sql, String... statuses) {
    return ListQuery.of("SELECT * FROM image", "image", "id")
        .whereIn("status", List.of(statuses))
        .list(sql, MAPPER);
  }

  /** API sort keys to columns that are never null. */
  static final Map<String, String> SORTS =
      Map.of(
          "name", "COALESCE(name, '')",
          "status", "status",
          "container_format", "COALESCE(container_format, '')",
          "disk_format", "COALESCE(disk_format, '')",
          "size", "COALESCE(size, 0)",
          "id", "id",
          "created_at", "created_at",
          "updated_at", "updated_at");
}
