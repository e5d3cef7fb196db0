package welkin.http;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import welkin.core.Fault;
import welkin.http.policy.PolicyEngine;

/**
 * {@code GET /healthcheck} for load balancers, without a token, at oslo.middleware's path: 200 and
 * {@code OK}, or 503 and the reason in words. While the process drains it is 503, so that nobody
 * sends more.
 */
public final class Health {
  /** Where it answers. */
  public static final String PATH = "/healthcheck";

  private static final long BELIEVED_NANOS = 1_000_000_000;

  private record Looked(String trouble, long at) {}

  private final List<Supplier<String>> checks;
  private volatile Looked last;
  private volatile boolean draining;

  /**
   * @param checks each answers null while all is well, else why not; looked at once a second at
   *     most
   */
  public Health(List<Supplier<String>> checks) {
    this.checks = List.copyOf(checks);
  }

  /** From now on: 503. */
  public void drain() {
    draining = true;
  }

  /** Why nothing should be sent here, or null. */
  public String trouble() {
    if (draining) {
      return "stopping";
    }
    var known = last;
    if (known == null || System.nanoTime() - known.at > BELIEVED_NANOS) {
      known = look();
    }
    return known.trouble;
  }

  /** One looks, the others wait for what it saw. */
  private synchronized Looked look() {
    var known = last;
    if (known != null && System.nanoTime() - known.at <= BELIEVED_NANOS) {
      return known;
    }
    var found =
        checks.stream().map(Supplier::get).filter(Objects::nonNull).findFirst().orElse(null);
    last = new Looked(found, System.nanoTime());
    return last;
  }

  public Service service() {
    var routes = new Routes("");
    routes.get("/", c -> answer(trouble())).open().summary("Whether this process can serve.");
    return Service.of(
        "health", PATH, routes, Health::fault, PolicyEngine.of(Map.<String, String>of()), null);
  }

  /** 200 for no trouble, 503 for any. */
  static Answer answer(String trouble) {
    return trouble == null
        ? Answer.text(200, "text/plain", "OK")
        : Answer.text(503, "text/plain", trouble);
  }

  private static Answer fault(Fault f, String requestId) {
    return Answer.text(f.status(), "text/plain", f.getMessage());
  }
}
