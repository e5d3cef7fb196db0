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
 *
 * <p>What all processes share and none can answer without is a reason for 503; what they share and
 * can go on without for a while (the bus: work waits in the database) is told beside {@code OK},
 * since a load balancer that turned everybody away would make a small trouble a great one.
 */
public final class Health {
  /** Where it answers. */
  public static final String PATH = "/healthcheck";

  private static final long BELIEVED_NANOS = 1_000_000_000;

  private record Looked(String trouble, String worry, long at) {}

  private final List<Supplier<String>> needs;
  private final List<Supplier<String>> wants;
  private volatile Looked last;
  private volatile boolean draining;

  /**
   * Each check answers null while all is well, else why not; looked at once a second at most.
   *
   * @param needs nothing can be served without
   * @param wants told, and no reason to send nothing
   */
  public Health(List<Supplier<String>> needs, List<Supplier<String>> wants) {
    this.needs = List.copyOf(needs);
    this.wants = List.copyOf(wants);
  }

  /** From now on: 503. */
  public void drain() {
    draining = true;
  }

  /** Why nothing should be sent here, or null. */
  public String trouble() {
    return draining ? "stopping" : now().trouble;
  }

  /** What is not as it should be, and can be lived with for a while; or null. */
  public String worry() {
    return now().worry;
  }

  private Looked now() {
    var known = last;
    return known == null || System.nanoTime() - known.at > BELIEVED_NANOS ? look() : known;
  }

  /** One looks, the others wait for what it saw. */
  private synchronized Looked look() {
    var known = last;
    if (known != null && System.nanoTime() - known.at <= BELIEVED_NANOS) {
      return known;
    }
    var found = first(needs);
    last = new Looked(found, found == null ? first(wants) : null, System.nanoTime());
    return last;
  }

  private static String first(List<Supplier<String>> checks) {
    return checks.stream().map(Supplier::get).filter(Objects::nonNull).findFirst().orElse(null);
  }

  public Service service() {
    var routes = new Routes("");
    routes.get("/", c -> answer()).open().summary("Whether this process can serve.");
    return Service.of(
        "health", PATH, routes, Health::fault, PolicyEngine.of(Map.<String, String>of()), null);
  }

  private Answer answer() {
    var trouble = trouble();
    var worry = trouble == null ? worry() : null;
    return worry == null ? answer(trouble) : Answer.text(200, "text/plain", "OK, but " + worry);
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
