package welkin.agents.contracts;

import java.util.List;
import java.util.Map;

/**
 * What a compute host does with guests, offered over the bus on its host name. Every call is
 * idempotent by server id: a repeated call finds the work done and answers the same. The same
 * contract is served by QEMU and by simulated hosts.
 *
 * <p>Faults: 404 {@code InstanceNotFound} for an unknown server (but {@link #destroy} of one is
 * fine), 400 for an image that cannot be used or a guest the host cannot give, 409 {@code
 * InstanceInvalidState} for what needs a running guest (or saved memory) when there is none, 507
 * {@code DiskFull}, 503 while the agent cannot act, 500 with the hypervisor's own words.
 */
public interface InstanceAgent {
  /** What this host is and has now. */
  HostReport describe();

  /**
   * Makes disk and configuration and starts the guest <em>paused</em>, its network devices plugged.
   * {@link #power} with {@link PowerAction#RESUME} lets it run, once its ports are wired.
   */
  void spawn(InstanceSpec spec);

  /** Ends the guest and removes everything it had on this host. Unknown servers are no error. */
  void destroy(String serverId);

  /**
   * Changes the power state.
   *
   * @param graceSeconds how long a guest may take to shut down by itself before it is cut off
   *     (STOP, REBOOT_SOFT)
   */
  void power(String serverId, PowerAction action, int graceSeconds);

  /** Every guest this host knows, running or not. */
  List<InstanceState> instances();

  /** One guest's state. */
  InstanceState instance(String serverId);

  /** The console log's last lines; null for all of it (at most 100 KiB, as upstream). */
  String consoleLog(String serverId, Integer lines);

  /** Plugs a network device, into a running guest too. */
  void attachNic(String serverId, NicSpec nic);

  /** Unplugs the device of a port; waits for the guest to let go. */
  void detachNic(String serverId, String portId);

  /** Writes what the guest's root disk holds now as qcow2 and uploads it to the image service. */
  void snapshot(String serverId, ImageTarget target);

  /**
   * Replaces the stored specification (new name, metadata, user data after rebuild), used at the
   * next start.
   */
  void update(InstanceSpec spec);

  /** The hardware counters shown by {@code server show diagnostics}, upstream's names. */
  Map<String, Object> diagnostics(String serverId);

  /** A power change. */
  enum PowerAction {
    /** Start a stopped guest; its devices are plugged anew and it runs at once. */
    START,
    /** Ask the guest to shut down, cut it off after the grace time. */
    STOP,
    REBOOT_SOFT,
    REBOOT_HARD,
    PAUSE,
    /** Let a paused guest run. */
    RESUME,
    /** Save memory to disk and end the process. */
    SUSPEND,
    /** Start again from saved memory. */
    RESTORE
  }
}
