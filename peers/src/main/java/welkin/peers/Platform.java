package welkin.peers;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.http.Door;
import welkin.http.Metrics;
import welkin.store.Database;
import welkin.store.Databases;

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
    Databases databases,
    String endpoint,
    Peers peers) {

  /** Opens a service's own schema. */
  public Database database(String service, List<String> migrations) {
    return databases.open(service, migrations);
  }
}
