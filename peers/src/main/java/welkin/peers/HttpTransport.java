package welkin.peers;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/**
 * A peer that is not in this process: HTTP to its endpoint, over connections that are kept. JSON
 * comes as bytes; anything else (an image's content) streams.
 *
 * <p>A peer that restarts is met again: what was not sent, and reads, are sent anew for about a
 * second. Then, and for whatever may have been done or not, the fault is {@link Fault#away}.
 */
public final class HttpTransport implements Transport {
  private static final Set<String> OURS =
      Set.of("host", "content-length", "connection", "expect", "upgrade");
  private static final Set<String> READS = Set.of("GET", "HEAD");
  private static final int TRIES = 4;
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Endpoints endpoints;

  public HttpTransport(Endpoints endpoints) {
    this.endpoints = endpoints;
  }

  @Override
  public Answer send(HttpRequest request) {
    var uri =
        URI.create(
            endpoints.url(request.path()) + (request.query() == null ? "" : "?" + request.query()));
    var builder = java.net.http.HttpRequest.newBuilder(uri).timeout(ANSWER_WITHIN);
    request
        .headers()
        .forEach(
            (k, v) -> {
              if (!OURS.contains(k)) {
                builder.header(k, v);
              }
            });
    try {
      builder.method(request.method(), body(request));
      return answer(send(builder.build(), request.length() >= 0));
    } catch (IOException e) {
      throw Fault.away("No answer from " + uri.getAuthority() + ": " + reason(e), 2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.away("Interrupted while waiting for " + uri.getAuthority() + ".", 2);
    }
  }

  private static BodyPublisher body(HttpRequest request) throws IOException {
    return request.length() < 0
        ? BodyPublishers.ofInputStream(request::body)
        : BodyPublishers.ofByteArray(request.body().readAllBytes());
  }

  private HttpResponse<java.io.InputStream> send(
      java.net.http.HttpRequest request, boolean repeatable)
      throws IOException, InterruptedException {
    for (int tried = 1; ; tried++) {
      try {
        return client.send(request, BodyHandlers.ofInputStream());
      } catch (IOException e) {
        boolean unsent = e instanceof ConnectException;
        if (tried == TRIES || !repeatable || !unsent && !READS.contains(request.method())) {
          throw e;
        }
        Thread.sleep(100L << tried);
      }
    }
  }

  private static Answer answer(HttpResponse<java.io.InputStream> response) throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    response.headers().map().forEach((k, v) -> headers.put(k, String.join(", ", v)));
    var type = headers.getOrDefault("content-type", "application/json");
    if (response.statusCode() < 300 && !type.contains("json") && !type.startsWith("text/")) {
      return new Answer(
          response.statusCode(),
          headers,
          null,
          out -> {
            try (var in = response.body()) {
              in.transferTo(out);
            }
          },
          response.headers().firstValueAsLong("content-length").orElse(-1));
    }
    try (var in = response.body()) {
      return new Answer(response.statusCode(), headers, in.readAllBytes(), null, -1);
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
