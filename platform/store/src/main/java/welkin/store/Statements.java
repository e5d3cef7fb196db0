package welkin.store;

/**
 * How many statements each thread had run. A request is served by one thread, and so are the
 * requests it makes of other services in this process: what the count grows by is what it cost.
 */
public final class Statements {
  private static final ThreadLocal<Statements> MINE = ThreadLocal.withInitial(Statements::new);

  private long count;

  private Statements() {}

  /** Of this thread, by {@link Sql}, since it began; {@code BEGIN} and {@code COMMIT} aside. */
  public static long soFar() {
    return MINE.get().count;
  }

  static void ran(int many) {
    MINE.get().count += many;
  }
}
