package welkin.testkit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * As much of an image service as a host needs: image bytes to GET and to PUT at {@code
 * /v2/images/ID/file}, for one token.
 */
public final class ImageServer implements AutoCloseable {
  /** The token it wants. */
  public static final String TOKEN = "a-token";

  private final HttpServer server;
  private final Map<String, byte[]> images = new ConcurrentHashMap<>();
  private final Map<String, String> uploadTypes = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> downloads = new ConcurrentHashMap<>();

  private final Map<String, AtomicInteger> broken = new ConcurrentHashMap<>();

  public ImageServer() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v2/images/", this::serve);
    server.start();
  }

  /** Stores an image as if uploaded. */
  public void put(String id, byte[] bytes) {
    images.put(id, bytes);
  }

  /** Forgets an image, as if deleted. */
  public void remove(String id) {
    images.remove(id);
  }

  /** Where the bytes of an image are. */
  public String url(String id) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v2/images/" + id + "/file";
  }

  /** The bytes of an image, or null. */
  public byte[] bytes(String id) {
    return images.get(id);
  }

  /** The Content-Type an upload came with, or null when there was none. */
  public String uploadType(String id) {
    return uploadTypes.get(id);
  }

  /** How often an image was fetched. */
  public int downloads(String id) {
    var n = downloads.get(id);
    return n == null ? 0 : n.get();
  }

  /** Holds downloads of an image back, counted already, until the latch is open. */
  public CountDownLatch hold(String id) {
    return held.computeIfAbsent(id, i -> new CountDownLatch(1));
  }

  /** Answers the next so many downloads of an image with half of it, as a server that is killed. */
  public void breakOff(String id, int times) {
    broken.put(id, new AtomicInteger(times));
  }

  private boolean breaks(String id) {
    return broken.get(id) instanceof AtomicInteger left && left.getAndDecrement() > 0;
  }

  private void serve(HttpExchange x) throws IOException {
    try (x) {
      var path = x.getRequestURI().getPath().split("/");
      var id = path[3];
      var body = x.getRequestBody().readAllBytes();
      if (!TOKEN.equals(x.getRequestHeaders().getFirst("X-Auth-Token"))) {
        x.sendResponseHeaders(401, -1);
      } else if (x.getRequestMethod().equals("PUT")) {
        images.put(id, body);
        uploadTypes.put(id, String.valueOf(x.getRequestHeaders().getFirst("Content-Type")));
        x.sendResponseHeaders(204, -1);
      } else if (images.get(id) instanceof byte[] bytes) {
        downloads.computeIfAbsent(id, i -> new AtomicInteger()).incrementAndGet();
        if (held.get(id) instanceof CountDownLatch latch) {
          latch.await();
        }
        x.sendResponseHeaders(200, bytes.length);
        x.getResponseBody().write(bytes, 0, breaks(id) ? bytes.length / 2 : bytes.length);
      } else {
        x.sendResponseHeaders(404, -1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
