package welkin.http;

import java.util.Objects;
import java.util.StringJoiner;

/**
 * One row of a service's route table. Routing, authorisation, validation, version negotiation, the
 * OpenAPI document and the tests that walk the table all come from it. Rows are made through {@link
 * Routes}.
 */
public final class Route {
  /** Answers a call. */
  @FunctionalInterface
  public interface Handler {
    Answer handle(Call call);
  }

  final String method;
  final String path;
  final String action;
  final Handler handler;
  String policy;
  boolean policyInHandler;
  boolean open;
  Version since;
  Version until;
  Shape body;
  boolean bodyLater;
  boolean rawBody;
  int success = 200;
  String show;
  String summary;
  long bodyLimit;

  Route(String method, String path, String action, Handler handler) {
    this.method = method;
    this.path = path;
    this.action = action;
    this.handler = handler;
  }

  /**
   * The policy rule, upstream's name, checked before the handler with the caller's own project and
   * user as target.
   */
  public Route policy(String rule) {
    this.policy = rule;
    return this;
  }

  /**
   * The policy rule, checked by the handler through {@link Call#enforce} once it knows the target.
   * A handler that succeeds without having done so is an internal error.
   */
  public Route policyOnTarget(String rule) {
    this.policy = rule;
    this.policyInHandler = true;
    return this;
  }

  /** Needs no token: version documents, login. */
  public Route open() {
    this.open = true;
    return this;
  }

  /** Any valid token will do; there is no rule upstream. */
  public Route anyone() {
    this.policy = null;
    return this;
  }

  /** First microversion that has this route; older ones answer 404. */
  public Route since(int major, int minor) {
    this.since = Version.of(major, minor);
    return this;
  }

  /** Last microversion that has this route; newer ones answer 404. */
  public Route until(int major, int minor) {
    this.until = Version.of(major, minor);
    return this;
  }

  /** The shape of the JSON body; checked before the handler. */
  public Route body(Shape shape) {
    this.body = shape;
    return this;
  }

  /**
   * The shape of the JSON body of a row with {@link #policyOnTarget}; checked when the caller may,
   * or when the handler reads the body, whichever comes first. Who may not is told nothing else.
   */
  public Route bodyOnceAllowed(Shape shape) {
    this.body = shape;
    this.bodyLater = true;
    return this;
  }

  /** The body is not JSON: the handler reads {@link Call#stream}. */
  public Route rawBody() {
    this.rawBody = true;
    return this;
  }

  /** The status of success, for the documents; the handler gives it. */
  public Route success(int status) {
    this.success = status;
    return this;
  }

  /**
   * For a POST that makes something: the GET path that shows it, with the id as its last parameter.
   * A repeated idempotency key whose answer was lost is answered from it.
   */
  public Route shownBy(String path) {
    this.show = path;
    return this;
  }

  /** One sentence for the API documents. */
  public Route summary(String text) {
    this.summary = text;
    return this;
  }

  public String method() {
    return method;
  }

  /** The path template below the service's mount, e.g. {@code /v2.1/servers/{id}}. */
  public String path() {
    return path;
  }

  /** The body key of an action row, or null. */
  public String action() {
    return action;
  }

  /** The policy rule, or null. */
  public String rule() {
    return policy;
  }

  public boolean isOpen() {
    return open;
  }

  public Shape shape() {
    return body;
  }

  boolean in(Version v) {
    return v == null || (since == null || v.atLeast(since)) && (until == null || until.atLeast(v));
  }

  /** Whether a request for the other row, whose path matches the same, could be served by this. */
  boolean serves(Route other) {
    return method.equals(other.method)
        && Objects.equals(action, other.action)
        && !endsBefore(other)
        && !other.endsBefore(this);
  }

  private boolean endsBefore(Route other) {
    return until != null && other.since != null && until.before(other.since);
  }

  /** The row with its versions. */
  String inFull() {
    var versions = new StringJoiner(" ", " (", ")").setEmptyValue("");
    if (since != null) {
      versions.add("from " + since);
    }
    if (until != null) {
      versions.add("to " + until);
    }
    return this + versions.toString();
  }

  @Override
  public String toString() {
    return method + " " + path + (action == null ? "" : " " + action);
  }
}
