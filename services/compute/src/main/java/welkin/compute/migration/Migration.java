package welkin.compute.migration;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import welkin.compute.server.FlavorCopy;

/**
 * A server's move to another host, or to another size.
 *
 * @param uuid also the Placement consumer that holds what the server has at the source meanwhile
 * @param projectId of who asked for it
 * @param status upstream's word, see {@link #OPEN}
 * @param destHost null until one is found
 * @param destIp the destination's address
 * @param oldState the server's {@code vm_state} before
 * @param progress of a live migration, or null
 * @param tidy whether nothing of it is left at the source
 */
public record Migration(
    long id,
    String uuid,
    String serverId,
    String projectId,
    String userId,
    Type type,
    String status,
    String sourceHost,
    String sourceZone,
    String destHost,
    String destIp,
    FlavorCopy oldFlavor,
    FlavorCopy newFlavor,
    String oldState,
    Terms terms,
    JsonNode progress,
    boolean tidy,
    Instant createdAt,
    Instant updatedAt) {

  public static final String ACCEPTED = "accepted";
  public static final String PRE_MIGRATING = "pre-migrating";
  public static final String MIGRATING = "migrating";
  public static final String POST_MIGRATING = "post-migrating";

  /** A resized server waits to be confirmed or reverted. */
  public static final String FINISHED = "finished";

  public static final String CONFIRMING = "confirming";
  public static final String CONFIRMED = "confirmed";
  public static final String REVERTING = "reverting";
  public static final String REVERTED = "reverted";
  public static final String QUEUED = "queued";
  public static final String PREPARING = "preparing";
  public static final String RUNNING = "running";

  /** A live migration is over; an evacuated server's old host has come back and forgot it. */
  public static final String COMPLETED = "completed";

  /** An evacuated server lives; what its old host has of it is not gone yet. */
  public static final String DONE = "done";

  public static final String CANCELLED = "cancelled";
  public static final String FAILED = "failed";
  public static final String ERROR = "error";

  /** The statuses of moves that are not over. */
  public static final List<String> OPEN =
      List.of(
          ACCEPTED,
          QUEUED,
          PREPARING,
          PRE_MIGRATING,
          MIGRATING,
          POST_MIGRATING,
          RUNNING,
          FINISHED,
          CONFIRMING,
          REVERTING);

  /** Upstream's {@code migration_type}. */
  public enum Type {
    RESIZE,
    MIGRATION,
    LIVE_MIGRATION,
    EVACUATION;

    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Type of(String word) {
      return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
  }

  /**
   * What was asked for.
   *
   * @param host the host that was named, or null
   * @param forced whether it is taken without asking the filters
   * @param block whether disks are copied; null to find out
   * @param shared whether the server's disks are on storage the hosts share; null to find out
   * @param stop whether the server is left stopped
   */
  public record Terms(String host, boolean forced, Boolean block, Boolean shared, boolean stop) {
    public static final Terms NONE = new Terms(null, false, null, null, false);
  }

  /** Whether it is not over yet. */
  public boolean open() {
    return OPEN.contains(status);
  }

  public boolean sameHost() {
    return sourceHost.equals(destHost);
  }

  /** Whether the guest ran before. */
  public boolean ran() {
    return oldState.equals("active");
  }
}
