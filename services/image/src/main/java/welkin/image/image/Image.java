package welkin.image.image;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An image.
 *
 * @param status queued, saving, uploading, importing, active or deactivated
 * @param visibility public, community, shared or private
 * @param owner a project
 * @param size bytes of the content, null before there is any
 * @param virtualSize bytes of the disk a guest sees, null while unknown
 * @param minRam MiB a guest needs
 * @param minDisk GiB a root disk needs
 * @param isProtected whether it refuses to be deleted
 * @param checksum MD5, hexadecimal
 * @param hashAlgorithm e.g. sha512
 * @param properties what its owner wrote on it
 */
public record Image(
    String id,
    String name,
    String status,
    String visibility,
    String owner,
    String diskFormat,
    String containerFormat,
    Long size,
    Long virtualSize,
    long minRam,
    long minDisk,
    boolean isProtected,
    boolean hidden,
    String checksum,
    String hashAlgorithm,
    String hash,
    Map<String, String> properties,
    List<String> tags,
    Instant createdAt,
    Instant updatedAt) {

  public static final List<String> VISIBILITIES =
      List.of("community", "public", "private", "shared");

  public static final List<String> DISK_FORMATS =
      List.of(
          "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop",
          "luks");

  public static final List<String> CONTAINER_FORMATS =
      List.of("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed");

  /** What stands between a status and the next; anything else is refused. */
  private static final Map<String, Set<String>> MOVES =
      Map.of(
          "queued", Set.of("saving", "uploading"),
          "saving", Set.of("active", "queued"),
          "uploading", Set.of("importing", "queued", "uploading"),
          "importing", Set.of("active", "queued"),
          "active", Set.of("deactivated"),
          "deactivated", Set.of("active"));

  public boolean mayBecome(String next) {
    return MOVES.getOrDefault(status, Set.of()).contains(next);
  }

  public boolean hasData() {
    return status.equals("active") || status.equals("deactivated");
  }

  public boolean ownedBy(String project) {
    return owner != null && owner.equals(project);
  }

  /**
   * What policies ask about.
   *
   * @param member the project the image is shared with that asks, or null
   */
  public Map<String, Object> target(String member) {
    var t = new HashMap<String, Object>();
    t.put("project_id", owner);
    t.put("owner", owner);
    t.put("visibility", visibility);
    t.put("member_id", member);
    t.put("image_id", id);
    return t;
  }
}
