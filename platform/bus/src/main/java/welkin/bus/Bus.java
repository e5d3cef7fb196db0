package welkin.bus;

import java.time.Duration;
import java.util.Collection;

/**
 * How workers and agents speak: typed Java interfaces as calls by topic and host. The database
 * holds the truth; a lost message loses nothing but time, so every method offered here is
 * idempotent.
 *
 * <p>Arguments and results are records, strings, numbers, lists and maps of them: what survives
 * JSON. A method that returns {@code void} and carries {@link Cast} is sent without waiting.
 */
public interface Bus extends AutoCloseable {
  /**
   * Offers {@code endpoint} as {@code type} on a host ({@code ""} for a service that any host may
   * serve).
   */
  <T> Registration offer(Class<T> type, String host, T endpoint);

  /**
   * A client for {@code type} on {@code host}. A call to a host that offers nothing is a {@link
   * welkin.core.Fault} 503 naming topic and host.
   */
  <T> T client(Class<T> type, String host);

  /** The hosts that offer {@code type} now. */
  Collection<String> hosts(Class<?> type);

  /**
   * Waits until a host offers {@code type}: an agent that is just starting is there in a moment.
   *
   * @return whether it does; false after {@code limit}
   */
  boolean awaitHost(Class<?> type, String host, Duration limit);

  @Override
  void close();

  /** An offer, until closed. */
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
