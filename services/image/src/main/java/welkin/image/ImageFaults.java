package welkin.image;

import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;

/** Image's error shape, {@code {"message", "code": "404 Not Found", "title": "Not Found"}}. */
final class ImageFaults {
  private ImageFaults() {}

  static Answer render(Fault fault, String requestId) {
    var title = title(fault.status());
    var body = Json.object();
    body.put("message", fault.getMessage());
    body.put("code", fault.status() + " " + title);
    body.put("title", title);
    body.put("request_id", requestId);
    var answer = Answer.json(fault.status(), body);
    for (var e : Map.of("range", "Content-Range", "accept_patch", "Accept-Patch").entrySet()) {
      if (fault.details().get(e.getKey()) instanceof String value) {
        answer = answer.with(e.getValue(), value);
      }
    }
    return answer;
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
      case 416 -> "Requested Range Not Satisfiable";
      case 422 -> "Unprocessable Entity";
      case 503 -> "Service Unavailable";
      case 507 -> "Insufficient Storage";
      default -> "Internal Server Error";
    };
  }
}
