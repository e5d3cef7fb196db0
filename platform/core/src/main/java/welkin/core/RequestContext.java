package welkin.core;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What follows one request through every room: its id, the id the client gave, and who asks. Bound
 * once by the request pipeline (or by a workflow that resumes on behalf of a request) and read
 * through {@link #current()}.
 */
public final class RequestContext {
  private static final ScopedValue<RequestContext> CURRENT = ScopedValue.newInstance();
  private static final RequestContext NONE = new RequestContext("-", null, Caller.ANONYMOUS, null);

  private final String requestId;
  private final String globalRequestId;
  private final Caller caller;
  private final IdempotencyClaim claim;

  public RequestContext(
      String requestId, String globalRequestId, Caller caller, IdempotencyClaim claim) {
    this.requestId = requestId;
    this.globalRequestId = globalRequestId;
    this.caller = caller;
    this.claim = claim;
  }

  /** The context in force, or an empty one outside any request. */
  public static RequestContext current() {
    return CURRENT.isBound() ? CURRENT.get() : NONE;
  }

  public String requestId() {
    return requestId;
  }

  /** The id a calling service or client sent as {@code X-OpenStack-Request-ID}, or null. */
  public String globalRequestId() {
    return globalRequestId;
  }

  public Caller caller() {
    return caller;
  }

  /** The idempotency key this request holds, or null. */
  public IdempotencyClaim claim() {
    return claim;
  }

  public <T, X extends Throwable> T call(ScopedValue.CallableOp<T, X> op) throws X {
    return ScopedValue.where(CURRENT, this).call(op);
  }

  public void run(Runnable op) {
    ScopedValue.where(CURRENT, this).run(op);
  }

  /**
   * An {@code Idempotency-Key} being used. The first write transaction of the request stores it
   * beside the row it creates, so the key and the row exist together or not at all.
   *
   * @param key the client's key, made unique to the caller
   * @param fingerprint a hash of method, path and body: the same key with another request is
   *     refused
   * @param holder this request, told apart from another with the same key
   * @param resource the id of what the request made, learnt from its first event
   * @param answer what it will be answered, where that is known in the transaction: stored there
   * @param kept whether it was
   */
  public record IdempotencyClaim(
      String key,
      String fingerprint,
      String holder,
      AtomicReference<String> resource,
      AtomicReference<KeptAnswer> answer,
      AtomicBoolean kept) {
    public IdempotencyClaim(String key, String fingerprint, String holder) {
      this(
          key,
          fingerprint,
          holder,
          new AtomicReference<>(),
          new AtomicReference<>(),
          new AtomicBoolean());
    }
  }

  /**
   * An answer as it is stored with a key.
   *
   * @param text JSON with headers and body
   */
  public record KeptAnswer(int status, String text) {}
}
