package welkin.store;

import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.ReentrantLock;
import welkin.core.RequestContext;
import welkin.core.TransactionGuard;

/**
 * SQLite in WAL mode: one writer connection under a fair lock with explicit {@code BEGIN
 * IMMEDIATE}, and readers apart. Anything else lets virtual threads meet SQLite's busy handler
 * inside native code, where they hold their carrier and freeze the process.
 *
 * <p>Writers that wait share one commit: whoever holds the lock runs its work in a savepoint and,
 * when others are queued, leaves the transaction open for them; the last one commits for all, and
 * only then does any of them return. So full durability costs one sync for many transactions.
 */
final class SqliteDatabase implements Database {
  private static final int READERS = 4;
  private static final int SHARED_COMMIT_MAX = 64;

  private final Path file;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Sql writer;
  private final BlockingQueue<Sql> readers = new ArrayBlockingQueue<>(READERS);
  private Batch open;
  private boolean closed;

  /** The transactions that share one commit. */
  private static final class Batch {
    final CountDownLatch settled = new CountDownLatch(1);
    int members;
    StoreException failure;
  }

  SqliteDatabase(Path file, Durability durability, InstantSource clock, List<String> migrations) {
    this.file = file;
    try {
      var url =
          "jdbc:sqlite:"
              + file
              + "?journal_mode=WAL&busy_timeout=5000&foreign_keys=on&synchronous="
              + durability
              + "&cache_size=-4000";
      writer = new Sql(DriverManager.getConnection(url), Dialect.SQLITE, clock);
      Migrations.run(this, migrations);
      for (int i = 0; i < READERS; i++) {
        readers.add(new Sql(DriverManager.getConnection(url), Dialect.SQLITE, clock));
      }
    } catch (SQLException e) {
      throw new StoreException("open " + file, e);
    }
  }

  @Override
  public <T> T read(Work<T> work) {
    Sql sql;
    try {
      sql = readers.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted while waiting for " + file);
    }
    try {
      return work.run(sql);
    } finally {
      readers.add(sql);
    }
  }

  @Override
  public <T> T tx(Work<T> work) {
    TransactionGuard.mustBeOutside("a second transaction");
    T result = null;
    RuntimeException refused = null;
    List<Runnable> hints;
    Batch mine;
    lock.lock();
    TransactionGuard.enter();
    try {
      if (open == null) {
        writer.execute("BEGIN IMMEDIATE");
        open = new Batch();
      }
      mine = open;
      mine.members++;
      writer.execute("SAVEPOINT one");
      try {
        result = work.run(writer);
        Idempotency.claim(writer, RequestContext.current().claim());
        writer.execute("RELEASE one");
      } catch (RuntimeException e) {
        refused = e;
        writer.execute("ROLLBACK TO one");
        writer.execute("RELEASE one");
      } catch (Error e) {
        writer.execute("ROLLBACK TO one");
        writer.execute("RELEASE one");
        settle(mine);
        throw e;
      }
      hints = writer.takeAfterCommit();
      if (!lock.hasQueuedThreads() || mine.members >= SHARED_COMMIT_MAX) {
        settle(mine);
      }
    } catch (SQLException e) {
      var failure = new StoreException("transaction on " + file, e);
      abandon(failure);
      throw failure;
    } finally {
      TransactionGuard.leave();
      lock.unlock();
    }
    if (refused != null) {
      throw refused; // its savepoint is gone; nothing of it waits for the commit
    }
    awaitSettled(mine);
    if (mine.failure != null) {
      throw mine.failure;
    }
    hints.forEach(Runnable::run);
    return result;
  }

  private void settle(Batch batch) {
    try {
      writer.execute("COMMIT");
    } catch (SQLException e) {
      batch.failure = new StoreException("commit on " + file, e);
      rollback();
    }
    open = null;
    batch.settled.countDown();
  }

  private void abandon(StoreException failure) {
    rollback();
    if (open != null) {
      open.failure = failure;
      open.settled.countDown();
      open = null;
    }
  }

  private void rollback() {
    try {
      writer.execute("ROLLBACK");
    } catch (SQLException e) {
      // there was no transaction left to roll back
    }
  }

  private static void awaitSettled(Batch batch) {
    boolean interrupted = false;
    while (true) {
      try {
        batch.settled.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true; // the commit is on its way: say how it went, then pass the interrupt on
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the reads under way; closing again does nothing. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      for (int i = 0; i < READERS; i++) {
        readers.take().close();
      }
      writer.close();
    } catch (SQLException e) {
      throw new StoreException("close " + file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
