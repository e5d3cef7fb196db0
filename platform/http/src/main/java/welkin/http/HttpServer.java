package welkin.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** The door on a socket: Jetty's core, a virtual thread a request, nothing of a servlet layer. */
public final class HttpServer implements AutoCloseable {
  private final Server server;
  private final ServerConnector connector;
  private final DoorHandler handler;

  /**
   * Listens; answers once {@link #open} was called.
   *
   * @param port 0 for any free one
   */
  public HttpServer(Door door, String host, int port) {
    var pool = new QueuedThreadPool(16, 2);
    pool.setName("http");
    pool.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server = new Server(pool);
    var config = new HttpConfiguration();
    config.setRequestHeaderSize(65536);
    config.setSendServerVersion(false);
    config.setSendDateHeader(true);
    config.setUriCompliance(UriCompliance.UNSAFE);
    connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(config));
    connector.setHost(host);
    connector.setPort(port);
    connector.setAcceptQueueSize(1024);
    connector.setIdleTimeout(120_000);
    server.addConnector(connector);
    handler = new DoorHandler(door);
    server.setHandler(new GracefulHandler(handler));
    server.setStopTimeout(Duration.ofSeconds(30).toMillis());
    server.setErrorHandler(
        (request, response, callback) -> {
          response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
          var body =
              "{\"error\": {\"code\": "
                  + response.getStatus()
                  + ", \"message\": \"The request could not be read.\"}}";
          response.write(
              true,
              ByteBuffer.wrap(body.getBytes(java.nio.charset.StandardCharsets.UTF_8)),
              callback);
          return true;
        });
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException(
          "cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /**
   * Begins to answer; until then every request is told to come again in a second.
   *
   * @param base scheme and authority that links in answers begin with, or null for what each
   *     request came by ({@code X-Forwarded-Proto}, {@code X-Forwarded-Host}, {@code Host})
   */
  public void open(String base) {
    handler.base = base;
    handler.waits = null;
  }

  /** {@link #open} with links as each request came. */
  public void open() {
    open(null);
  }

  /** What is being waited for before it opens, told to whoever asks. */
  public void waits(String why) {
    handler.waits = why;
  }

  /** Answers go on, but tell clients to leave: connections are closed after the next answer. */
  public void drain() {
    handler.draining = true;
  }

  /** How long {@link #close} lets requests under way go on; 30 s unless told. */
  public void finishWithin(Duration limit) {
    server.setStopTimeout(limit.toMillis());
  }

  public int port() {
    return connector.getLocalPort();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class DoorHandler extends Handler.Abstract {
    private final Door door;
    volatile String waits = "The cloud is starting.";
    volatile String base;
    volatile boolean draining;

    DoorHandler(Door door) {
      super(InvocationType.BLOCKING);
      this.door = door;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback)
        throws IOException {
      var why = waits;
      if (why != null) {
        write(request, response, notYet(request, why), callback);
        return true;
      }
      if (draining) {
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
      }
      var headers = new HashMap<String, String>();
      for (var field : request.getHeaders()) {
        headers.merge(
            field.getLowerCaseName(),
            field.getValue() == null ? "" : field.getValue(),
            (a, b) -> a + ", " + b);
      }
      var uri = request.getHttpURI();
      var answer =
          door.handle(
              new HttpRequest(
                  request.getMethod().toUpperCase(Locale.ROOT),
                  uri.getPath(),
                  uri.getQuery(),
                  headers,
                  Content.Source.asInputStream(request),
                  request.getLength(),
                  base != null ? base : base(headers, uri),
                  Request.getRemoteAddr(request)));
      write(request, response, answer, callback);
      return true;
    }

    private static Answer notYet(Request request, String why) {
      var answer =
          Health.PATH.equals(request.getHttpURI().getPath())
              ? Health.answer(why)
              : Answer.json(503, Map.of("error", Map.of("code", 503, "message", why)));
      return answer.with("Retry-After", "1");
    }

    /** What the client typed, as the proxies in front tell it. */
    private static String base(Map<String, String> headers, HttpURI uri) {
      var scheme = first(headers.get("x-forwarded-proto"));
      var authority = first(headers.get("x-forwarded-host"));
      return (scheme != null && scheme.matches("https?") ? scheme : uri.getScheme())
          + "://"
          + (authority != null && authority.matches("[\\w.:\\[\\]-]{1,255}")
              ? authority
              : headers.getOrDefault("host", uri.getAuthority()));
    }

    /** The client's own proxy comes first. */
    private static String first(String list) {
      return list == null ? null : list.split(",", 2)[0].strip();
    }

    private static void write(Request request, Response response, Answer answer, Callback callback)
        throws IOException {
      response.setStatus(answer.status());
      answer.headers().forEach((k, v) -> response.getHeaders().put(k, v));
      boolean head = request.getMethod().equals("HEAD");
      if (answer.stream() == null) {
        boolean bodiless = answer.status() == 204 || answer.status() == 304;
        if (!bodiless) {
          response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.bytes().length);
        }
        response.write(true, head || bodiless ? null : ByteBuffer.wrap(answer.bytes()), callback);
        return;
      }
      if (answer.length() >= 0) {
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.length());
      }
      if (head) {
        response.write(true, null, callback);
        return;
      }
      try (var out = Content.Sink.asOutputStream(response)) {
        answer.stream().write(out);
      } catch (IOException | RuntimeException e) {
        callback.failed(e); // headers are out: the client learns from the closed connection
        return;
      }
      callback.succeeded();
    }
  }
}
