package welkin.store;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

/**
 * Connections to one service's schema on a database server. Every wait has an end: for connecting,
 * for an answer, for a lock; and the server ends the transaction of a process that stopped or was
 * cut off, so that it cannot keep the others waiting.
 */
abstract class Connector {
  /** No statement of a service takes as long; migrations and copies have no such limit. */
  static final int ANSWER_SECONDS = 30;

  /** A transaction computes and never waits: one that says nothing for so long has died. */
  static final int SILENCE_SECONDS = 10;

  final DatabaseUrl url;
  final String schema;

  Connector(DatabaseUrl url, String service) {
    this.url = url;
    this.schema = url.schema(service);
  }

  static Connector of(DatabaseUrl url, String service) {
    return url.engine() == Dialect.POSTGRESQL
        ? new PostgresConnector(url, service)
        : new MariadbConnector(url, service);
  }

  /** What is connected to, for messages. */
  String name() {
    return schema + " at " + url;
  }

  /**
   * A new connection.
   *
   * @param answerSeconds how long a statement may take; 0 for ever
   */
  abstract Connection connect(int answerSeconds) throws SQLException;

  /** A connection that sees all schemas; makes the base where an engine has one beside them. */
  abstract Connection connectToBase() throws SQLException;

  /** Makes the schema (and on PostgreSQL the base) when it is missing. */
  abstract void create() throws SQLException;

  /** Takes the lock of all writers of this schema and tells the time, in microseconds. */
  abstract String lockAndTime();

  /** Tells the time, in microseconds. */
  abstract String time();

  /** Makes and migrates the schema, one process at a time. */
  abstract void migrate(List<String> migrations) throws SQLException;

  int connectSeconds() {
    return url.number("connect_timeout", 5);
  }

  int lockSeconds() {
    return url.number("lock_timeout", 15);
  }

  /** A number that stands for the schema among the server's locks. */
  long lockKey() {
    long h = 0xcbf29ce484222325L; // FNV-1a
    for (byte b : ("welkin " + schema).getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ (b & 0xff)) * 0x100000001b3L;
    }
    return h;
  }

  /**
   * Makes the schema ready.
   *
   * @throws DatabaseUnavailable when the server does not answer (yet)
   */
  void open(List<String> migrations) {
    try {
      create();
      migrate(migrations);
    } catch (SQLException e) {
      if (url.engine().isUnavailable(e)) {
        throw new DatabaseUnavailable("cannot open " + name(), e);
      }
      throw new StoreException("cannot open " + name() + ": " + e.getMessage(), e);
    }
  }

  static Properties properties(Object... pairs) {
    var p = new Properties();
    for (int i = 0; i < pairs.length; i += 2) {
      p.setProperty(String.valueOf(pairs[i]), String.valueOf(pairs[i + 1]));
    }
    return p;
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (var s = connection.createStatement()) {
      s.execute(sql);
    }
  }

  static boolean exists(Connection connection, String sql, String value) throws SQLException {
    try (var s = connection.prepareStatement(sql)) {
      s.setString(1, value);
      try (var rs = s.executeQuery()) {
        return rs.next();
      }
    }
  }
}
