package welkin.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Times are stored as microseconds since the epoch: one integer column on every engine, the
 * precision clients see.
 */
public final class Times {
  private Times() {}

  public static long micros(Instant t) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, t);
  }

  public static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }
}
