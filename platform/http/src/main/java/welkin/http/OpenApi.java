package welkin.http;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** The OpenAPI 3.1 document of a service, made from its route table. */
final class OpenApi {
  private OpenApi() {}

  static ObjectNode of(Service service) {
    var doc = Json.object();
    doc.put("openapi", "3.1.0");
    var info = doc.putObject("info");
    info.put("title", "Welkin " + service.name());
    info.put(
        "version", service.negotiation() == null ? "1" : service.negotiation().max().toString());
    doc.putArray("servers")
        .addObject()
        .put("url", service.mount().isEmpty() ? "/" : service.mount());
    var paths = doc.putObject("paths");
    for (var row : service.rows()) {
      var path = row.path.replace("+}", "}") + (row.action == null ? "" : "#" + row.action);
      var item = (ObjectNode) paths.get(path);
      if (item == null) {
        item = paths.putObject(path);
      }
      var operation = item.putObject(row.method.toLowerCase(java.util.Locale.ROOT));
      operation.put("operationId", row.toString());
      if (row.summary != null) {
        operation.put("summary", row.summary);
      }
      if (row.policy != null) {
        operation.put("x-welkin-policy", row.policy);
      }
      if (row.since != null) {
        operation.put("x-welkin-since", row.since.toString());
      }
      if (row.until != null) {
        operation.put("x-welkin-until", row.until.toString());
      }
      var parameters = operation.putArray("parameters");
      for (var segment : row.path.split("/")) {
        if (segment.startsWith("{")) {
          var p = parameters.addObject();
          p.put("name", segment.substring(1, segment.length() - (segment.endsWith("+}") ? 2 : 1)));
          p.put("in", "path").put("required", true).putObject("schema").put("type", "string");
        }
      }
      if (row.body != null) {
        operation
            .putObject("requestBody")
            .putObject("content")
            .putObject("application/json")
            .set(
                "schema",
                row.body.toJsonSchema(
                    service.negotiation() == null ? null : service.negotiation().max()));
      }
      operation
          .putObject("responses")
          .putObject(Integer.toString(row.success))
          .put("description", "success");
    }
    return doc;
  }
}
