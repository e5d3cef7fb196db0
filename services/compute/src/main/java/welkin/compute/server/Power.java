package welkin.compute.server;

import welkin.agents.contracts.InstanceAgent.PowerAction;
import welkin.agents.contracts.InstanceState.PowerState;

/**
 * The power actions: from which states, what is shown meanwhile, what the host does, and where it
 * ends.
 */
public enum Power {
  START(
      Moves.START,
      "start",
      States.POWERING_ON,
      PowerAction.START,
      States.ACTIVE,
      PowerState.RUNNING,
      "power_on"),
  STOP(
      Moves.STOP,
      "stop",
      States.POWERING_OFF,
      PowerAction.STOP,
      States.STOPPED,
      PowerState.SHUTDOWN,
      "power_off"),
  REBOOT_SOFT(
      Moves.REBOOT_SOFT,
      "reboot",
      States.REBOOTING,
      PowerAction.REBOOT_SOFT,
      States.ACTIVE,
      PowerState.RUNNING,
      "reboot"),
  REBOOT_HARD(
      Moves.REBOOT_HARD,
      "reboot",
      States.REBOOTING_HARD,
      PowerAction.REBOOT_HARD,
      States.ACTIVE,
      PowerState.RUNNING,
      "reboot"),
  PAUSE(
      Moves.PAUSE,
      "pause",
      States.PAUSING,
      PowerAction.PAUSE,
      States.PAUSED,
      PowerState.PAUSED,
      "pause"),
  UNPAUSE(
      Moves.UNPAUSE,
      "unpause",
      States.UNPAUSING,
      PowerAction.RESUME,
      States.ACTIVE,
      PowerState.RUNNING,
      "unpause"),
  SUSPEND(
      Moves.SUSPEND,
      "suspend",
      States.SUSPENDING,
      PowerAction.SUSPEND,
      States.SUSPENDED,
      PowerState.SHUTDOWN,
      "suspend"),
  RESUME(
      Moves.RESUME,
      "resume",
      States.RESUMING,
      PowerAction.RESTORE,
      States.ACTIVE,
      PowerState.RUNNING,
      "resume");

  final Moves move;

  /** The action's name in the list of actions. */
  final String action;

  final String task;
  final PowerAction onHost;
  final String result;
  final PowerState power;

  /** The event's name, {@code compute.instance.EVENT.start|end}. */
  final String event;

  Power(
      Moves move,
      String action,
      String task,
      PowerAction onHost,
      String result,
      PowerState power,
      String event) {
    this.move = move;
    this.action = action;
    this.task = task;
    this.onHost = onHost;
    this.result = result;
    this.power = power;
    this.event = event;
  }
}
