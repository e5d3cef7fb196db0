package welkin.core;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A failure a caller can act on: an HTTP status, a stable code and a reason in words. It is a value
 * that happens to be throwable; it is made once, where the cause is known, and rendered in each
 * service's own upstream shape at the edge. It carries no stack trace, because it describes the
 * request and not the program.
 */
public final class Fault extends RuntimeException {
  private static final String AWAY = "PeerUnavailable";

  private final int status;
  private final String code;
  private final Map<String, Object> details;

  private Fault(
      int status, String code, String message, Map<String, Object> details, Throwable cause) {
    super(message, cause, false, false);
    this.status = status;
    this.code = code;
    this.details = details;
  }

  /** The HTTP status, 400 to 599. */
  public int status() {
    return status;
  }

  /** A stable name, e.g. {@code PortNotFound}; Neutron shows it as {@code type}. */
  public String code() {
    return code;
  }

  /**
   * Facts beside the message, in the order they were added (e.g. {@code retry_after} in seconds).
   */
  public Map<String, Object> details() {
    return details;
  }

  /** This fault with one more fact. */
  public Fault with(String key, Object value) {
    var more = new LinkedHashMap<>(details);
    more.put(key, value);
    return new Fault(status, code, getMessage(), more, getCause());
  }

  /** This fault under another stable name, for callers whose clients tell faults apart by it. */
  public Fault named(String otherCode) {
    return new Fault(status, otherCode, getMessage(), details, getCause());
  }

  public static Fault of(int status, String code, String message) {
    return new Fault(status, code, message, Map.of(), null);
  }

  public static Fault badRequest(String message) {
    return of(400, "BadRequest", message);
  }

  public static Fault unauthorized(String message) {
    return of(401, "Unauthorized", message);
  }

  public static Fault forbidden(String message) {
    return of(403, "Forbidden", message);
  }

  public static Fault notFound(String message) {
    return of(404, "NotFound", message);
  }

  public static Fault conflict(String message) {
    return of(409, "Conflict", message);
  }

  /**
   * A quota would be exceeded; which status it has differs by service (403 Compute, 409 Network,
   * 413 Image).
   */
  public static Fault overQuota(int status, String message) {
    return of(status, "OverQuota", message);
  }

  /** The work cannot be taken now; the client should come again after {@code seconds}. */
  public static Fault unavailable(String message, int seconds) {
    return of(503, "ServiceUnavailable", message).with("retry_after", seconds);
  }

  /**
   * The other side is away for now (restarting, failing over, cut off): nobody said no. A client
   * should come again; a workflow does so by itself until its deadline.
   */
  public static Fault away(String message, int seconds) {
    return of(503, AWAY, message).with("retry_after", seconds);
  }

  /** Whether this is {@link #away}. */
  public boolean isAway() {
    return code.equals(AWAY);
  }

  /** Something of ours broke: the cause goes to the log, never to the caller. */
  public static Fault internal(String message, Throwable cause) {
    return new Fault(500, "InternalError", message, Map.of(), cause);
  }

  /** Any throwable as a fault: a fault stays itself, everything else becomes an internal error. */
  public static Fault from(Throwable t) {
    return t instanceof Fault f ? f : internal("An unexpected error prevented the request.", t);
  }
}
