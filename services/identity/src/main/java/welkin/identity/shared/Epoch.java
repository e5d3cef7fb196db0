package welkin.identity.shared;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.bus.Bus;
import welkin.core.Periodic;
import welkin.store.Database;
import welkin.store.DatabaseClock;
import welkin.store.Sql;

/**
 * Counts the changes after which a token may mean something else: users, groups, projects, roles,
 * assignments, catalog, revocations, keys. What was worked out at an older count is worked out
 * anew. The count is a row, so that every process learns of it: told by the one that made the
 * change, or a second later by looking.
 */
public final class Epoch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Epoch.class);
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final Database database;
  private final DatabaseClock clock;
  private final List<Consumer<Sql>> readers = new CopyOnWriteArrayList<>();
  private final ReentrantLock catching = new ReentrantLock();
  private volatile long count;
  private volatile Runnable tellOthers = () -> {};
  private Bus.Registration listening;
  private Periodic keeper;

  public Epoch(Database database, DatabaseClock clock) {
    this.database = database;
    this.clock = clock;
    catchUp();
  }

  public long now() {
    return count;
  }

  /** What to read again when the epoch has ended, before it is seen to have. */
  public void onEnd(Consumer<Sql> reader) {
    readers.add(reader);
  }

  /** Ends the epoch with this transaction: here before its request is answered. */
  public void end(Sql sql) {
    EpochStore.end(sql);
    sql.afterCommit(
        () -> {
          try {
            catchUp();
          } catch (RuntimeException e) {
            log.warn("what was changed just now is seen in a second: {}", e.getMessage());
          }
          tellOthers.run();
        });
  }

  /** Ends it for processes that run elsewhere: they see it in a second. */
  public static void endElsewhere(Sql sql) {
    EpochStore.end(sql);
  }

  public void end() {
    database.change(this::end);
  }

  /** Begins to follow what other processes change, and tells them of changes made here. */
  public void follow(Bus bus) {
    var all = bus.client(EpochHints.class, "");
    tellOthers =
        () -> {
          try {
            all.ended();
          } catch (RuntimeException e) {
            log.debug("others were not told, they look every second: {}", e.getMessage());
          }
        };
    listening = bus.offer(EpochHints.class, "", this::catchUp);
    keeper = Periodic.every(LOOK, "reading what changed elsewhere in Identity", this::catchUp);
  }

  private void catchUp() {
    catching.lock();
    try {
      database.read(
          sql -> {
            clock.compare(sql);
            long newest = EpochStore.count(sql);
            if (newest != count) {
              readers.forEach(r -> r.accept(sql));
              count = newest;
            }
            return null;
          });
    } finally {
      catching.unlock();
    }
  }

  @Override
  public void close() {
    if (listening != null) {
      listening.close();
      keeper.close();
    }
  }
}
