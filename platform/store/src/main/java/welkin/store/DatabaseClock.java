package welkin.store;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A process' clock, set by its database's: for times that several processes compare, where asking
 * the database each time would cost too much. Hosts whose clocks differ agree to within the few
 * milliseconds of a question.
 */
public final class DatabaseClock implements InstantSource {
  /** Less is the time the question took. */
  private static final Duration NOTHING = Duration.ofMillis(10);

  private final InstantSource own;
  private volatile Duration ahead = Duration.ZERO;

  public DatabaseClock(InstantSource own) {
    this.own = own;
  }

  /** Compares the clocks; worth doing every second. */
  public void compare(Sql sql) {
    var before = own.instant();
    var theirs = sql.now();
    var difference = Duration.between(before, theirs);
    ahead = difference.abs().compareTo(NOTHING) < 0 ? Duration.ZERO : difference;
  }

  @Override
  public Instant instant() {
    return own.instant().plus(ahead);
  }
}
