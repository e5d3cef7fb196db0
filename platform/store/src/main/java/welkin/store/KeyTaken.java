package welkin.store;

/** Another request with the same idempotency key was faster; this one makes nothing. */
public final class KeyTaken extends RuntimeException {
  private static final long serialVersionUID = 1;

  KeyTaken() {
    super("the idempotency key was used by another request", null, false, false);
  }
}
