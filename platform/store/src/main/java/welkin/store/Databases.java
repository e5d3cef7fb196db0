package welkin.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import welkin.core.Config;
import welkin.core.Config.Key;

/**
 * Opens the schema of each service, where the configuration says the data is. Cheap to make: no
 * connection and no driver before {@link #open}.
 */
public final class Databases {
  /** Where the data is. */
  public static final Key<DatabaseUrl> URL =
      new Key<>(
          "database",
          DatabaseUrl.SQLITE,
          "Where the data is: sqlite, postgresql://USER:PASSWORD@HOST:PORT/BASE or"
              + " mariadb://USER:PASSWORD@HOST:PORT/BASE.",
          v -> v instanceof DatabaseUrl url ? url : DatabaseUrl.parse(String.valueOf(v)));

  /** What SQLite promises; the other engines are told by their own configuration. */
  public static final Key<Database.Durability> DURABILITY =
      new Key<>(
          "sqlite.synchronous",
          Database.Durability.FULL,
          "What an acknowledged write survives: FULL a power cut, NORMAL a killed process, OFF"
              + " nothing.",
          v -> Database.Durability.valueOf(String.valueOf(v).toUpperCase(Locale.ROOT)));

  private final DatabaseUrl url;
  private final Path home;
  private final Database.Durability durability;
  private final InstantSource clock;
  private final InstantSource ruling;

  /**
   * @param home the state folder; SQLite's files are in its {@code database}
   * @param clock the time on SQLite, where the one process' clock is the database's
   */
  public Databases(
      DatabaseUrl url, Path home, Database.Durability durability, InstantSource clock) {
    this(url, home, durability, clock, null);
  }

  private Databases(
      DatabaseUrl url,
      Path home,
      Database.Durability durability,
      InstantSource clock,
      InstantSource ruling) {
    this.ruling = ruling;
    this.url = url;
    this.home = home;
    this.durability = durability;
    this.clock = clock;
  }

  /** The same, with the clock given here in place of the servers' own: for tests that turn it. */
  public Databases ruledBy(InstantSource time) {
    return new Databases(url, home, durability, time, time);
  }

  /** As the configuration says. */
  public static Databases of(Config config, Path home, InstantSource clock) {
    return new Databases(config.get(URL), home, config.get(DURABILITY), clock);
  }

  /** The options read here. */
  public static List<Key<?>> options() {
    return List.of(URL, DURABILITY);
  }

  /** An engine's name as the option has it. */
  public static String engine(DatabaseUrl url) {
    return url.engine().name().toLowerCase(Locale.ROOT);
  }

  public DatabaseUrl url() {
    return url;
  }

  /** Whether other processes, on other hosts too, may work on the same data. */
  public boolean shared() {
    return url.engine() != Dialect.SQLITE;
  }

  /**
   * Opens (makes, migrates) a service's own schema.
   *
   * @param migrations class-path resources in order, the service's own; the platform's come first
   *     by themselves
   * @throws DatabaseUnavailable when the engine does not answer
   */
  public Database open(String service, List<String> migrations) {
    if (shared()) {
      return new ServerDatabase(url, service, ruling, migrations);
    }
    try {
      var folder = Files.createDirectories(home.resolve("database"));
      return new SqliteDatabase(folder.resolve(service + ".db"), durability, clock, migrations);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
