package welkin.agents.contracts;

/**
 * How a live migration may be done. Upstream's options of the same meaning are named in brackets;
 * their scaling by the guest's size is the caller's.
 *
 * @param completionTimeoutSeconds how long it may take in all, 0 for ever ({@code
 *     live_migration_completion_timeout})
 * @param timeoutAction what happens then ({@code live_migration_timeout_action})
 * @param downtimeMs how long the guest may stand still at the end ({@code live_migration_downtime})
 * @param bandwidthMibps MiB per second at most, 0 for no limit ({@code live_migration_bandwidth})
 * @param autoConverge whether a guest that changes its memory faster than it can be sent is slowed
 *     down ({@code live_migration_permit_auto_converge})
 * @param postCopy whether {@link InstanceAgent#forceComplete} may let the guest go on at the
 *     destination before all its memory is there, instead of pausing it ({@code
 *     live_migration_permit_post_copy})
 * @param networkWaitMs how long a guest that is about to go keeps running at the source until
 *     {@link InstanceAgent#networkMoved}; 0 lets it go without a word, as before this was known
 */
public record LiveOptions(
    int completionTimeoutSeconds,
    TimeoutAction timeoutAction,
    int downtimeMs,
    int bandwidthMibps,
    boolean autoConverge,
    boolean postCopy,
    int networkWaitMs) {

  /** With nobody to wait for. */
  public LiveOptions(
      int completionTimeoutSeconds,
      TimeoutAction timeoutAction,
      int downtimeMs,
      int bandwidthMibps,
      boolean autoConverge,
      boolean postCopy) {
    this(
        completionTimeoutSeconds,
        timeoutAction,
        downtimeMs,
        bandwidthMibps,
        autoConverge,
        postCopy,
        0);
  }

  /** With so long a wait for {@link InstanceAgent#networkMoved}. */
  public LiveOptions waiting(int networkMs) {
    return new LiveOptions(
        completionTimeoutSeconds,
        timeoutAction,
        downtimeMs,
        bandwidthMibps,
        autoConverge,
        postCopy,
        networkMs);
  }

  /** What happens when the time is over. */
  public enum TimeoutAction {
    ABORT,
    FORCE_COMPLETE
  }

  /** Upstream's defaults, for a guest of 1 GiB. */
  public static LiveOptions standard() {
    return new LiveOptions(800, TimeoutAction.ABORT, 500, 0, false, false);
  }
}
