package welkin.network.resource;

import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;

/** Faults under upstream's type names, and how they look to a client. */
public final class Faults {
  private Faults() {}

  /** The body or query is not what the API takes. */
  public static Fault badRequest(String message) {
    return Fault.of(400, "HTTPBadRequest", message);
  }

  /** A value that cannot work with what exists. */
  public static Fault invalidInput(String reason) {
    return Fault.of(400, "InvalidInput", "Invalid input for operation: " + reason + ".");
  }

  public static Fault badResource(String resource, String reason) {
    return Fault.of(400, "BadRequest", "Bad " + resource + " request: " + reason + ".");
  }

  /**
   * @param type upstream's type without NotFound, e.g. {@code Port}
   */
  public static Fault notFound(String type, String id) {
    return Fault.of(404, type + "NotFound", type + " " + id + " could not be found.");
  }

  /** What a caller gets for a thing whose existence is none of its business. */
  public static Fault hidden() {
    return Fault.of(404, "HTTPNotFound", "The resource could not be found.");
  }

  public static Fault conflict(String type, String message) {
    return Fault.of(409, type, message);
  }

  public static Fault policy(String... rules) {
    return Fault.of(
        403,
        "PolicyNotAuthorized",
        (rules.length == 1 ? "rule:" + rules[0] : "(rule:" + String.join(" and rule:", rules) + ")")
            + " is disallowed by policy");
  }

  /**
   * {@code {"NeutronError": {"type", "message", "detail"}}}; 401 as the token middleware says it.
   */
  public static Answer render(Fault fault, String requestId) {
    if (fault.status() == 401) {
      return Answer.json(
          401,
          Map.of(
              "error",
              Map.of("code", 401, "title", "Unauthorized", "message", fault.getMessage())));
    }
    var error = Json.object();
    error.put("type", type(fault));
    error.put("message", fault.getMessage());
    error.put("detail", "");
    return Answer.json(fault.status(), Json.object().set("NeutronError", error));
  }

  private static String type(Fault fault) {
    return switch (fault.code()) {
      case "BadRequest" -> fault.getMessage().startsWith("Bad ") ? "BadRequest" : "HTTPBadRequest";
      case "NotFound" -> "HTTPNotFound";
      case "Forbidden" -> "PolicyNotAuthorized";
      case "MethodNotAllowed" -> "HTTPMethodNotAllowed";
      case "InternalError" -> "HTTPInternalServerError";
      default -> fault.code();
    };
  }
}
