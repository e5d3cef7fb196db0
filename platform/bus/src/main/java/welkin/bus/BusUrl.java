package welkin.bus;

import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import welkin.core.Fault;
import welkin.core.Secret;

/**
 * Where a broker is and who we are there: {@code amqp://user:password@host:port/vhost}, or {@code
 * amqps} for TLS, verified with the JVM's trusted authorities, or with those of a PEM file that
 * {@code ?ca=FILE} names and no others. Without a path the virtual host is {@code /}; characters
 * that a URL gives a meaning to are percent-encoded.
 */
record BusUrl(
    boolean tls, Path ca, String user, Secret password, String host, int port, String vhost) {
  private static final String AGENT = "agent-";

  static BusUrl parse(String text) {
    URI uri;
    try {
      uri = URI.create(text);
    } catch (IllegalArgumentException e) {
      // its message would show the password
      throw unreadable();
    }
    boolean tls = "amqps".equals(uri.getScheme());
    var login = uri.getRawUserInfo() == null ? "" : uri.getRawUserInfo();
    int colon = login.indexOf(':');
    if (!tls && !"amqp".equals(uri.getScheme()) || uri.getHost() == null || colon < 1) {
      throw unreadable();
    }
    var query = uri.getRawQuery();
    if (query != null && !(tls && query.matches("ca=[^&]+"))) {
      throw Fault.badRequest("bus: all that may follow a '?' is ca=FILE, after amqps://...");
    }
    var path = uri.getRawPath() == null ? "" : uri.getRawPath();
    return new BusUrl(
        tls,
        query == null ? null : Path.of(decode(query.substring(3))),
        decode(login.substring(0, colon)),
        Secret.of(decode(login.substring(colon + 1))),
        uri.getHost(),
        uri.getPort() > 0 ? uri.getPort() : tls ? 5671 : 5672,
        path.length() < 2 ? "/" : decode(path.substring(1)));
  }

  private static Fault unreadable() {
    return Fault.badRequest(
        "bus: not of the form amqp://user:password@host:port/vhost (or amqps://..., or"
            + " in-process)");
  }

  /** The host whose agent this credential belongs to, or null for a service's credential. */
  String agentHost() {
    return agentHost(user);
  }

  /** The host that a broker's user is the agent of, or null. */
  static String agentHost(String user) {
    return user != null && user.startsWith(AGENT) ? user.substring(AGENT.length()) : null;
  }

  /** The broker's user for the agent of a host. */
  static String agentUser(String host) {
    return AGENT + host;
  }

  /** This place with another login. */
  BusUrl as(String otherUser, Secret otherPassword) {
    return new BusUrl(tls, ca, otherUser, otherPassword, host, port, vhost);
  }

  /** The URL with its password: for a configuration file, never for a log. */
  Secret reveal() {
    return Secret.of(
        (tls ? "amqps://" : "amqp://")
            + encode(user)
            + ":"
            + encode(password.reveal())
            + "@"
            + host
            + ":"
            + port
            + (vhost.equals("/") ? "" : "/" + encode(vhost))
            + (ca == null ? "" : "?ca=" + encode(ca.toString())));
  }

  @Override
  public String toString() {
    return user + "@" + host + ":" + port + (vhost.equals("/") ? "" : "/" + vhost);
  }

  private static String decode(String s) {
    return URLDecoder.decode(s.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static String encode(String s) {
    return URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
