package welkin.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import welkin.store.DatabaseUrl;

/** MariaDB for tests; what it is not told stays as its packages have it. */
public final class MariadbServer extends TestServer {
  private static final MariadbServer ONLY = new MariadbServer();
  private static final Path SERVER = Path.of("/usr/sbin/mariadbd");
  private static final Path INSTALL = Path.of("/usr/bin/mariadb-install-db");

  private MariadbServer() {
    super("mysql");
  }

  /** The one of this JVM. */
  public static MariadbServer get() {
    return ONLY;
  }

  @Override
  public String missing() {
    return Files.isExecutable(SERVER) && Files.isExecutable(INSTALL)
        ? null
        : "MariaDB is not installed (package mariadb-server)";
  }

  @Override
  void initialise(Path data) throws IOException {
    run(
        List.of(
            INSTALL.toString(),
            "--no-defaults",
            "--datadir=" + data,
            "--auth-root-authentication-method=normal",
            "--innodb-flush-method=nosync",
            "--skip-test-db"));
  }

  @Override
  List<String> command(Path data, int port) {
    return List.of(
        SERVER.toString(),
        "--no-defaults",
        "--datadir=" + data,
        "--port=" + port,
        "--bind-address=127.0.0.1",
        "--socket=" + folder().resolve("socket"),
        "--pid-file=" + folder().resolve("pid"),
        "--ssl-cert=" + certificate().certificate(),
        "--ssl-key=" + certificate().key(),
        "--max-connections=300",
        "--innodb-buffer-pool-size=64M",
        "--innodb-flush-log-at-trx-commit=" + (durable() ? 1 : 2),
        "--innodb-flush-method=" + (durable() ? "O_DIRECT" : "nosync"),
        "--sync-frm=0",
        "--skip-name-resolve");
  }

  @Override
  public Connection administrator() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:mariadb://127.0.0.1:" + port() + "/mysql?user=root&connectTimeout=5000");
  }

  @Override
  DatabaseUrl url(String base) {
    return DatabaseUrl.parse("mariadb://root@127.0.0.1:" + port() + "/" + base);
  }

  private static List<String> names(Connection administrator, String base) throws SQLException {
    try (var s =
        administrator.prepareStatement(
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ?")) {
      s.setString(1, base + "\\_%");
      try (var rs = s.executeQuery()) {
        var names = new ArrayList<String>();
        while (rs.next()) {
          names.add(rs.getString(1));
        }
        return names;
      }
    }
  }

  @Override
  void drop(Connection administrator, String base) throws SQLException {
    if (!connections(administrator, base).isEmpty()) {
      throw new SQLException(base + " is used");
    }
    for (var name : names(administrator, base)) {
      try (var s = administrator.createStatement()) {
        s.execute("DROP DATABASE " + name);
      }
    }
  }

  private static List<Long> connections(Connection administrator, String base) throws SQLException {
    try (var s =
        administrator.prepareStatement(
            "SELECT id FROM information_schema.processlist WHERE db LIKE ?")) {
      s.setString(1, base + "\\_%");
      try (var rs = s.executeQuery()) {
        var ids = new ArrayList<Long>();
        while (rs.next()) {
          ids.add(rs.getLong(1));
        }
        return ids;
      }
    }
  }

  @Override
  public void killConnections(String base) throws SQLException {
    try (var c = administrator()) {
      for (var id : connections(c, base)) {
        try (var s = c.createStatement()) {
          s.execute("KILL " + id);
        } catch (SQLException e) {
          if (e.getErrorCode() != 1094) { // it went by itself
            throw e;
          }
        }
      }
    }
  }
}
