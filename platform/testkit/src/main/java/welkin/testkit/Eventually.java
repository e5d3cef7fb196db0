package welkin.testkit;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a state by asking again, never by hoping that a time is long enough. */
public final class Eventually {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private Eventually() {}

  /** Waits until {@code state} holds; fails with {@code what} and what was seen last after 30 s. */
  public static void eventually(String what, BooleanSupplier state) {
    eventually(what, LIMIT, state, () -> "");
  }

  public static void eventually(
      String what, Duration limit, BooleanSupplier state, Supplier<String> seen) {
    long end = System.nanoTime() + limit.toNanos();
    while (!state.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "not within " + limit.toSeconds() + " s: " + what + " " + seen.get());
      }
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }
}
