package welkin.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.RequestContext;
import welkin.core.TransactionGuard;

/**
 * Write transactions one after another under a fair lock, on one connection, sharing commits.
 *
 * <p>Whoever holds the lock runs its work and, when others are queued, leaves the transaction open
 * for them, each in a savepoint of its own; the last one commits for all, and only then does any of
 * them return. So full durability costs one sync for many transactions, and on a database server
 * one lock and one round trip to it for many. The first of a transaction needs no savepoint: what
 * fails it undoes all there is.
 */
final class Writer {
  private static final Logger log = LoggerFactory.getLogger(Writer.class);
  private static final int SHARED_COMMIT_MAX = 64;

  /**
   * Whoever shares a commit waits for all that share it, so it is shared for this many times what a
   * commit takes. As long as others queue, members would else gather until everyone waits for
   * everyone, and all would go on at the same moment to queue somewhere else.
   */
  private static final int COMMITS_SHARED_FOR = 8;

  /** Some change nothing and take no time, which says nothing of the next one. */
  private static final long COMMIT_LEAST_NANOS = 500_000;

  private static final long LOOK_MILLIS = 50;

  private final String name;
  private final Session session;
  private final Duration patience;
  private final ReentrantLock lock = new ReentrantLock(true);
  private Sql sql;
  private Batch open;
  private DatabaseUnavailable refusal;
  private long refusedAt;
  private boolean closed;

  /** What a commit takes, as of late. */
  private long commitNanos = 1_000_000;

  /** The transactions that share one commit. */
  private static final class Batch {
    final CountDownLatch settled = new CountDownLatch(1);
    final long since = System.nanoTime();
    int members;
    StoreException failure;

    boolean isFull(long commitNanos) {
      return members >= SHARED_COMMIT_MAX
          || System.nanoTime() - since
              > COMMITS_SHARED_FOR * Math.max(COMMIT_LEAST_NANOS, commitNanos);
    }
  }

  /**
   * @param name what it writes, for messages
   * @param patience how long a transaction waits for its turn in this process
   */
  Writer(String name, Session session, Duration patience) {
    this.name = name;
    this.session = session;
    this.patience = patience;
  }

  <T> T tx(Database.Work<T> work) {
    TransactionGuard.mustBeOutside("a second transaction");
    // an interrupted virtual thread's socket is closed under the driver: the interrupt waits
    boolean interrupted = Thread.interrupted();
    try {
      return alone(work);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private <T> T alone(Database.Work<T> work) {
    long waitingSince = System.nanoTime();
    acquire();
    T result = null;
    Throwable refused = null;
    List<Runnable> hints = List.of();
    Batch mine;
    TransactionGuard.enter();
    try {
      boolean first = open == null;
      if (first) {
        begin(waitingSince);
      } else {
        session.divide();
      }
      mine = open;
      mine.members++;
      try {
        result = work.run(sql);
        sql.end();
        Idempotency.claim(sql, RequestContext.current().claim());
        sql.mustBeSound();
      } catch (RuntimeException | Error e) {
        refused = e;
      }
      hints = sql.takeAfterCommit();
      boolean sound = sql.takeFailure() == null;
      if (refused instanceof DatabaseUnavailable gone) {
        abandon(gone); // with the connection everything went that shares the transaction
      } else if (refused != null && first) {
        session.rollback();
        open = null;
      } else if (refused != null || !sound) {
        session.undoPart();
      }
      if (open != null && (!lock.hasQueuedThreads() || mine.isFull(commitNanos))) {
        settle(mine);
      }
    } catch (SQLException e) {
      var failure = StoreException.of(sql.dialect(), "transaction on " + name, e);
      abandon(failure);
      throw failure;
    } finally {
      TransactionGuard.leave();
      lock.unlock();
    }
    if (refused instanceof Error e) {
      throw e;
    }
    if (refused instanceof RuntimeException e) {
      throw e; // what it did is undone; nothing of it waits for the commit
    }
    awaitSettled(mine);
    if (mine.failure != null) {
      throw mine.failure;
    }
    hints.forEach(this::hint);
    return result;
  }

  /** What is committed is committed, whatever becomes of a hint. */
  private void hint(Runnable hint) {
    try {
      hint.run();
    } catch (RuntimeException e) {
      log.warn("a hint after a change of {} failed", name, e);
    }
  }

  private void acquire() {
    boolean interrupted = false;
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (true) {
        try {
          if (lock.tryLock(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS)) {
            return;
          }
          throw new DatabaseUnavailable(
              "waited " + patience.toSeconds() + " s in vain to write " + name);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whoever waited while another was refused is refused with it, instead of waiting once more. */
  private void begin(long waitingSince) {
    if (closed) {
      throw new DatabaseUnavailable(name + " is closed");
    }
    if (refusal != null && refusedAt - waitingSince > 0) {
      throw refusal;
    }
    try {
      sql = session.begin();
      sql.takeFailure();
      open = new Batch();
    } catch (SQLException e) {
      session.rollback();
      refusal = new DatabaseUnavailable("cannot write " + name, e);
      refusedAt = System.nanoTime();
      throw refusal;
    }
  }

  private void settle(Batch batch) {
    long begun = System.nanoTime();
    try {
      session.commit();
      commitNanos += (System.nanoTime() - begun - commitNanos) / 8;
    } catch (SQLException e) {
      batch.failure =
          StoreException.of(
              sql.dialect(), "commit on " + name + " (it may or may not have taken effect)", e);
      session.drop();
    }
    open = null;
    batch.settled.countDown();
  }

  private void abandon(StoreException failure) {
    session.drop();
    if (open != null) {
      open.failure = failure;
      open.settled.countDown();
      open = null;
    }
  }

  private void awaitSettled(Batch batch) {
    boolean interrupted = false;
    while (true) {
      try {
        if (batch.settled.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
          break;
        }
        if (lock.tryLock()) { // whoever it was left open for went away
          try {
            if (open == batch) {
              settle(batch);
            }
          } finally {
            lock.unlock();
          }
        }
      } catch (InterruptedException e) {
        interrupted = true; // the commit is on its way: say how it went, then pass the interrupt on
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the transaction under way; closing again does nothing. */
  void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      if (open != null) {
        settle(open);
      }
      session.close();
    } catch (SQLException e) {
      throw new StoreException("close " + name, e);
    } finally {
      lock.unlock();
    }
  }
}
