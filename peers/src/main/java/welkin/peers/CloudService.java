package welkin.peers;

import java.util.Collection;
import welkin.http.Service;
import welkin.store.Database;
import welkin.store.Events;

/**
 * A service's table of contents, the same for all: its APIs, schema, events, and what runs in the
 * background. Made with a {@link Platform}; nothing runs before {@link #start}.
 */
public interface CloudService extends AutoCloseable {
  /** The service type, e.g. {@code compute}. */
  String type();

  /** What it mounts at the door. */
  Collection<Service> apis();

  Database database();

  Events events();

  /**
   * Begins what this process plays of it. With the role {@code worker}: workflows that were under
   * way, reconcilers, endpoints on the bus. With {@code api} alone it only enqueues, and leaves the
   * work to the workers, wherever they are.
   */
  void start(Roles roles);

  /** Begins everything. */
  default void start() {
    start(Roles.ALL);
  }

  /** Ends background work at once; what was under way goes on at the next start. */
  @Override
  void close();
}
