package welkin.workflow;

import java.time.Duration;
import welkin.core.Fault;
import welkin.store.Sql;

/**
 * Work of more than one step, stored so that no crash can leave it half done. {@link #run} is plain
 * Java that reads top to bottom; each step is recorded when it is done and its undo stands beside
 * it. After a crash {@code run} is executed again: recorded steps answer from the record, the first
 * unrecorded one goes on. So everything {@code run} decides must follow from its input and from the
 * results of steps.
 *
 * <p>A step's work and its undo must both be repeatable: a crash between the work and its record
 * repeats the work, and an undo may be asked for work that was never begun.
 *
 * @param <I> the input, a record that survives JSON
 */
public abstract class Workflow<I> {
  private final String kind;
  private final int version;
  private final Class<I> inputType;
  private final Duration deadline;

  /**
   * @param version counted up when steps change; a workflow under way with another version is
   *     unwound
   * @param deadline from enqueueing; afterwards what was done is undone
   */
  protected Workflow(String kind, int version, Class<I> inputType, Duration deadline) {
    this.kind = kind;
    this.version = version;
    this.inputType = inputType;
    this.deadline = deadline;
  }

  public final String kind() {
    return kind;
  }

  final int version() {
    return version;
  }

  final Class<I> inputType() {
    return inputType;
  }

  final Duration deadline() {
    return deadline;
  }

  /** Does the work through {@code run}'s steps. */
  public abstract void run(Run run, I input);

  /**
   * Everything was undone; brings the subject's row to its final state (an error state with the
   * reason) in the same transaction that ends the workflow.
   */
  public abstract void failed(Sql sql, I input, Fault reason);
}
