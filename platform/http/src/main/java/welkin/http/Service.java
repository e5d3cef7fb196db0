package welkin.http;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import welkin.core.Fault;
import welkin.http.policy.PolicyEngine;
import welkin.store.Database;

/**
 * A service's API as the door sees it: where it is mounted, its route table, and the few ways in
 * which upstream's services differ at the edge.
 *
 * @param name the service type, e.g. {@code compute}
 * @param mount the path prefix without trailing slash, e.g. {@code /compute}; empty for the root
 * @param negotiation how microversions are asked for, or null
 * @param faults how errors look
 * @param policy its rules
 * @param database where idempotency keys are kept
 * @param authFirst whether a caller without a token gets 401 even for paths that do not exist
 * @param bodyLimit JSON bodies larger than this many bytes are refused with 413
 * @param rewrite normalises paths before routing (an optional project id in the path), identity for
 *     most
 * @param always headers of every answer
 */
public record Service(
    String name,
    String mount,
    Routes routes,
    Negotiation negotiation,
    FaultShape faults,
    PolicyEngine policy,
    Database database,
    boolean authFirst,
    long bodyLimit,
    UnaryOperator<String> rewrite,
    Map<String, String> always) {

  /** A service with the common settings. */
  public static Service of(
      String name,
      String mount,
      Routes routes,
      FaultShape faults,
      PolicyEngine policy,
      Database database) {
    return new Service(
        name, mount, routes, null, faults, policy, database, true, 1 << 20, p -> p, Map.of());
  }

  private Service with(
      String where,
      Negotiation n,
      boolean authenticatesFirst,
      UnaryOperator<String> how,
      Map<String, String> headers) {
    return new Service(
        name,
        where,
        routes,
        n,
        faults,
        policy,
        database,
        authenticatesFirst,
        bodyLimit,
        how,
        headers);
  }

  public Service negotiating(Negotiation n) {
    return with(mount, n, authFirst, rewrite, always);
  }

  public Service routingFirst() {
    return with(mount, negotiation, false, rewrite, always);
  }

  public Service rewriting(UnaryOperator<String> how) {
    return with(mount, negotiation, authFirst, how, always);
  }

  /** Says a header with every answer, refusals too. */
  public Service saying(String header, String value) {
    return with(mount, negotiation, authFirst, rewrite, Map.of(header, value));
  }

  /** The same service at another place (an alias such as {@code /identity}). */
  public Service mountedAt(String other) {
    return with(other, negotiation, authFirst, rewrite, always);
  }

  /** Renders a fault as this service's clients expect it. */
  @FunctionalInterface
  public interface FaultShape {
    Answer render(Fault fault, String requestId);
  }

  /**
   * How a service's microversions are asked for and told.
   *
   * @param type the word in {@code OpenStack-API-Version}, e.g. {@code compute}
   * @param legacyHeader an older header with the bare version, or null
   * @param min the oldest, also what a client that asks for none gets
   * @param max the newest, what {@code latest} means
   */
  public record Negotiation(String type, String legacyHeader, Version min, Version max) {
    private static final Pattern BLANKS = Pattern.compile("\\s+");

    Version choose(HttpRequest request) {
      String asked = null;
      var modern = request.header("openstack-api-version");
      if (modern != null) {
        for (var part : modern.split(",")) {
          var words = BLANKS.split(part.strip());
          if (words.length == 2 && words[0].equalsIgnoreCase(type)) {
            asked = words[1];
          }
        }
      }
      if (asked == null && legacyHeader != null) {
        asked = request.header(legacyHeader);
      }
      if (asked == null) {
        return min;
      }
      if (asked.strip().equalsIgnoreCase("latest")) {
        return max;
      }
      var v = Version.parse(asked.strip());
      if (v == null) {
        throw Fault.badRequest(
            "API Version String "
                + asked
                + " is of invalid format. Must be of format MajorNum.MinorNum.");
      }
      if (v.compareTo(min) < 0 || v.compareTo(max) > 0) {
        throw Fault.of(
            406,
            "NotAcceptable",
            "Version "
                + v
                + " is not supported by the API. Minimum is "
                + min
                + " and maximum is "
                + max
                + ".");
      }
      return v;
    }

    Answer tell(Answer answer, Version v) {
      var out = answer.with("OpenStack-API-Version", type + " " + v).with("Vary", vary());
      return legacyHeader == null ? out : out.with(legacyHeader, v.toString());
    }

    private String vary() {
      return legacyHeader == null
          ? "OpenStack-API-Version"
          : "OpenStack-API-Version, " + legacyHeader;
    }
  }

  /** All rows, for walks over the table. */
  public List<Route> rows() {
    return routes.rows();
  }
}
