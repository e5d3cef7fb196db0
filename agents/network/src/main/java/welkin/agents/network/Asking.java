package welkin.agents.network;

import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import welkin.agents.contracts.NetworkPlugin;

/**
 * When the agent asks the service what changed: after a poke, after a question that was not
 * answered, after the bus was in trouble, and now and then. What was lost otherwise, the service
 * sees by the cursor in the sign of life.
 */
final class Asking {
  private final Runnable ask;
  private final BooleanSupplier trouble;
  private final LongSupplier nanos;
  private volatile boolean due = true;
  private long answered;

  /**
   * @param ask throws when there is no answer
   * @param trouble whether messages may be lost now
   * @param nanos now, as {@link System#nanoTime}
   */
  Asking(Runnable ask, BooleanSupplier trouble, LongSupplier nanos) {
    this.ask = ask;
    this.trouble = trouble;
    this.nanos = nanos;
  }

  /** There may be something new. */
  void soon() {
    due = true;
  }

  /** Asks when there is a reason; for one that comes every few seconds, and after {@link #soon}. */
  void look() {
    if (trouble.getAsBoolean()
        || nanos.getAsLong() - answered > NetworkPlugin.PULL_EVERY.toNanos()) {
      due = true;
    }
    if (!due) {
      return;
    }
    due = false;
    try {
      ask.run();
      answered = nanos.getAsLong();
    } catch (RuntimeException e) {
      due = true;
      throw e;
    }
  }
}
