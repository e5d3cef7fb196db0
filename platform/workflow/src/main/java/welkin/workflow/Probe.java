package welkin.workflow;

/**
 * Where trials stand and watch, and where they pull the plug: every moment at which a step's state
 * changes.
 */
public interface Probe {
  Probe NONE = new Probe() {};

  /** Before the work of a step. */
  default void working(String kind, String step) {}

  /** After the work, before its record. */
  default void worked(String kind, String step) {}

  /** After the record. */
  default void recorded(String kind, String step) {}

  default void undoing(String kind, String step) {}

  /** After the undo, before its record. */
  default void undone(String kind, String step) {}

  /** Thrown by a probe: the process is gone at this very moment. */
  final class Crash extends Error {
    private static final long serialVersionUID = 1;
  }
}
