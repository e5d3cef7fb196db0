package welkin.compute.server;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Upstream's words for what a server is ({@code vm_state}) and what is being done to it ({@code
 * task_state}), and the status both make together.
 */
final class States {
  public static final String BUILDING = "building";
  public static final String ACTIVE = "active";
  public static final String STOPPED = "stopped";
  public static final String PAUSED = "paused";
  public static final String SUSPENDED = "suspended";
  public static final String ERROR = "error";

  /** Moved, or of another size, and not confirmed yet. */
  public static final String RESIZED = "resized";

  public static final String DELETED = "deleted";

  public static final String SCHEDULING = "scheduling";
  public static final String NETWORKING = "networking";
  public static final String SPAWNING = "spawning";
  public static final String DELETING = "deleting";
  public static final String POWERING_ON = "powering-on";
  public static final String POWERING_OFF = "powering-off";
  public static final String REBOOTING = "rebooting";
  public static final String REBOOTING_HARD = "rebooting_hard";
  public static final String PAUSING = "pausing";
  public static final String UNPAUSING = "unpausing";
  public static final String SUSPENDING = "suspending";
  public static final String RESUMING = "resuming";
  public static final String SNAPSHOTTING = "image_snapshot";
  public static final String BACKING_UP = "image_backup";
  public static final String REBUILDING = "rebuilding";
  public static final String RESIZE_PREP = "resize_prep";
  public static final String RESIZE_MIGRATING = "resize_migrating";
  public static final String RESIZE_FINISH = "resize_finish";
  public static final String RESIZE_REVERTING = "resize_reverting";
  public static final String MIGRATING = "migrating";

  private static final String DEFAULT = "default";

  /** vm_state to task_state to status; {@code default} for every other task. */
  private static final Map<String, Map<String, String>> STATUS =
      Map.ofEntries(
          Map.entry(
              ACTIVE,
              Map.ofEntries(
                  Map.entry(DEFAULT, "ACTIVE"),
                  Map.entry(REBOOTING, "REBOOT"),
                  Map.entry("reboot_pending", "REBOOT"),
                  Map.entry("reboot_started", "REBOOT"),
                  Map.entry(REBOOTING_HARD, "HARD_REBOOT"),
                  Map.entry("reboot_pending_hard", "HARD_REBOOT"),
                  Map.entry("reboot_started_hard", "HARD_REBOOT"),
                  Map.entry("updating_password", "PASSWORD"),
                  Map.entry(REBUILDING, "REBUILD"),
                  Map.entry("rebuild_spawning", "REBUILD"),
                  Map.entry(MIGRATING, "MIGRATING"),
                  Map.entry(RESIZE_PREP, "RESIZE"),
                  Map.entry(RESIZE_MIGRATING, "RESIZE"),
                  Map.entry("resize_migrated", "RESIZE"),
                  Map.entry(RESIZE_FINISH, "RESIZE"))),
          Map.entry(BUILDING, Map.of(DEFAULT, "BUILD")),
          Map.entry(
              STOPPED,
              Map.of(
                  DEFAULT,
                  "SHUTOFF",
                  REBUILDING,
                  "REBUILD",
                  "rebuild_spawning",
                  "REBUILD",
                  RESIZE_PREP,
                  "RESIZE",
                  RESIZE_MIGRATING,
                  "RESIZE",
                  "resize_migrated",
                  "RESIZE",
                  RESIZE_FINISH,
                  "RESIZE")),
          Map.entry(RESIZED, Map.of(DEFAULT, "VERIFY_RESIZE", RESIZE_REVERTING, "REVERT_RESIZE")),
          Map.entry(PAUSED, Map.of(DEFAULT, "PAUSED", MIGRATING, "MIGRATING")),
          Map.entry(SUSPENDED, Map.of(DEFAULT, "SUSPENDED")),
          Map.entry("rescued", Map.of(DEFAULT, "RESCUE")),
          Map.entry(
              ERROR,
              Map.of(DEFAULT, "ERROR", REBUILDING, "REBUILD", "rebuild_spawning", "REBUILD")),
          Map.entry(DELETED, Map.of(DEFAULT, "DELETED")),
          Map.entry("soft-delete", Map.of(DEFAULT, "SOFT_DELETED")),
          Map.entry("shelved", Map.of(DEFAULT, "SHELVED")),
          Map.entry("shelved_offloaded", Map.of(DEFAULT, "SHELVED_OFFLOADED")));

  private States() {}

  public static String status(String vmState, String taskState) {
    var row = STATUS.get(vmState);
    if (row == null) {
      return "UNKNOWN";
    }
    var status = taskState == null ? null : row.get(taskState);
    return status == null ? row.get(DEFAULT) : status;
  }

  /**
   * The states a status stands for, as a condition of SQL; null for a word that is no status.
   *
   * @param args receives the values for the marks
   */
  static String condition(String status, List<Object> args) {
    var parts = new ArrayList<String>();
    var wanted = status.toUpperCase(java.util.Locale.ROOT);
    STATUS.forEach(
        (vm, tasks) ->
            tasks.forEach(
                (task, named) -> {
                  if (!named.equals(wanted)) {
                    return;
                  }
                  args.add(vm);
                  if (!task.equals(DEFAULT)) {
                    args.add(task);
                    parts.add("vm_state = ? AND task_state = ?");
                  } else if (tasks.size() == 1) {
                    parts.add("vm_state = ?");
                  } else {
                    Set<String> others = new LinkedHashSet<>(tasks.keySet());
                    others.remove(DEFAULT);
                    args.addAll(others);
                    parts.add(
                        "vm_state = ? AND (task_state IS NULL OR task_state NOT IN ("
                            + "?, ".repeat(others.size() - 1)
                            + "?))");
                  }
                }));
    return parts.isEmpty() ? null : "(" + String.join(") OR (", parts) + ")";
  }
}
