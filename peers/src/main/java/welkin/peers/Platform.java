package welkin.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.http.Door;
import welkin.http.Metrics;
import welkin.store.Database;

/**
 * What every service is given: all that is shared, and nothing of another service.
 *
 * @param home the state folder
 * @param endpoint scheme and authority clients use, e.g. {@code http://127.0.0.1:5000}
 */
public record Platform(
    Path home,
    Config config,
    InstantSource clock,
    Ids ids,
    Bus bus,
    Door door,
    Metrics metrics,
    Database.Durability durability,
    String endpoint,
    Peers peers) {

  /** Opens a service's own schema, {@code home/database/SERVICE.db}. */
  public Database database(String service, List<String> migrations) {
    try {
      var folder = Files.createDirectories(home.resolve("database"));
      return Database.sqlite(folder.resolve(service + ".db"), durability, migrations);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
