package welkin.testkit;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assumptions;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;

/**
 * Where the tests of services keep their data: on the engine that the system property {@code
 * welkin.test.database} names ({@code sqlite}, {@code postgresql}, {@code mariadb}); SQLite by
 * default. None of them promises durability, so that tests are fast.
 */
public final class TestDatabases {
  private static final Map<Path, DatabaseUrl> BASES = new ConcurrentHashMap<>();

  private TestDatabases() {}

  /**
   * Databases of a test.
   *
   * @param home its state folder; the same folder means the same data
   * @param clock the time on every engine, so that tests may turn it
   */
  public static Databases in(Path home, InstantSource clock) {
    return new Databases(url(home), home, Database.Durability.OFF, clock).ruledBy(clock);
  }

  /** Skips a test of what only holds where no other process can work on the same data. */
  public static void assumeOneProcess() {
    Assumptions.assumeTrue(
        engine().equals("sqlite"), "on a server another process may be at work still");
  }

  private static String engine() {
    return System.getProperty("welkin.test.database", "sqlite");
  }

  /** Where the data of a state folder is. */
  public static DatabaseUrl url(Path home) {
    return switch (engine()) {
      case "sqlite" -> DatabaseUrl.SQLITE;
      case "postgresql" -> BASES.computeIfAbsent(home, h -> PostgresServer.get().fresh());
      case "mariadb" -> BASES.computeIfAbsent(home, h -> MariadbServer.get().fresh());
      default -> throw new IllegalStateException("welkin.test.database: no such engine");
    };
  }
}
