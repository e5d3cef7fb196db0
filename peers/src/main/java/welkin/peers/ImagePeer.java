package welkin.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/** The Image API (v2) as other services use it. */
public final class ImagePeer {
  private static final String V2 = "/image/v2";

  /** The fields every image has; what else an image has are its free properties. */
  public static final Set<String> OWN =
      Set.of(
          "id",
          "name",
          "status",
          "visibility",
          "owner",
          "disk_format",
          "container_format",
          "size",
          "virtual_size",
          "min_ram",
          "min_disk",
          "checksum",
          "os_hash_algo",
          "os_hash_value",
          "os_hidden",
          "protected",
          "created_at",
          "updated_at",
          "self",
          "file",
          "schema",
          "tags",
          "direct_url",
          "locations",
          "stores");

  private final Peers peers;

  public ImagePeer(Peers peers) {
    this.peers = peers;
  }

  /**
   * @param status {@code active} when it can be booted
   * @param size bytes, 0 while unknown
   * @param virtualSize bytes of the disk inside, 0 while unknown
   * @param minRamMb least memory of a guest in MiB
   * @param minDiskGb least root disk in GiB
   * @param hash its {@code hashAlgorithm} digest, or null
   */
  public record Image(
      String id,
      String name,
      String status,
      String owner,
      String visibility,
      String diskFormat,
      String containerFormat,
      long size,
      long virtualSize,
      int minRamMb,
      int minDiskGb,
      String hashAlgorithm,
      String hash,
      Map<String, String> properties) {}

  /**
   * @throws Fault 404 for an image that is not there, or not the caller's to see
   */
  public Image image(String id) {
    return image(peers.get(V2 + "/images/" + Peers.encode(id)));
  }

  /** Registers an image without content; private, qcow2, bare. */
  public Image create(String name, int minRamMb, int minDiskGb, Map<String, String> properties) {
    var body = new LinkedHashMap<String, Object>(properties);
    body.put("name", name);
    body.put("disk_format", "qcow2");
    body.put("container_format", "bare");
    body.put("visibility", "private");
    body.put("min_ram", minRamMb);
    body.put("min_disk", minDiskGb);
    return image(peers.post(V2 + "/images", body));
  }

  /** The ids of a server's backups of one kind, newest first. */
  public List<String> backups(String serverId, String kind) {
    var query =
        "?limit=1000&sort=created_at:desc&image_type=backup&instance_uuid="
            + Peers.encode(serverId)
            + "&backup_type="
            + Peers.encode(kind);
    var out = new ArrayList<String>();
    peers.get(V2 + "/images" + query).get("images").forEach(i -> out.add(Json.string(i, "id")));
    return out;
  }

  /** Deletes an image; one that is gone already is no fault. */
  public void delete(String id) {
    try {
      peers.delete(V2 + "/images/" + Peers.encode(id));
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /** Where an image's bytes are read from and written to. */
  public String fileUrl(String id) {
    return peers.url(V2 + "/images/" + Peers.encode(id) + "/file");
  }

  private static Image image(JsonNode n) {
    var properties = new LinkedHashMap<String, String>();
    for (var e : n.properties()) {
      if (!OWN.contains(e.getKey()) && e.getValue().isValueNode() && !e.getValue().isNull()) {
        properties.put(e.getKey(), e.getValue().asString());
      }
    }
    return new Image(
        Json.string(n, "id"),
        Json.string(n, "name"),
        Json.string(n, "status"),
        Json.string(n, "owner"),
        Json.string(n, "visibility"),
        Json.string(n, "disk_format"),
        Json.string(n, "container_format"),
        n.path("size").asLong(0),
        n.path("virtual_size").asLong(0),
        n.path("min_ram").asInt(0),
        n.path("min_disk").asInt(0),
        Json.string(n, "os_hash_algo"),
        Json.string(n, "os_hash_value"),
        properties);
  }
}
