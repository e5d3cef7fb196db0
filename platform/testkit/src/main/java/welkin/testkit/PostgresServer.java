package welkin.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import welkin.store.DatabaseUrl;

/**
 * PostgreSQL for tests; sorts texts by a language's rules, so that a store that trusts the default
 * collation is found out.
 */
public final class PostgresServer extends TestServer {
  private static final PostgresServer ONLY = new PostgresServer();

  private PostgresServer() {
    super("postgres");
  }

  /** The one of this JVM. */
  public static PostgresServer get() {
    return ONLY;
  }

  private static Path programs() {
    var versions = Path.of("/usr/lib/postgresql");
    if (!Files.isDirectory(versions)) {
      return null;
    }
    try (var all = Files.list(versions)) {
      return all.map(v -> v.resolve("bin"))
          .filter(b -> Files.isExecutable(b.resolve("initdb")))
          .max(Comparator.comparing(Path::toString))
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  @Override
  public String missing() {
    return programs() == null ? "PostgreSQL is not installed (package postgresql)" : null;
  }

  @Override
  void initialise(Path data) throws IOException {
    run(
        List.of(
            programs().resolve("initdb").toString(),
            "--pgdata=" + data,
            "--username=welkin",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=icu",
            "--icu-locale=en-US",
            "--no-sync",
            "--no-instructions"));
  }

  @Override
  List<String> command(Path data, int port) {
    return List.of(
        programs().resolve("postgres").toString(),
        "-D",
        data.toString(),
        "-c",
        "port=" + port,
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        durable() ? "fsync=on" : "fsync=off",
        "-c",
        durable() ? "full_page_writes=on" : "full_page_writes=off",
        "-c",
        "ssl=on",
        "-c",
        "ssl_cert_file=" + certificate().certificate(),
        "-c",
        "ssl_key_file=" + certificate().key(),
        "-c",
        "max_connections=300",
        "-c",
        "shared_buffers=64MB");
  }

  @Override
  public Connection administrator() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port() + "/postgres?user=welkin&connectTimeout=5");
  }

  @Override
  DatabaseUrl url(String base) {
    return DatabaseUrl.parse("postgresql://welkin@127.0.0.1:" + port() + "/" + base);
  }

  @Override
  void drop(Connection administrator, String base) throws SQLException {
    try (var s = administrator.createStatement()) {
      s.execute("DROP DATABASE IF EXISTS " + base);
    }
  }

  @Override
  public void killConnections(String base) throws SQLException {
    try (var c = administrator();
        var s =
            c.prepareStatement(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?")) {
      s.setString(1, base);
      s.execute();
    }
  }
}
