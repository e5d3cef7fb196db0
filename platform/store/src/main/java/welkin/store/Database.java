package welkin.store;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * One service's own schema: transactions and nothing else. SQL lives in stores; a store method
 * takes the {@link Sql} of the transaction it belongs to.
 */
public interface Database extends AutoCloseable {
  /** Work on a connection. */
  @FunctionalInterface
  interface Work<T> {
    T run(Sql sql);
  }

  /** Work without a result. */
  @FunctionalInterface
  interface Action {
    void run(Sql sql);
  }

  /** Reads; sees every transaction that was acknowledged before. */
  <T> T read(Work<T> work);

  /**
   * Writes: all of it or, when {@code work} throws, nothing. Returns once the change is durable.
   * Waiting of any kind (bus, HTTP, other transactions) does not belong inside.
   */
  <T> T tx(Work<T> work);

  /** {@link #tx} without a result. */
  default void change(Action action) {
    tx(
        sql -> {
          action.run(sql);
          return null;
        });
  }

  /**
   * The same database for work whose quotas are Identity's: where limits are not known the work is
   * rolled back, they are asked for, and it is done again. So it may run more than once.
   */
  default Database asking(UnifiedLimits limits) {
    return new AskingDatabase(this, limits);
  }

  @Override
  void close();

  /**
   * Opens (and migrates) a service's schema in a SQLite file.
   *
   * @param migrations class-path resources in order, the service's own; the platform's come first
   *     by themselves
   */
  static Database sqlite(Path file, Durability durability, List<String> migrations) {
    return sqlite(file, durability, InstantSource.system(), migrations);
  }

  /**
   * The same.
   *
   * @param clock what {@link Sql#now} tells
   */
  static Database sqlite(
      Path file, Durability durability, InstantSource clock, List<String> migrations) {
    return new SqliteDatabase(file, durability, clock, migrations);
  }

  /** What an acknowledged write survives. */
  enum Durability {
    /** A power cut ({@code synchronous=FULL}), the default. */
    FULL,
    /** A killed process, but perhaps not a power cut. */
    NORMAL,
    /** Nothing; for tests. */
    OFF
  }
}
