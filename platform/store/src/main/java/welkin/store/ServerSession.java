package welkin.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writing connection to a database server. A transaction begins with one statement, which takes
 * the lock all writers of the schema share and brings the server's time along; the server lets go
 * of the lock when the transaction ends, and when the process or its connection dies.
 */
final class ServerSession implements Session {
  private static final Logger log = LoggerFactory.getLogger(ServerSession.class);

  private static final String SAVEPOINT = "SAVEPOINT one";

  private final Connector connector;
  private final Dialect dialect;
  private final InstantSource clock;
  private Connection connection;
  private PreparedStatement lock;
  private Sql sql;
  private long microsAtLock;
  private long nanosAtLock;

  /**
   * @param ruling a clock in place of the server's, or null
   */
  ServerSession(Connector connector, InstantSource ruling) {
    this.clock = ruling == null ? this::now : ruling;
    this.connector = connector;
    this.dialect = connector.url.engine();
  }

  @Override
  public Sql begin() throws SQLException {
    if (connection != null) {
      try {
        lock();
        return sql;
      } catch (SQLException e) {
        // the connection may have died while nobody used it: nothing was done yet, so try afresh
        if (!connectionIsGone(e)) {
          throw e;
        }
        log.warn("writing {}: connecting again: {}", connector.name(), e.getMessage());
        drop();
      }
    }
    connection = connector.connect(Connector.ANSWER_SECONDS);
    connection.setAutoCommit(false);
    lock = connection.prepareStatement(connector.lockAndTime());
    sql = new Sql(connection, dialect, clock);
    lock();
    return sql;
  }

  private void lock() throws SQLException {
    try (var rs = lock.executeQuery()) {
      rs.next();
      microsAtLock = rs.getLong(1);
      nanosAtLock = System.nanoTime();
    }
  }

  private Instant now() {
    return Times.instant(microsAtLock + (System.nanoTime() - nanosAtLock) / 1000);
  }

  /** Not so when the server merely had no lock for us in time. */
  private static boolean connectionIsGone(SQLException e) {
    var state = String.valueOf(e.getSQLState());
    return state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("25P")
        || state.equals("70100")
        || e.getErrorCode() == 1927;
  }

  /**
   * What shares a transaction is never undone but for its last part, so savepoints have one name:
   * on MariaDB the next takes the place of the one before, on PostgreSQL it hides it.
   */
  @Override
  public void divide() throws SQLException {
    if (sql.gathers()) {
      sql.mark(SAVEPOINT); // the first statement takes it along
    } else {
      Connector.execute(connection, SAVEPOINT);
    }
  }

  @Override
  public void undoPart() throws SQLException {
    if (!sql.dropWaiting()) {
      Connector.execute(connection, "ROLLBACK TO " + SAVEPOINT);
    }
  }

  @Override
  public void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void rollback() {
    if (connection == null) {
      return;
    }
    try {
      if (sql != null) {
        sql.dropWaiting();
      }
      connection.rollback();
    } catch (SQLException e) {
      drop();
    }
  }

  @Override
  public void drop() {
    if (connection == null) {
      return;
    }
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // it is gone already
    }
    connection = null;
  }

  @Override
  public void close() throws SQLException {
    if (connection != null) {
      connection.close();
    }
  }
}
