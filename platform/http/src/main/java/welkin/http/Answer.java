package welkin.http;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.core.RequestContext.KeptAnswer;

/**
 * An answer: status, headers and a body that is bytes, or written as it goes.
 *
 * @param length of a streamed body in bytes, -1 when unknown; ignored for {@code bytes}
 */
public record Answer(
    int status, Map<String, String> headers, byte[] bytes, Stream stream, long length) {
  /** Writes a body. */
  @FunctionalInterface
  public interface Stream {
    void write(OutputStream out) throws IOException;
  }

  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");

  /** 200 with a JSON body: a record, map or tree. */
  public static Answer ok(Object body) {
    return json(200, body);
  }

  public static Answer json(int status, Object body) {
    return new Answer(status, JSON, Json.bytes(body), null, -1);
  }

  /** 200 with a long list, see {@link Json#listing}. */
  public static <T> Answer listing(
      String name, Collection<T> items, Function<T, JsonNode> shown, ObjectNode rest) {
    return new Answer(200, JSON, Json.listing(name, items, shown, rest), null, -1);
  }

  /** No body. */
  public static Answer empty(int status) {
    return new Answer(status, Map.of(), new byte[0], null, -1);
  }

  /** 204. */
  public static Answer none() {
    return empty(204);
  }

  public static Answer text(int status, String contentType, String body) {
    return new Answer(
        status,
        Map.of("Content-Type", contentType),
        body.getBytes(java.nio.charset.StandardCharsets.UTF_8),
        null,
        -1);
  }

  public static Answer stream(int status, String contentType, long length, Stream stream) {
    return new Answer(status, Map.of("Content-Type", contentType), null, stream, length);
  }

  /** A header's value, whatever the case of its name; null when there is none. */
  public String header(String name) {
    for (var h : headers.entrySet()) {
      if (h.getKey().equalsIgnoreCase(name)) {
        return h.getValue();
      }
    }
    return null;
  }

  public Answer with(String header, String value) {
    var h = new LinkedHashMap<>(headers);
    h.put(header, value);
    return new Answer(status, h, bytes, stream, length);
  }

  /** This answer as it is stored with an idempotency key. */
  KeptAnswer kept() {
    return new KeptAnswer(status, Json.text(Map.of("headers", headers, "body", body())));
  }

  /** The body as text, for tests and peers; empty for a stream. */
  public String body() {
    return bytes == null ? "" : new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
  }
}
