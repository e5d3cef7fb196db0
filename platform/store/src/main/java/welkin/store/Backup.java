package welkin.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.sqlite.JDBC;
import welkin.core.Exec;

/**
 * The data of all services as of one moment, in a folder, and back. On SQLite copies of the files;
 * on PostgreSQL and MariaDB what {@code pg_dump} and {@code mariadb-dump} write. The cloud goes on
 * meanwhile: on SQLite writers wait for the moment it takes to look at every file.
 */
public final class Backup {
  /** Large clouds are large; a dump that says nothing for a day has died. */
  private static final Duration LIMIT = Duration.ofDays(1);

  private static final String POSTGRESQL_FILE = "postgresql.dump";
  private static final String MARIADB_FILE = "mariadb.sql";

  private final DatabaseUrl url;
  private final Path files;
  private final Consumer<String> progress;

  /**
   * @param files the state folder's {@code database}
   */
  public Backup(DatabaseUrl url, Path files, Consumer<String> progress) {
    this.url = url;
    this.files = files;
    this.progress = progress;
  }

  /** The services that have data there. */
  public List<String> services() throws IOException {
    if (url.engine() == Dialect.SQLITE) {
      return Transfer.services(files);
    }
    var all = new ArrayList<String>();
    try (var c = Connector.of(url, "").connectToBase();
        var s =
            c.prepareStatement(
                "SELECT table_schema FROM information_schema.tables WHERE table_name = 'migration'"
                    + " ORDER BY table_schema");
        var rs = s.executeQuery()) {
      while (rs.next()) {
        var service = url.service(rs.getString(1));
        if (service != null) {
          all.add(service);
        }
      }
    } catch (SQLException e) {
      throw StoreException.of(url.engine(), "services at " + url, e);
    }
    return all;
  }

  /**
   * From where else the services' data is connected to now: addresses, each once. Empty on SQLite,
   * whose one process is looked for by its pid.
   */
  public List<String> users() {
    if (url.engine() == Dialect.SQLITE) {
      return List.of();
    }
    var others = new TreeSet<String>();
    try (var c = Connector.of(url, "").connectToBase();
        var s =
            c.prepareStatement(
                url.engine() == Dialect.POSTGRESQL
                    ? "SELECT substr(application_name, 8), coalesce(host(client_addr), 'localhost')"
                        + " FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name LIKE 'welkin %' AND pid <> pg_backend_pid()"
                    : "SELECT db, substring_index(host, ':', 1) FROM information_schema.processlist"
                        + " WHERE db IS NOT NULL AND id <> connection_id()");
        var rs = s.executeQuery()) {
      while (rs.next()) {
        if (url.service(rs.getString(1)) != null) {
          others.add(rs.getString(2));
        }
      }
    } catch (SQLException e) {
      throw StoreException.of(url.engine(), "who is connected to " + url, e);
    }
    return List.copyOf(others);
  }

  /** Writes everything into a folder that exists. */
  public void save(Path folder) throws IOException {
    var services = services();
    if (services.isEmpty()) {
      throw new StoreException("no data at " + (url.engine() == Dialect.SQLITE ? files : url));
    }
    switch (url.engine()) {
      case SQLITE -> saveFiles(services, folder);
      case POSTGRESQL -> {
        var command = new ArrayList<>(List.of("pg_dump", "--format=custom"));
        services.forEach(s -> command.add("--schema=" + url.schema(s)));
        command.add("--file=" + folder.resolve(POSTGRESQL_FILE));
        withSecret(folder, secret -> run(command, "--dbname=" + conninfo(secret)));
      }
      case MARIADB -> {
        var command =
            new ArrayList<>(
                List.of(
                    "--single-transaction",
                    "--quick",
                    "--hex-blob",
                    "--result-file=" + folder.resolve(MARIADB_FILE),
                    "--databases"));
        services.forEach(s -> command.add(url.schema(s)));
        withSecret(folder, secret -> run(mariadb("mariadb-dump", secret), command));
      }
    }
    progress.accept("data of " + String.join(", ", services));
  }

  /**
   * Every file as of one moment: all writers are made to wait, every file's reader takes its
   * snapshot, the writers go on, and the snapshots are copied.
   */
  private void saveFiles(List<String> services, Path folder) {
    var writers = new ArrayList<Connection>();
    var readers = new ArrayList<Connection>();
    try {
      for (var service : services) {
        var name = "jdbc:sqlite:" + files.resolve(service + ".db") + "?busy_timeout=30000";
        writers.add(JDBC.createConnection(name, new Properties()));
        readers.add(JDBC.createConnection(name, new Properties()));
      }
      for (var w : writers) {
        Connector.execute(w, "BEGIN IMMEDIATE");
      }
      for (var r : readers) {
        Connector.execute(r, "BEGIN");
        Connector.execute(r, "SELECT COUNT(*) FROM migration");
      }
      for (var w : writers) {
        Connector.execute(w, "ROLLBACK");
      }
      for (int i = 0; i < readers.size(); i++) {
        Connector.execute(readers.get(i), "backup to " + folder.resolve(services.get(i) + ".db"));
      }
    } catch (SQLException e) {
      throw new StoreException("backup of " + files, e);
    } finally {
      writers.forEach(Backup::close);
      readers.forEach(Backup::close);
    }
  }

