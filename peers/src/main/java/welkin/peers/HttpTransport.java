package welkin.peers;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/** A peer that is not in this process: HTTP to its endpoint. */
public final class HttpTransport implements Transport {
  private static final Set<String> OURS =
      Set.of("host", "content-length", "connection", "expect", "upgrade");
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  @Override
  public Answer send(HttpRequest request) {
    var uri =
        URI.create(
            request.base()
                + request.path()
                + (request.query() == null ? "" : "?" + request.query()));
    try {
      var builder =
          java.net.http.HttpRequest.newBuilder(uri)
              .timeout(Duration.ofSeconds(60))
              .method(request.method(), BodyPublishers.ofByteArray(request.body().readAllBytes()));
      request
          .headers()
          .forEach(
              (k, v) -> {
                if (!OURS.contains(k)) {
                  builder.header(k, v);
                }
              });
      var response = client.send(builder.build(), BodyHandlers.ofByteArray());
      Map<String, String> headers = new LinkedHashMap<>();
      response.headers().map().forEach((k, v) -> headers.put(k, String.join(", ", v)));
      return new Answer(response.statusCode(), headers, response.body(), null, -1);
    } catch (IOException e) {
      throw Fault.unavailable("No answer from " + request.base() + ": " + e.getMessage(), 5);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted while waiting for " + request.base(), 5);
    }
  }
}
