package welkin.agents.contracts;

/**
 * How far a live migration has come, as its source sees it. Bytes are those of the memory and of
 * the disks that are copied; what the guest changes meanwhile is sent again, so that processed and
 * remaining may exceed the total.
 *
 * @param downtimeMs how long the guest stood still; 0 until it is known
 * @param elapsedMs since the migration began
 * @param error why it failed or was given up, else null
 * @param leaving whether the guest is about to go, or goes now: what is sent to it should go to the
 *     destination, where it is kept until the guest runs; then {@link InstanceAgent#networkMoved}.
 *     No more when it takes longer than was thought: then all is as before
 */
public record MigrationProgress(
    Status status,
    long memoryTotalBytes,
    long memoryProcessedBytes,
    long memoryRemainingBytes,
    long diskTotalBytes,
    long diskProcessedBytes,
    long diskRemainingBytes,
    long downtimeMs,
    long elapsedMs,
    String error,
    boolean leaving) {

  /** The stages of a live migration. */
  public enum Status {
    /** Accepted, nothing sent yet. */
    QUEUED,
    RUNNING,
    /** The guest runs at the destination and never again here. */
    COMPLETED,
    /** It did not succeed; the guest goes on at the source unless the source died. */
    FAILED,
    /** Given up on request or because its time was over; the guest goes on at the source. */
    CANCELLED;

    /** Whether nothing more will happen. */
    public boolean over() {
      return this == COMPLETED || this == FAILED || this == CANCELLED;
    }
  }
}
