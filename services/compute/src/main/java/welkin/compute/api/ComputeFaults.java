package welkin.compute.api;

import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Service;

/**
 * Compute's error shape: one key that names the kind, with code and message below it, e.g. {@code
 * {"itemNotFound": {"code": 404, "message": "..."}}}.
 */
public final class ComputeFaults implements Service.FaultShape {
  private static final Map<Integer, String> NAMES =
      Map.ofEntries(
          Map.entry(400, "badRequest"),
          Map.entry(401, "unauthorized"),
          Map.entry(403, "forbidden"),
          Map.entry(404, "itemNotFound"),
          Map.entry(405, "badMethod"),
          Map.entry(409, "conflictingRequest"),
          Map.entry(413, "overLimit"),
          Map.entry(415, "badMediaType"),
          Map.entry(429, "overLimit"),
          Map.entry(501, "notImplemented"),
          Map.entry(503, "serviceUnavailable"));

  @Override
  public Answer render(Fault fault, String requestId) {
    int status = fault.status();
    if (status == 401) { // upstream's token filter answers this one, in its own shape
      var error = Json.object().put("code", 401).put("title", "Unauthorized");
      return Answer.json(401, Json.object().set("error", error.put("message", fault.getMessage())));
    }
    var body = Json.object().put("code", status).put("message", fault.getMessage());
    if (fault.details().get("retry_after") instanceof Integer seconds && status != 503) {
      body.put("retryAfter", seconds);
    }
    return Answer.json(status, Json.object().set(NAMES.getOrDefault(status, "computeFault"), body));
  }
}
