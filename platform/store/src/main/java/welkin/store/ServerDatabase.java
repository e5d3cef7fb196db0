package welkin.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * PostgreSQL or MariaDB: reads from a pool; writes one after another on one connection, under a
 * lock that the server keeps for all processes that write this schema. So transactions are serial
 * as they are on SQLite: none fails because of another, and positions of the event log are in the
 * order of commits.
 */
final class ServerDatabase implements Database {
  private static final int READERS = 4;
  private static final int VALID_SECONDS = 2;

  private final Connector connector;
  private final Dialect dialect;
  private final InstantSource ruling;
  private final Writer writer;
  private final HikariDataSource readers;
  private final Map<Connection, Sql> prepared = new ConcurrentHashMap<>();

  /**
   * @param ruling a clock in place of the server's, or null
   */
  ServerDatabase(DatabaseUrl url, String service, InstantSource ruling, List<String> migrations) {
    this.ruling = ruling;
    connector = Connector.of(url, service);
    dialect = url.engine();
    connector.open(migrations);
    writer =
        new Writer(
            connector.name(),
            new ServerSession(connector, ruling),
            Duration.ofSeconds(connector.lockSeconds() + connector.connectSeconds()));
    var pool = new HikariConfig();
    pool.setPoolName("read-" + connector.schema);
    pool.setDataSource(new Readers(connector));
    pool.setMaximumPoolSize(url.number("readers", READERS));
    pool.setMinimumIdle(1);
    pool.setIdleTimeout(Duration.ofMinutes(1).toMillis());
    pool.setConnectionTimeout(Duration.ofSeconds(connector.connectSeconds()).toMillis());
    pool.setValidationTimeout(Duration.ofSeconds(VALID_SECONDS).toMillis());
    pool.setInitializationFailTimeout(-1);
    // said, not learnt from the first connection: a pool whose first connection dies while it is
    // asked never makes another one
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    readers = new HikariDataSource(pool);
  }

  @Override
  public <T> T read(Work<T> work) {
    boolean interrupted = Thread.interrupted(); // see Writer
    try {
      // after a restart of the server every idle connection is dead: none of them is the caller's
      for (int dead = 0; dead < readers.getMaximumPoolSize(); dead++) {
        try {
          return readOnce(work);
        } catch (Stale e) {
          continue;
        }
      }
      return readOnce(work);
    } catch (Stale e) {
      throw e.cause;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A connection that was dead before its first statement: nothing was read yet. */
  private static final class Stale extends Exception {
    private static final long serialVersionUID = 1;
    private final transient DatabaseUnavailable cause;

    Stale(DatabaseUnavailable cause) {
      super(cause);
      this.cause = cause;
    }
  }

  private <T> T readOnce(Work<T> work) throws Stale {
    try (var pooled = readers.getConnection()) {
      var connection = pooled.unwrap(Connection.class);
      var sql = statements(connection);
      try {
        return work.run(sql);
      } catch (DatabaseUnavailable e) {
        readers.evictConnection(pooled); // the pool sees no statement, so it does not know
        if (sql.isUntouched() && !connection.isValid(VALID_SECONDS)) {
          throw new Stale(e);
        }
        throw e;
      }
    } catch (SQLException e) {
      throw new DatabaseUnavailable("cannot read " + connector.name(), e);
    }
  }

  /** Its statements stay prepared while the connection is in the pool. */
  private Sql statements(Connection connection) {
    var sql = prepared.get(connection);
    if (sql == null) {
      prepared.keySet().removeIf(ServerDatabase::isClosed);
      sql = new Sql(connection, dialect, () -> now(connection));
      prepared.put(connection, sql);
    }
    sql.beginReading();
    return sql;
  }

  private static boolean isClosed(Connection connection) {
    try {
      return connection.isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  private Instant now(Connection connection) {
    if (ruling != null) {
      return ruling.instant();
    }
    try (var s = connection.createStatement();
        var rs = s.executeQuery(connector.time())) {
      rs.next();
      return Times.instant(rs.getLong(1));
    } catch (SQLException e) {
      throw StoreException.of(dialect, "time of " + connector.name(), e);
    }
  }

  @Override
  public <T> T tx(Work<T> work) {
    return writer.tx(work);
  }

  @Override
  public void close() {
    writer.close();
    readers.close();
  }

  /** Connections that refuse to write: a write there would not wait for its turn. */
  private record Readers(Connector connector) implements DataSource {
    /** So often it is looked whether an engine that is away is back, and for so long at a time. */
    private static final long AGAIN_NANOS = 150_000_000;

    private static final long PATIENCE_NANOS = 4_000_000_000L;

    /**
     * The pool itself would ask less and less often, in the end every five seconds, and keep all
     * readers waiting for that long after the engine is back.
     */
    @Override
    public Connection getConnection() throws SQLException {
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (true) {
        try {
          return connect();
        } catch (SQLException e) {
          if (!connector.url.engine().isUnavailable(e)
              || System.nanoTime() > end
              || Thread.currentThread().isInterrupted()) {
            throw e;
          }
        }
        LockSupport.parkNanos(AGAIN_NANOS);
      }
    }

    private Connection connect() throws SQLException {
      var c = connector.connect(Connector.ANSWER_SECONDS);
      try {
        Connector.execute(
            c,
            connector.url.engine() == Dialect.POSTGRESQL
                ? "SET default_transaction_read_only = on"
                : "SET SESSION TRANSACTION READ ONLY");
        return c;
      } catch (SQLException e) {
        c.close();
        throw e;
      }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return getConnection();
    }

    @Override
    public PrintWriter getLogWriter() {
      return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {}

    @Override
    public int getLoginTimeout() {
      return 0;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
      throw new SQLFeatureNotSupportedException();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      throw new SQLException("not a wrapper");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
      return false;
    }
  }
}
