package welkin.agents.hypervisor;

/**
 * How fast a running guest's memory is sent, and when the guest is about to go. QEMU, left alone,
 * stops a guest in the moment in which what is left can be sent within the downtime, and says so
 * afterwards. Who must know before, so that the network moves first, has to slow it down near the
 * end: QEMU counts what it sends by tenths of a second, and ends when a pass over the memory leaves
 * next to nothing for another.
 *
 * <p>A small guest is about to go from the beginning: its memory is sent in a moment, and an idle
 * one may end its passes between two looks. Any other is when a later pass begins with little
 * enough.
 */
final class Approach {
  /** While it waits: a page in a tenth of a second, so that no pass ends. Bytes per second. */
  static final long HOLD = 16 << 10;

  /** The fastest there is. Bytes per second. */
  static final long UNLIMITED = 1L << 40;

  private static final long MIB = 1 << 20;
  private static final long SMALL = 256 * MIB;
  private static final long NEAR = 64 * MIB;
  private static final long CLOSE = 16 * MIB;
  private static final long SLOW = 80 * MIB;
  private static final long CREEP = 10 * MIB;
  private static final long USUAL = 100 * MIB;

  private final long limit;
  private final int downtimeMs;
  private long peak;
  private long pass;
  private long left;
  private long most;
  private long fastest;
  private boolean about;
  private boolean measured;
  private long pace;

  /**
   * @param limit bytes per second at most, 0 for no limit
   * @param downtimeMs how long the guest may stand still
   */
  Approach(long limit, int downtimeMs) {
    this.limit = limit == 0 ? UNLIMITED : limit;
    this.downtimeMs = downtimeMs;
    this.peak = Math.min(USUAL, this.limit);
    this.pace = Math.min(HOLD, this.limit); // until it is seen
  }

  /** For a way that turned out to be slow: no guest that takes long on it is small. */
  private Approach(Approach before, long rate) {
    this.limit = before.limit;
    this.downtimeMs = before.downtimeMs;
    this.peak = Math.min(rate, limit);
    this.pace = limit;
    this.measured = true;
  }

  /** Begins anew, knowing how many bytes a second really get through. */
  Approach at(long rate) {
    return new Approach(this, rate);
  }

  /**
   * What QEMU says now.
   *
   * @param total bytes of memory
   * @param remaining bytes still to be sent in this pass
   * @param pass counted from 1
   * @param rate bytes per second it has sent of late
   */
  void saw(long total, long remaining, long pass, long rate) {
    peak = Math.clamp(rate, peak, limit);
    if (pass != this.pass) {
      this.pass = pass;
      most = 0;
      left = remaining;
    }
    most = Math.max(most, remaining);
    fastest = Math.max(fastest, left - remaining);
    left = remaining;
    long room = peak / 1000 * downtimeMs;
    boolean small = total <= Math.max(2 * room, limit == UNLIMITED && !measured ? SMALL : 0);
    if (pass > 1) {
      about = most <= room;
      pace = limit;
    } else {
      about = small;
      pace =
          Math.min(
              limit,
              remaining <= CLOSE
                  ? CREEP
                  : remaining <= Math.max(NEAR, 3 * fastest) ? SLOW : UNLIMITED);
    }
  }

  /** Whether the guest would go now if nobody had to know before. */
  boolean about() {
    return about;
  }

  /** Bytes per second that may be sent. */
  long pace() {
    return about ? HOLD : pace;
  }

  /** Whether so much is left that nothing can happen soon. */
  boolean far() {
    return left > Math.max(1L << 30, 8 * fastest);
  }
}
