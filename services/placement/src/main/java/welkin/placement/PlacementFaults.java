package welkin.placement;

import java.util.List;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;

/** Placement's error shape ({@code {"errors": [{status, title, detail, code, request_id}]}}). */
public final class PlacementFaults {
  public static final String CONCURRENT_UPDATE = "placement.concurrent_update";
  public static final String DUPLICATE_NAME = "placement.duplicate_name";
  public static final String INVENTORY_IN_USE = "placement.inventory.inuse";
  public static final String PROVIDER_IN_USE = "placement.resource_provider.inuse";
  public static final String CANNOT_DELETE_PARENT =
      "placement.resource_provider.cannot_delete_parent";
  public static final String PROVIDER_NOT_FOUND = "placement.resource_provider.not_found";
  public static final String DUPLICATE_KEY = "placement.query.duplicate_key";
  public static final String BAD_VALUE = "placement.query.bad_value";
  public static final String MISSING_VALUE = "placement.query.missing_value";
  private static final String UNDEFINED = "placement.undefined_code";

  private PlacementFaults() {}

  /** A 409 with one of the codes above. */
  public static Fault conflict(String code, String message) {
    return Fault.conflict(message).named(code);
  }

  /** The reader's generation is not the provider's: read again and retry. */
  public static Fault generationConflict(String message) {
    return conflict(CONCURRENT_UPDATE, message);
  }

  static Answer render(Fault fault, String requestId) {
    var error = Json.object();
    error.put("status", fault.status());
    error.put("title", title(fault.status()));
    error.put("detail", explanation(fault.status()) + "\n\n " + fault.getMessage() + "  ");
    error.put("code", fault.code().startsWith("placement.") ? fault.code() : UNDEFINED);
    error.put("request_id", requestId);
    if (fault.status() == 406) {
      error.put("max_version", PlacementVersions.NEGOTIATION.max().toString());
      error.put("min_version", PlacementVersions.NEGOTIATION.min().toString());
    }
    return Answer.json(fault.status(), java.util.Map.of("errors", List.of(error)));
  }

  private static String title(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 406 -> "Not Acceptable";
      case 409 -> "Conflict";
      case 413 -> "Request Entity Too Large";
      case 415 -> "Unsupported Media Type";
      case 503 -> "Service Unavailable";
      default -> status >= 500 ? "Internal Server Error" : "Client Error";
    };
  }

  private static String explanation(int status) {
    return switch (status) {
      case 400 -> "The server could not comply with the request since it is malformed or wrong.";
      case 401 -> "The request needs authentication.";
      case 403 -> "Access was denied to this resource.";
      case 404 -> "The resource could not be found.";
      case 405 -> "The method specified is not allowed for this resource.";
      case 406 -> "The version asked for cannot be served.";
      case 409 -> "There was a conflict when trying to complete your request.";
      case 413 -> "The body of your request was too large.";
      case 415 -> "The request media type is not supported by this server.";
      default -> "The request failed.";
    };
  }
}
