package welkin.testkit;

import java.nio.file.Path;
import java.time.InstantSource;
import welkin.store.Database;
import welkin.store.DatabaseUrl;
import welkin.store.Databases;

/**
 * Where the tests of services keep their data: SQLite that promises nothing, so that it is fast.
 */
public final class TestDatabases {
  private TestDatabases() {}

  /**
   * Databases of a test.
   *
   * @param home its state folder; the same folder means the same data
   */
  public static Databases in(Path home, InstantSource clock) {
    return new Databases(DatabaseUrl.SQLITE, home, Database.Durability.OFF, clock);
  }
}
