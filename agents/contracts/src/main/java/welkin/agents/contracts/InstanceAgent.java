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

  /**
   * Ends the guest and removes everything it had on this host. Unknown servers are no error. Of a
   * guest that has moved to another host on shared storage, its disks stay.
   */
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

  // ---- moving a guest to another host
  //
  // Cold:  STOP; ticket = source.openDisks; destination.adopt(spec, ticket); source.closeDisks;
  //        destination START. Then source.destroy, or to give it back: destination STOP,
  //        source.adopt(old spec, null), destination.destroy, source START.
  // Live:  from = source.openDisks; to = destination.prepareIncoming(spec, from, block);
  //        source.migrateLive(to); source.migration until it is over, and
  //        when it says `leaving`: the network's turn, then source.networkMoved; at the end
  //        destination.completeIncoming, source.destroy, or else source.closeDisks and
  //        destination.destroy.
  // From a dead host: destination.adopt(spec, null) when it has the same storage, else spawn.

  /**
   * Source: opens what may be copied of a guest to who knows the ticket, over an encrypted
   * connection. Of a stopped guest that is its disks; nothing starts it by itself from now on, and
   * to have it started closes them. A running guest's disks stay its own (they go with {@link
   * #migrateLive}); the ticket tells what the destination must know of it.
   *
   * @return the same ticket until the disks are closed
   */
  MoveTicket openDisks(String serverId);

  /** Source: closes what {@link #openDisks} opened; nothing listens any more. Repeatable. */
  void closeDisks(String serverId);

  /**
   * Destination: takes a stopped guest over: fetches its disks, or with the same storage just takes
   * them; grows its root disk to the specification. The guest is then stopped (SHUTDOWN, without a
   * reason) and belongs to this host: on shared storage the host that had it cannot start it any
   * more, and its {@link #destroy} leaves the disks alone. A copy that was interrupted is begun
   * again.
   *
   * @param from null takes the disks that are here: on shared storage from a host that is dead or
   *     gives the guest back, or the ones this host still has of it. When there are none: 409
   *     {@code DisksNotFound}.
   */
  void adopt(InstanceSpec spec, MoveTicket from);

  /**
   * Destination: makes the same virtual computer, waiting for its memory; its network devices are
   * plugged, its state is PAUSED. Until it has arrived nothing but {@link #completeIncoming} and
   * {@link #destroy} can be done to it.
   *
   * @param from what the source answered to {@link #openDisks}
   * @param blockMigration whether disks are copied (400 when the storage is shared), or the storage
   *     is shared (400 when it is not)
   * @return where the source sends memory and disks to; the same ticket when repeated
   */
  MoveTicket prepareIncoming(InstanceSpec spec, MoveTicket from, boolean blockMigration);

  /**
   * Source: begins to send a running or paused guest and returns. A repeated call while it is on
   * its way, or has arrived, does nothing; after a failure it begins anew.
   */
  void migrateLive(String serverId, MoveTicket to, LiveOptions options);

  /** Source: how the migration fares; 404 {@code MigrationNotFound} when there was none. */
  MigrationProgress migration(String serverId);

  /**
   * Source: all hosts lead to the destination what is sent to the guest, so that it may go. Nothing
   * happens when nobody waits for it.
   */
  void networkMoved(String serverId);

  /**
   * Source: gives the migration up; the guest goes on here. When this returns the migration is
   * over, completed perhaps: look. 409 {@code InstanceInvalidState} when the guest runs at the
   * destination already (post-copy).
   */
  void abortMigration(String serverId);

  /**
   * Source: ends the migration soon whatever the guest does: post-copy where the options allow it,
   * else the guest stands still until it has arrived. Nothing happens when it is over.
   */
  void forceComplete(String serverId);

  /**
   * Destination: the guest has arrived and belongs to this host: nothing listens for it any more.
   * 409 {@code InstanceInvalidState} when it has not arrived. Repeatable.
   */
  void completeIncoming(String serverId);

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
