package welkin.compute;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import welkin.compute.server.ServerPurge;
import welkin.compute.server.ServerReconciler;
import welkin.peers.Backend;
import welkin.workflow.Turns;

/** Looks at hosts that (re)appear at once, and at everything every minute, one worker for all. */
final class Upkeep implements AutoCloseable {
  private static final Duration RECONCILE_EVERY = Duration.ofMinutes(1);
  private static final Duration PURGE_EVERY = Duration.ofHours(1);
  private static final Duration RECONCILE_LOOK = Duration.ofSeconds(10);

  private final ServerReconciler reconciler;
  private final ServerPurge purge;
  private final Turns turns;
  private final BlockingQueue<String> arrivals = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /**
   * @param purgeAfter how long rows of deleted servers stay
   */
  Upkeep(Backend backend, ServerReconciler reconciler, Duration purgeAfter) {
    this.reconciler = reconciler;
    purge = new ServerPurge(backend.database(), backend.clock(), purgeAfter);
    turns = new Turns(backend.database(), backend.ids());
  }

  /** A host was not up before, or is heard for the first time. */
  void arrived(String host) {
    arrivals.add(host);
  }

  void start() {
    Thread.ofVirtual().name("server-reconciler").start(this::keep);
  }

  private void keep() {
    try {
      while (!closed) {
        var arrived = arrivals.poll(RECONCILE_LOOK.toSeconds(), TimeUnit.SECONDS);
        if (closed) {
          return;
        }
        if (arrived != null && !arrived.isEmpty()) {
          reconciler.hostQuietly(arrived);
        } else if (turn("server-reconciler", RECONCILE_EVERY)) {
          reconciler.passQuietly();
        } else if (turn("server-purge", PURGE_EVERY)) {
          purge.passQuietly();
        }
      }
    } catch (InterruptedException e) {
      // nobody interrupts it; if somebody does, it is over
    }
  }

  private boolean turn(String job, Duration every) {
    try {
      return turns.take(job, every);
    } catch (RuntimeException e) {
      return false; // the database is away; whoever has it next takes the turn
    }
  }

  @Override
  public void close() {
    closed = true;
    arrivals.add("");
  }
}
