package welkin.identity.shared;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import welkin.core.Fault;
import welkin.http.Answer;

/** keystone's faults and their shape: {@code {"error": {"code", "title", "message"}}}. */
public final class Faults {
  private static final String REFUSED = "Policy doesn't allow ";

  private Faults() {}

  /** 404: {@code Could not find user: x.} */
  public static Fault notFound(String noun, String id) {
    return Fault.notFound("Could not find " + noun + ": " + id + ".");
  }

  public static Supplier<Fault> missing(String noun, String id) {
    return () -> notFound(noun, id);
  }

  /** 409 for a name that is taken. */
  public static Fault taken(String noun, String detail) {
    return Fault.conflict(
        "Conflict occurred attempting to store "
            + noun
            + " - Duplicate entry found with "
            + detail
            + ".");
  }

  /** 401, always in the same words: it must not tell which part was wrong. */
  public static Fault unauthorized() {
    return Fault.unauthorized("The request you have made requires authentication.");
  }

  /** 403 for one more of what a user may have only so many of. */
  public static Fault tooMany(String nouns, int limit) {
    return Fault.forbidden(
        "Unable to create additional "
            + nouns
            + ", maximum of "
            + limit
            + " already exceeded for user.");
  }

  public static Fault forbidden(String action) {
    return Fault.forbidden(
        "You are not authorized to perform the requested action: " + action + ".");
  }

  /** A fault as keystone's clients expect it. */
  public static Answer render(Fault fault, String requestId) {
    var message = fault.getMessage();
    if (fault.status() == 403 && message.startsWith(REFUSED)) {
      message =
          "You are not authorized to perform the requested action: "
              + message.substring(REFUSED.length()).replace(" to be performed.", ".");
    } else if (fault.status() >= 500 && fault.getCause() != null) {
      message =
          "An unexpected error prevented the server from fulfilling your request ("
              + requestId
              + ").";
    }
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("code", fault.status());
    error.put("message", message);
    error.put("title", title(fault.status()));
    return Answer.json(fault.status(), Map.of("error", error));
  }

  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 409 -> "Conflict";
      case 410 -> "Gone";
      case 413 -> "Request Entity Too Large";
      case 415 -> "Unsupported Media Type";
      case 422 -> "Unprocessable Entity";
      case 429 -> "Too Many Requests";
      case 501 -> "Not Implemented";
      case 503 -> "Service Unavailable";
      default -> "Internal Server Error";
    };
  }
}
