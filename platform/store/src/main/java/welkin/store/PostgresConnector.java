package welkin.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;

/** PostgreSQL: one database, a schema for each service. */
final class PostgresConnector extends Connector {
  PostgresConnector(DatabaseUrl url, String service) {
    super(url, service);
  }

  @Override
  Connection connect(int answerSeconds) throws SQLException {
    var connection = connect(url.base(), answerSeconds);
    try {
      execute(
          connection,
          "SET search_path = "
              + schema
              + "; SET lock_timeout = '"
              + lockSeconds()
              + "s'; SET idle_in_transaction_session_timeout = '"
              + (answerSeconds == 0 ? 0 : SILENCE_SECONDS)
              + "s'; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2;"
              // statements are planned once, when tables are small, and these are full of dead rows
              // between two vacuums: by their indexes even then
              + " SET random_page_cost = 1.1; SET seq_page_cost = 4;"
              + " SET tcp_keepalives_count = 3; SET tcp_user_timeout = 10000");
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private Connection connect(String base, int answerSeconds) throws SQLException {
    var p =
        properties(
            "user",
            url.user(),
            "connectTimeout",
            connectSeconds(),
            "loginTimeout",
            connectSeconds(),
            "socketTimeout",
            answerSeconds,
            "tcpKeepAlive",
            true,
            "ApplicationName",
            "welkin " + schema,
            "sslmode",
            switch (url.options().getOrDefault("tls", "off")) {
              case "require" -> "require";
              case "verify" -> "verify-full";
              default -> "disable";
            });
    if (!url.password().reveal().isEmpty()) {
      p.setProperty("password", url.password().reveal());
    }
    if (url.options().containsKey("ca")) {
      p.setProperty("sslrootcert", url.options().get("ca"));
    }
    return new org.postgresql.Driver()
        .connect("jdbc:postgresql://" + url.authority() + "/" + base, p);
  }

  @Override
  Connection connectToBase() throws SQLException {
    try {
      return connect(url.base(), 0);
    } catch (SQLException e) {
      if (!"3D000".equals(e.getSQLState())) { // no such database
        throw e;
      }
    }
    createBase();
    return connect(url.base(), 0);
  }

  @Override
  void create() throws SQLException {
    try (var c = connectToBase()) {
      createSchema(c);
    }
  }

  private void createBase() throws SQLException {
    try (var c = connect("postgres", 0)) {
      execute(c, "CREATE DATABASE " + url.base() + " ENCODING 'UTF8' TEMPLATE template0");
    } catch (SQLException e) {
      // another process of ours was faster: its name is taken, or just being taken
      if (!"42P04".equals(e.getSQLState()) && !"23505".equals(e.getSQLState())) {
        throw e;
      }
    }
  }

  private void createSchema(Connection c) throws SQLException {
    if (exists(c, "SELECT 1 FROM pg_namespace WHERE nspname = ?", schema)) {
      return;
    }
    c.setAutoCommit(false);
    execute(c, "SELECT pg_advisory_xact_lock(" + lockKey() + ")");
    execute(c, "CREATE SCHEMA IF NOT EXISTS " + schema);
    c.commit();
  }

  @Override
  void migrate(List<String> migrations) throws SQLException {
    try (var c = connect(0)) {
      execute(c, "SET lock_timeout = 0");
      c.setAutoCommit(false);
      var sql = new Sql(c, url.engine(), InstantSource.system());
      execute(c, "SELECT pg_advisory_xact_lock(" + lockKey() + ")");
      Migrations.run(sql, migrations);
      c.commit();
    }
  }

  /**
   * An advisory lock of the transaction: handed on in the order it was asked for, without writing
   * anything. The time is read when the lock is held, not when it was asked for.
   */
  @Override
  String lockAndTime() {
    return "WITH writer AS MATERIALIZED (SELECT pg_advisory_xact_lock("
        + lockKey()
        + ")) SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT FROM writer";
  }

  @Override
  String time() {
    return "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT";
  }
}
