package welkin.bus;

import java.time.Duration;

/**
 * How workers and agents speak: typed Java interfaces as calls by topic and host. The database
 * holds the truth; a lost message loses nothing but time, so every method offered here is
 * idempotent.
 *
 * <p>Arguments and results are records, enums, strings, numbers, {@link welkin.core.Secret}s, lists
 * and maps of them: what survives JSON. Methods of one interface have different names. How a method
 * is sent is said where it is declared: a call by default, {@link Cast} or {@link FanOut} for
 * {@code void} ones that nobody waits for. The request context crosses, without the caller's token.
 *
 * <p>Failures of a call are {@link welkin.core.Fault}s: the endpoint's own; 503 when nobody offers
 * the interface there; 503 {@link welkin.core.Fault#isAway} when the broker is, or the way there or
 * the answer was lost; 504 when the other side fell silent or took longer than {@link Within}; 500
 * when the endpoint threw anything but a fault. After 503 and 504 it is unknown whether the work
 * was done: repeat the call.
 */
public interface Bus extends AutoCloseable {
  /**
   * Offers {@code endpoint} as {@code type} on a host ({@code ""} for a service). Of several offers
   * of a service each call reaches one; of several offers of one host the newest counts, so that an
   * agent that was just started again replaces what it was before.
   */
  <T> Registration offer(Class<T> type, String host, T endpoint);

  /**
   * A client for {@code type} on {@code host}. A call to a host that offers nothing is a {@link
   * welkin.core.Fault} 503 naming topic and host; a cast to one may be, or may be lost.
   */
  default <T> T client(Class<T> type, String host) {
    return client(type, host, Duration.ZERO);
  }

  /**
   * A client whose calls wait for a host that offers nothing yet, or for the broker, before they
   * fail: an agent that is just starting is there in a moment. Where all is well it costs nothing.
   *
   * @param patience how long
   */
  <T> T client(Class<T> type, String host, Duration patience);

  /**
   * Waits until a host offers {@code type}: an agent that is just starting is there in a moment.
   *
   * @return whether it does; false after {@code limit}
   */
  boolean awaitHost(Class<?> type, String host, Duration limit);

  /** Why nothing can be sent now, in words for an operator; null while all is well. */
  default String trouble() {
    return null;
  }

  @Override
  void close();

  /** An offer, until closed. */
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
