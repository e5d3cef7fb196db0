package welkin.core;

import java.security.SecureRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Where identifiers come from; injected, so that a test or a trial can name its own seed. */
public interface Ids {
  /** A random UUID with dashes, as Compute, Image, Network and Placement use. */
  String uuid();

  /** A random UUID without dashes, as Identity uses for projects and users. */
  default String hex() {
    return uuid().replace("-", "");
  }

  /** A request id, {@code req-} and a UUID. */
  default String requestId() {
    return "req-" + uuid();
  }

  /**
   * Identifiers from a random source; {@link #system()} for production, a seeded one for trials.
   */
  static Ids from(RandomGenerator random) {
    return () -> {
      long hi;
      long lo;
      synchronized (random) {
        hi = random.nextLong();
        lo = random.nextLong();
      }
      hi = (hi & ~0xF000L) | 0x4000L;
      lo = (lo & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
      return new UUID(hi, lo).toString();
    };
  }

  static Ids system() {
    return from(new SecureRandom());
  }
}
