package welkin.http;

import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A request, however it came: over a socket or from a peer in the same process.
 *
 * @param path the undecoded path, without query
 * @param query the undecoded query, or null
 * @param headers lower-case names; several values joined by comma
 * @param body never null
 * @param length the body's announced length, -1 when unknown
 * @param base scheme and authority the client used, e.g. {@code http://127.0.0.1:5000}
 * @param remote the client's address
 */
public record HttpRequest(
    String method,
    String path,
    String query,
    Map<String, String> headers,
    InputStream body,
    long length,
    String base,
    String remote) {

  public String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  /** A request with a JSON or empty body. */
  public static HttpRequest of(
      String method, String pathAndQuery, Map<String, String> headers, byte[] body, String base) {
    int q = pathAndQuery.indexOf('?');
    return new HttpRequest(
        method,
        q < 0 ? pathAndQuery : pathAndQuery.substring(0, q),
        q < 0 ? null : pathAndQuery.substring(q + 1),
        headers,
        body == null ? InputStream.nullInputStream() : new java.io.ByteArrayInputStream(body),
        body == null ? 0 : body.length,
        base,
        "127.0.0.1");
  }

  /** The methods a route may have. */
  static final List<String> METHODS =
      List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "COPY");
}
