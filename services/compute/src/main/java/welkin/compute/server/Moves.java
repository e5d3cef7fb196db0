package welkin.compute.server;

import java.util.Set;
import welkin.core.Fault;

/**
 * The legal moves: from which states an action may begin. Upstream's table; {@code task} says
 * whether something else may be under way.
 */
enum Moves {
  START("start", Set.of(States.STOPPED), false),
  STOP("stop", Set.of(States.ACTIVE, States.ERROR), false),
  REBOOT_SOFT("reboot", Set.of(States.ACTIVE), false),
  REBOOT_HARD(
      "reboot",
      Set.of(States.ACTIVE, States.STOPPED, States.PAUSED, States.SUSPENDED, States.ERROR),
      false),
  PAUSE("pause", Set.of(States.ACTIVE), false),
  UNPAUSE("unpause", Set.of(States.PAUSED), false),
  SUSPEND("suspend", Set.of(States.ACTIVE), false),
  RESUME("resume", Set.of(States.SUSPENDED), false),
  SNAPSHOT(
      "createImage", Set.of(States.ACTIVE, States.STOPPED, States.PAUSED, States.SUSPENDED), false),
  BACKUP(
      "createBackup",
      Set.of(States.ACTIVE, States.STOPPED, States.PAUSED, States.SUSPENDED),
      false),
  REBUILD("rebuild", Set.of(States.ACTIVE, States.STOPPED, States.ERROR), false),
  RESIZE("resize", Set.of(States.ACTIVE, States.STOPPED), false),
  MIGRATE("migrate", Set.of(States.ACTIVE, States.STOPPED), false),
  CONFIRM_RESIZE("confirmResize", Set.of(States.RESIZED), false),
  REVERT_RESIZE("revertResize", Set.of(States.RESIZED), false),
  MIGRATE_LIVE("os-migrateLive", Set.of(States.ACTIVE, States.PAUSED), false),
  EVACUATE("evacuate", Set.of(States.ACTIVE, States.STOPPED, States.ERROR), false),
  ABORT_LIVE("abort live migration", Set.of(States.ACTIVE, States.PAUSED), true),
  FORCE_LIVE("force_complete", Set.of(States.ACTIVE, States.PAUSED), true),
  RESTORE("restore", Set.of("soft-delete"), true),
  ATTACH_INTERFACE("attach_interface", Set.of(States.ACTIVE, States.PAUSED, States.STOPPED), false),
  DETACH_INTERFACE("detach_interface", Set.of(States.ACTIVE, States.PAUSED, States.STOPPED), false),
  UPDATE_METADATA(
      "update metadata",
      Set.of(States.ACTIVE, States.PAUSED, States.SUSPENDED, States.STOPPED),
      true),
  DELETE_METADATA(
      "delete metadata",
      Set.of(States.ACTIVE, States.PAUSED, States.SUSPENDED, States.STOPPED),
      true),
  UPDATE_TAGS(
      "update tags", Set.of(States.ACTIVE, States.PAUSED, States.SUSPENDED, States.STOPPED), true),
  DIAGNOSTICS("get_diagnostics", Set.of(States.ACTIVE), true);

  private final String word;
  private final Set<String> from;
  private final boolean task;

  Moves(String word, Set<String> from, boolean task) {
    this.word = word;
    this.from = from;
    this.task = task;
  }

  /**
   * @throws Fault 409 when the server's states do not allow the move
   */
  public void check(Server server) {
    if (!from.contains(server.vmState())) {
      throw refused(server, "vm_state " + server.vmState());
    }
    if (!task && server.taskState() != null) {
      throw refused(server, "task_state " + server.taskState());
    }
  }

  private Fault refused(Server server, String state) {
    return Fault.conflict(
        "Cannot '" + word + "' instance " + server.id() + " while it is in " + state);
  }
}
