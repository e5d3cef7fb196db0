package welkin.assembly;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.store.DatabaseUnavailable;

/**
 * Waits for a database that does not answer yet: after a power cut everything starts in any order.
 */
public final class Patience {
  private static final Logger log = LoggerFactory.getLogger(Patience.class);
  private static final long AGAIN_MILLIS = 1_000;
  private static final int TELL_EVERY = 15;

  /** Fails at once. */
  public static final Patience NONE = new Patience(Duration.ZERO, new CountDownLatch(1));

  private final Duration limit;
  private final CountDownLatch stop;

  /**
   * @param limit from the first failure
   * @param stop open when the process was told to stop
   */
  public Patience(Duration limit, CountDownLatch stop) {
    this.limit = limit;
    this.stop = stop;
  }

  /** The process was told to stop while it waited. */
  public static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1;

    Stopped() {
      super("told to stop while waiting", null, false, false);
    }
  }

  /**
   * Tries until it works.
   *
   * @param tell hears what is waited for
   * @throws DatabaseUnavailable when the time is over
   * @throws Stopped when the process shall stop
   */
  <T> T until(Supplier<T> attempt, Consumer<String> tell) {
    long end = System.nanoTime() + limit.toNanos();
    for (int tried = 0; ; tried++) {
      try {
        return attempt.get();
      } catch (DatabaseUnavailable away) {
        if (System.nanoTime() >= end) {
          throw away;
        }
        tell.accept("Waiting for the database: " + away.getMessage());
        if (tried % TELL_EVERY == 0) {
          log.warn("waiting for the database: {}", away.getMessage());
        }
        pause();
      }
    }
  }

  private void pause() {
    try {
      if (stop.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new Stopped();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Stopped();
    }
  }
}
