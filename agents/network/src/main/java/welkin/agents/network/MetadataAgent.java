package welkin.agents.network;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.NetworkPlugin.PortOwner;
import welkin.core.Secret;

/**
 * Answers the proxies in the namespaces: finds out who asks and forwards the request to Compute's
 * metadata service, signed as upstream's metadata agent does ({@code X-Instance-ID-Signature} is
 * HMAC-SHA256 of the server id under the shared secret, in hex).
 */
final class MetadataAgent implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MetadataAgent.class);
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int BODY_MAX = 1 << 20;
  private final NetworkHostConfig config;
  private final NetworkPlugin plugin;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private Server server;

  MetadataAgent(NetworkHostConfig config, NetworkPlugin plugin) {
    this.config = config;
    this.plugin = plugin;
  }

  void start() throws Exception {
    Files.createDirectories(config.stateDirectory());
    Files.deleteIfExists(config.metadataSocket());
    var threads = new QueuedThreadPool(16, 2);
    threads.setName("metadata");
    threads.setVirtualThreadsExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server = new Server(threads);
    var http = new HttpConfiguration();
    http.setSendServerVersion(false);
    var connector = new UnixDomainServerConnector(server, 1, 1, new HttpConnectionFactory(http));
    connector.setUnixDomainPath(config.metadataSocket());
    server.addConnector(connector);
    server.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            try {
              answer(request, response, callback);
            } catch (IOException | RuntimeException e) {
              log.warn("metadata request failed: {}", e.getMessage());
              Response.writeError(
                  request, response, callback, 500, "The metadata service cannot be asked now.");
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              Response.writeError(request, response, callback, 503);
            }
            return true;
          }
        });
    server.start();
  }

  private void answer(Request request, Response response, Callback callback)
      throws IOException, InterruptedException {
    var headers = request.getHeaders();
    var address = headers.get(HttpHeader.X_FORWARDED_FOR);
    var network = headers.get(Haproxy.NETWORK_HEADER);
    var router = headers.get(Haproxy.ROUTER_HEADER);
    if (address == null || network == null && router == null) {
      Response.writeError(request, response, callback, 400, "Who asks is not known.");
      return;
    }
    var owner = plugin.owner(network, router, address);
    if (owner == null || owner.serverId() == null) {
      Response.writeError(
          request, response, callback, 404, "No server has the address " + address + " here.");
      return;
    }
    var body = Content.Source.asByteBuffer(request);
    if (body.remaining() > BODY_MAX) {
      Response.writeError(request, response, callback, 413);
      return;
    }
    var answer = client.send(outward(request, address, owner, body), bytes());
    response.setStatus(answer.statusCode());
    answer
        .headers()
        .firstValue("content-type")
        .ifPresent(t -> response.getHeaders().put(HttpHeader.CONTENT_TYPE, t));
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
    response.write(true, ByteBuffer.wrap(answer.body()), callback);
  }

  private static HttpResponse.BodyHandler<byte[]> bytes() {
    return HttpResponse.BodyHandlers.ofByteArray();
  }

  private HttpRequest outward(Request request, String address, PortOwner owner, ByteBuffer body) {
    var bytes = new byte[body.remaining()];
    body.get(bytes);
    var base = config.metadataUrl().toString().replaceFirst("/+$", "");
    var b =
        HttpRequest.newBuilder()
            .uri(URI.create(base + request.getHttpURI().getPathQuery()))
            .timeout(LIMIT)
            .header("X-Forwarded-For", address)
            .header("X-Instance-ID", owner.serverId())
            .header("X-Instance-ID-Signature", sign(config.metadataSecret(), owner.serverId()))
            .method(
                request.getMethod(),
                bytes.length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(bytes));
    if (owner.projectId() != null) {
      b.header("X-Tenant-ID", owner.projectId());
    }
    var type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    if (type != null) {
      b.header("Content-Type", type);
    }
    return b.build();
  }

  static String sign(Secret secret, String serverId) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(serverId.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws Exception {
    if (server != null) {
      server.stop();
    }
    client.close();
  }
}
