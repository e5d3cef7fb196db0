package welkin.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;

/** MariaDB: a database for each service. */
final class MariadbConnector extends Connector {
  /** No migration takes a day. */
  private static final int MIGRATION_SECONDS = 86_400;

  MariadbConnector(DatabaseUrl url, String service) {
    super(url, service);
  }

  @Override
  Connection connect(int answerSeconds) throws SQLException {
    return connect(schema, answerSeconds);
  }

  private Connection connect(String base, int answerSeconds) throws SQLException {
    var p =
        properties(
            "user",
            url.user(),
            "connectTimeout",
            connectSeconds() * 1000,
            "socketTimeout",
            answerSeconds * 1000,
            "tcpKeepAlive",
            true,
            "connectionAttributes",
            "program_name:welkin",
            "sslMode",
            switch (url.options().getOrDefault("tls", "off")) {
              case "require" -> "trust";
              case "verify" -> "verify-full";
              default -> "disable";
            });
    if (!url.password().reveal().isEmpty()) {
      p.setProperty("password", url.password().reveal());
    }
    if (url.options().containsKey("ca")) {
      p.setProperty("serverSslCert", url.options().get("ca"));
    }
    var connection =
        new org.mariadb.jdbc.Driver().connect("jdbc:mariadb://" + url.authority() + "/" + base, p);
    try {
      execute(
          connection,
          "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT,"
              + "ANSI_QUOTES,NO_BACKSLASH_ESCAPES', time_zone = '+00:00',"
              + " tx_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = "
              + lockSeconds()
              + ", idle_transaction_timeout = "
              + (answerSeconds == 0 ? 0 : SILENCE_SECONDS)
              + ", collation_connection = 'utf8mb4_nopad_bin'");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  Connection connectToBase() throws SQLException {
    return connect("", 0);
  }

  @Override
  void create() throws SQLException {
    try (var c = connect("", 0)) {
      if (!exists(c, "SELECT 1 FROM information_schema.schemata WHERE schema_name = ?", schema)) {
        execute(c, "CREATE DATABASE IF NOT EXISTS " + schema + " " + Dialect.MARIADB_TEXTS);
      }
    }
  }

  /** CREATE and ALTER end a transaction here: the lock is one of the connection. */
  @Override
  void migrate(List<String> migrations) throws SQLException {
    try (var c = connect(0)) {
      execute(c, "SELECT GET_LOCK('" + schema + "', " + MIGRATION_SECONDS + ")");
      c.setAutoCommit(false);
      var sql = new Sql(c, url.engine(), InstantSource.system());
      execute(c, "CREATE TABLE IF NOT EXISTS writer (id INTEGER PRIMARY KEY) ENGINE=InnoDB");
      sql.insertIfAbsent("writer", "id", 1);
      c.commit();
      Migrations.runInSteps(sql, c::commit, migrations);
      execute(c, "SELECT RELEASE_LOCK('" + schema + "')");
    }
  }

  /** A row's lock, which InnoDB hands on in the order it was asked for. */
  @Override
  String lockAndTime() {
    return "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS INTEGER) FROM writer WHERE id = 1"
        + " FOR UPDATE";
  }

  @Override
  String time() {
    return "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS INTEGER)";
  }
}
