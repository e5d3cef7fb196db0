package welkin.core;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/**
 * Requests to servers outside of the cloud: no redirects are followed, an answer has a limit and a
 * deadline, and addresses that are not the public network's are refused unless an operator allowed
 * them. Link-local ones (metadata services) are refused always.
 */
public final class Egress {
  private static final int ANSWER_MAX = 1 << 20;
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final boolean privateNetworks;
  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();

  /** What a server answered. */
  public record Reply(int status, byte[] body) {
    public String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  /**
   * @param privateNetworks whether addresses of private networks and plain http may be used
   */
  public Egress(boolean privateNetworks) {
    this.privateNetworks = privateNetworks;
  }

  public Reply get(URI uri, Map<String, String> headers) throws IOException {
    return send(request(uri, headers).GET().build());
  }

  /** Posts a form. */
  public Reply post(URI uri, Map<String, String> headers, String form) throws IOException {
    return send(
        request(uri, headers)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build());
  }

  private HttpRequest.Builder request(URI uri, Map<String, String> headers) throws IOException {
    mustBeAllowed(uri);
    var request =
        HttpRequest.newBuilder(uri).timeout(DEADLINE).header("Accept", "application/json");
    headers.forEach(request::setHeader);
    return request;
  }

  private Reply send(HttpRequest request) throws IOException {
    try {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (var in = answer.body()) {
        var bytes = in.readNBytes(ANSWER_MAX + 1);
        if (bytes.length > ANSWER_MAX) {
          throw new IOException(request.uri().getHost() + " answered more than a megabyte");
        }
        return new Reply(answer.statusCode(), bytes);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * @throws IOException saying why not
   */
  public void mustBeAllowed(URI uri) throws IOException {
    var scheme = uri.getScheme();
    if (uri.getHost() == null
        || !"https".equals(scheme) && !("http".equals(scheme) && privateNetworks)) {
      throw new IOException(
          "not an address to ask: " + uri + (privateNetworks ? "" : " (https is needed)"));
    }
    InetAddress[] all;
    try {
      var host = uri.getHost();
      all =
          InetAddress.getAllByName(
              host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    } catch (UnknownHostException e) {
      throw new IOException("unknown host " + uri.getHost(), e);
    }
    for (var address : all) {
      if (isNobodys(address) || !privateNetworks && isPrivate(address)) {
        throw new IOException(
            uri.getHost()
                + " is at "
                + address.getHostAddress()
                + ", which is not of the public network");
      }
    }
  }

  private static boolean isNobodys(InetAddress a) {
    return a.isLinkLocalAddress() || a.isMulticastAddress() || a.isAnyLocalAddress();
  }

  private static boolean isPrivate(InetAddress a) {
    var b = a.getAddress();
    if (a.isLoopbackAddress() || a.isSiteLocalAddress()) {
      return true;
    }
    return a instanceof Inet6Address
        ? (b[0] & 0xfe) == 0xfc // unique local, RFC 4193
        : b[0] == 0
            || (b[0] & 0xff) == 100 && (b[1] & 0xc0) == 64 // shared, RFC 6598
            || (b[0] & 0xf0) == 0xf0;
  }
}
