package welkin.agents.hypervisor;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import welkin.agents.contracts.ImageTarget;
import welkin.agents.contracts.InstanceSpec.ImageSource;
import welkin.core.Fault;
import welkin.core.Secret;

/** Image bytes from and to the Image service, streaming. */
final class ImageTransfer implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofHours(2);

  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(Duration.ofSeconds(30))
          .version(HttpClient.Version.HTTP_1_1)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();

  private volatile boolean closed;

  /** Whether nothing will be fetched any more. */
  boolean closed() {
    return closed;
  }

  /** The bytes of an image; closed by force when they take longer than two hours. */
  InputStream download(ImageSource image) throws IOException {
    var request = request(image.url(), image.token()).timeout(Duration.ofMinutes(5)).GET().build();
    var answer = send(request, HttpResponse.BodyHandlers.ofInputStream());
    if (answer.statusCode() != 200) {
      try (var body = answer.body()) {
        throw refused("fetching image " + image.id(), answer.statusCode(), body);
      }
    }
    var watch = new CompletableFuture<Void>();
    watch.completeOnTimeout(null, LIMIT.toSeconds(), TimeUnit.SECONDS);
    var body = answer.body();
    watch.thenRun(
        () -> {
          try {
            body.close();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return new FilterInputStream(body) {
      @Override
      public void close() throws IOException {
        watch.cancel(false);
        super.close();
      }
    };
  }

  /** Uploads a file; symbolic links are not followed. */
  void upload(Path file, ImageTarget target) {
    try (var channel =
        FileChannel.open(file, Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
      var body =
          HttpRequest.BodyPublishers.fromPublisher(
              HttpRequest.BodyPublishers.ofInputStream(() -> Channels.newInputStream(channel)),
              channel.size());
      var request =
          request(target.url(), target.token())
              .timeout(LIMIT)
              .header("Content-Type", "application/octet-stream")
              .PUT(body)
              .build();
      var answer = send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (var said = answer.body()) {
        if (answer.statusCode() / 100 != 2) {
          throw refused("uploading image " + target.imageId(), answer.statusCode(), said);
        }
      }
    } catch (IOException e) {
      throw Fault.of(
          503, "ImageServiceUnreachable", "uploading image " + target.imageId() + ": " + e);
    }
  }

  private static HttpRequest.Builder request(String url, Secret token) {
    var r = HttpRequest.newBuilder(URI.create(url));
    return token == null ? r : r.header("X-Auth-Token", token.reveal());
  }

  private <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException {
    try {
      return http.send(request, handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("Interrupted.", 1);
    } catch (IOException e) {
      throw Fault.of(
          503,
          "ImageServiceUnreachable",
          "The image service at " + request.uri().getAuthority() + " does not answer: " + e);
    }
  }

  private static Fault refused(String doing, int status, InputStream body) throws IOException {
    var said = new String(body.readNBytes(300), StandardCharsets.UTF_8).strip();
    var message =
        doing + ": the image service answered " + status + (said.isEmpty() ? "" : ": " + said);
    return switch (status) {
      case 204, 404, 410 -> Fault.of(400, "ImageNotFound", message);
      case 413 -> Fault.of(413, "ImageTooLarge", message);
      case 429, 502, 503, 504 -> Fault.of(503, "ImageServiceUnreachable", message);
      default -> Fault.of(500, "ImageServiceRefused", message);
    };
  }

  @Override
  public void close() {
    closed = true;
    http.shutdownNow();
  }
}