  private static void close(Connection c) {
    try {
      c.close();
    } catch (SQLException e) {
      // it was only read
    }
  }

  /**
   * Puts back what {@link #save} wrote, where nothing is.
   *
   * @throws StoreException when there is data already
   */
  public void load(Path folder) throws IOException {
    if (!services().isEmpty()) {
      throw new StoreException(
          "there is data already at " + (url.engine() == Dialect.SQLITE ? files : url));
    }
    switch (url.engine()) {
      case SQLITE -> {
        Files.createDirectories(files);
        for (var service : Transfer.services(folder)) {
          Files.copy(
              folder.resolve(service + ".db"),
              files.resolve(service + ".db"),
              StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
      case POSTGRESQL -> {
        withSecret(
            folder,
            secret ->
                run(
                    List.of(
                        "pg_restore",
                        "--no-owner",
                        "--exit-on-error",
                        "--single-transaction",
                        "--dbname=" + conninfo(secret)),
                    folder.resolve(POSTGRESQL_FILE).toString()));
      }
      case MARIADB ->
          withSecret(
              folder,
              secret ->
                  run(
                      mariadb("mariadb", secret),
                      List.of("--execute=source " + folder.resolve(MARIADB_FILE))));
    }
    progress.accept("data of " + String.join(", ", services()));
  }

  /** Takes away what is there: files are moved aside, schemas dropped. */
  public void clear(String suffix) throws IOException {
    var services = services();
    if (services.isEmpty()) {
      return;
    }
    if (url.engine() == Dialect.SQLITE) {
      var aside = files.resolveSibling(files.getFileName() + "." + suffix);
      Files.move(files, aside);
      progress.accept("the data that was there is in " + aside);
      return;
    }
    try (var c = Connector.of(url, "").connectToBase()) {
      for (var service : services) {
        Connector.execute(
            c,
            url.engine() == Dialect.POSTGRESQL
                ? "DROP SCHEMA " + url.schema(service) + " CASCADE"
                : "DROP DATABASE " + url.schema(service));
      }
    } catch (SQLException e) {
      throw StoreException.of(url.engine(), "dropping what is at " + url, e);
    }
  }

  private interface WithSecret {
    void run(Path secret) throws IOException;
  }

  /** The password in a file that only its owner reads: never among a program's arguments. */
  private void withSecret(Path folder, WithSecret work) throws IOException {
    var file =
        Files.createTempFile(
            folder,
            "password",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      var password = url.password().reveal();
      Files.writeString(
          file,
          url.engine() == Dialect.POSTGRESQL
              ? "*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n"
              : "[client]\npassword=\""
                  + password.replace("\\", "\\\\").replace("\"", "\\\"")
                  + "\"\n");
      work.run(file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private String conninfo(Path secret) {
    var tls =
        switch (url.options().getOrDefault("tls", "off")) {
          case "require" -> "require";
          case "verify" -> "verify-full";
          default -> "disable";
        };
    var ca = url.options().get("ca");
    return "host="
        + url.host()
        + " port="
        + url.port()
        + " user="
        + quoted(url.user())
        + " dbname="
        + url.base()
        + " passfile="
        + quoted(secret.toString())
        + " sslmode="
        + tls
        + (ca == null ? "" : " sslrootcert=" + quoted(ca));
  }

  private static String quoted(String value) {
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  private List<String> mariadb(String program, Path secret) {
    var command =
        new ArrayList<>(
            List.of(
                program,
                "--defaults-extra-file=" + secret,
                "--protocol=tcp",
                "--host=" + url.host(),
                "--port=" + url.port(),
                "--user=" + url.user()));
    if (!url.options().getOrDefault("tls", "off").equals("off")) {
      command.add("--ssl");
    }
    if (url.options().getOrDefault("tls", "off").equals("verify")) {
      command.add("--ssl-verify-server-cert");
    }
    if (url.options().containsKey("ca")) {
      command.add("--ssl-ca=" + url.options().get("ca"));
    }
    return command;
  }

  private static void run(List<String> command, String last) {
    run(command, List.of(last));
  }

  private static void run(List<String> command, List<String> more) {
    var all = new ArrayList<>(command);
    all.addAll(more);
    var r = Exec.run(LIMIT, null, all);
    if (!r.ok()) {
      throw new StoreException(command.getFirst() + ": " + r.err().strip());
    }
  }
}
