package welkin.store;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.sqlite.JDBC;

/**
 * SQLite in WAL mode: one writer connection under the fair lock of {@link Writer}, and readers
 * apart. Anything else lets virtual threads meet SQLite's busy handler inside native code, where
 * they hold their carrier and freeze the process.
 */
final class SqliteDatabase implements Database {
  private static final int READERS = 4;
  private static final long CLOSED_LOOK_MILLIS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path file;
  private final Writer writer;
  private final BlockingQueue<Sql> readers = new ArrayBlockingQueue<>(READERS);
  private final AtomicBoolean closed = new AtomicBoolean();

  SqliteDatabase(Path file, Durability durability, InstantSource clock, List<String> migrations) {
    this.file = file;
    try {
      var url =
          "jdbc:sqlite:"
              + file
              + "?journal_mode=WAL&busy_timeout=5000&foreign_keys=on&synchronous="
              + durability
              + "&cache_size=-4000";
      writer = new Writer(file.toString(), new SqliteSession(open(url, clock)), PATIENCE);
      change(sql -> Migrations.run(sql, migrations));
      for (int i = 0; i < READERS; i++) {
        var reader = open(url, clock);
        reader.execute("PRAGMA query_only = on"); // a write here would not wait for its turn
        readers.add(reader);
      }
    } catch (SQLException e) {
      throw new StoreException("open " + file, e);
    }
  }

  /** Not by DriverManager: it would load every engine's driver. */
  private static Sql open(String url, InstantSource clock) throws SQLException {
    return new Sql(JDBC.createConnection(url, new Properties()), Dialect.SQLITE, clock);
  }

  @Override
  public <T> T read(Work<T> work) {
    Sql sql;
    try {
      sql = readers.poll(CLOSED_LOOK_MILLIS, TimeUnit.MILLISECONDS);
      while (sql == null) { // a closed database never gives one back
        if (closed.get()) {
          throw new DatabaseUnavailable(file + " is closed");
        }
        sql = readers.poll(CLOSED_LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
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
    return writer.tx(work);
  }

  /** Waits for the reads under way; closing again does nothing. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      for (int i = 0; i < READERS; i++) {
        readers.take().close();
      }
    } catch (SQLException e) {
      throw new StoreException("close " + file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    writer.close();
  }
}
