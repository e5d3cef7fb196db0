package welkin.agents.contracts;

/**
 * A guest as its host sees it.
 *
 * @param reason why, when something happened that nobody asked for (the process died, the guest
 *     shut itself down)
 */
public record InstanceState(String serverId, PowerState power, String reason) {
  /** Upstream's power states with their numbers. */
  public enum PowerState {
    NOSTATE(0),
    RUNNING(1),
    PAUSED(3),
    SHUTDOWN(4),
    CRASHED(6),
    SUSPENDED(7);

    private final int code;

    PowerState(int code) {
      this.code = code;
    }

    /** The number shown as {@code OS-EXT-STS:power_state}. */
    public int code() {
      return code;
    }
  }
}
