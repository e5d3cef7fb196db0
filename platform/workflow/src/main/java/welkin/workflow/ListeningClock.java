package welkin.workflow;

import java.time.Duration;
import welkin.store.Sql;

/**
 * A clock that runs only while somebody listens. Signs of life are dated by it and silence is
 * measured by it, so that nobody is taken for dead while no worker was there to hear: all were
 * away, paused, or cut off from the bus.
 *
 * <p>It is a row, moved on by the database's clock: whoever listens {@link #tick}s every few
 * seconds, and the time since the last tick counts when it was short.
 */
public final class ListeningClock {
  /** How often listeners tick. */
  public static final Duration EVERY = Duration.ofSeconds(3);

  /** Longer without a tick, and nobody listened. */
  private static final Duration GAP = Duration.ofSeconds(9);

  private ListeningClock() {}

  /**
   * Moves the clock on; in the transaction that writes what was heard since the last tick.
   *
   * @param name what is listened to
   * @return the reading now, in microseconds
   */
  public static long tick(Sql sql, String name) {
    var now = sql.now();
    var last = ListeningStore.last(sql, name).orElse(null);
    if (last == null) {
      ListeningStore.begin(sql, name, now);
      return 0;
    }
    var since = Duration.between(last.at(), now);
    boolean counts = !since.isNegative() && since.compareTo(GAP) <= 0;
    long reading = last.reading() + (counts ? since.toNanos() / 1_000 : 0);
    ListeningStore.tick(sql, name, new ListeningStore.Tick(now, reading));
    return reading;
  }

  /** The reading at the last tick, in microseconds; 0 before the first. */
  public static long reading(Sql sql, String name) {
    return ListeningStore.last(sql, name).map(ListeningStore.Tick::reading).orElse(0L);
  }
}
