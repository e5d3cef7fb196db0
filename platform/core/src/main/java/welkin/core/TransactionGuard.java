package welkin.core;

/**
 * Knows whether this thread holds a write transaction, so that what must not happen inside one (a
 * bus call, an HTTP call, waiting) can refuse instead of holding every other writer up.
 */
public final class TransactionGuard {
  private static final ThreadLocal<Boolean> HELD = new ThreadLocal<>();

  private TransactionGuard() {}

  public static void enter() {
    HELD.set(Boolean.TRUE);
  }

  public static void leave() {
    HELD.remove();
  }

  public static boolean held() {
    return HELD.get() != null;
  }

  /** Fails when a transaction is open: {@code what} belongs before or after it. */
  public static void mustBeOutside(String what) {
    if (held()) {
      throw new IllegalStateException(what + " inside a write transaction");
    }
  }
}
