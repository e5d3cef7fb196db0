package welkin.workflow;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A workflow this process has leased, and what others want it to know. */
final class Hold {
  private final WorkflowRow row;
  private final Object known;
  private final Map<String, JsonNode> told = new ConcurrentHashMap<>();
  private volatile boolean maySignal;
  private boolean isNew;
  private final Semaphore bell = new Semaphore(0);
  private volatile boolean cancelled;
  private volatile boolean lost;
  private volatile boolean waiting;

  /**
   * @param isNew it was stored with this lease, so nothing of it can be recorded yet
   * @param known what whoever enqueued it knows of its subject, or null
   */
  Hold(WorkflowRow row, boolean isNew, Object known) {
    this.row = row;
    this.known = known;
    this.isNew = isNew;
    this.maySignal = !isNew;
  }

  /** Whether it begins now, for the first time: true once. */
  boolean beginsNow() {
    boolean first = isNew;
    isNew = false;
    return first;
  }

  WorkflowRow row() {
    return row;
  }

  Object known() {
    return known;
  }

  /** A signal that is not stored. */
  void tell(String signal, JsonNode payload) {
    told.put(signal, payload);
    bell.release();
  }

  /** A signal that was told, or null. */
  JsonNode told(String signal) {
    return told.get(signal);
  }

  /** It is to be undone. */
  void cancel() {
    if (!cancelled) {
      cancelled = true;
      ring();
    }
  }

  boolean cancelled() {
    return cancelled;
  }

  /** Another process has it now. */
  void lose() {
    lost = true;
    ring();
  }

  boolean lost() {
    return lost;
  }

  /** Whether it waits for a signal. */
  boolean waiting() {
    return waiting;
  }

  /** Whether a signal may be stored for it: none is before anyone says that there is news. */
  boolean maySignal() {
    return maySignal;
  }

  /** Another process may have stored a signal. */
  void hint() {
    maySignal = true;
  }

  /** It should look again. */
  void ring() {
    hint();
    bell.release();
  }

  /** Waits until rung, at most {@code nanos}. */
  void await(long nanos) {
    waiting = true;
    try {
      bell.tryAcquire(nanos, TimeUnit.NANOSECONDS);
      bell.drainPermits();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Probe.Crash();
    } finally {
      waiting = false;
    }
  }
}
