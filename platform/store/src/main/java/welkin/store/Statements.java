package welkin.store;

import java.util.concurrent.atomic.LongAdder;

/**
 * How many statements each thread had run. A request is served by one thread, and so are the
 * requests it makes of other services in this process: what the count grows by is what it cost.
 */
public final class Statements {
  private static final LongAdder ALL = new LongAdder();
  private static final ThreadLocal<Statements> MINE = ThreadLocal.withInitial(Statements::new);

  private long count;

  private Statements() {}

  /** Of this thread, by {@link Sql}, since it began; {@code BEGIN} and {@code COMMIT} aside. */
  public static long soFar() {
    return MINE.get().count;
  }

  /** Of this process since it began. */
  public static long ofAllThreads() {
    return ALL.sum();
  }

  static void ran(int many) {
    MINE.get().count += many;
    ALL.add(many);
  }
}
