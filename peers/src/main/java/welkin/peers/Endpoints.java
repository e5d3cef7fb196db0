package welkin.peers;

import java.net.URI;
import java.util.Map;

/**
 * Where each service answers over HTTP. By default all are behind one door; a service told apart
 * has an address of its own: scheme and authority ({@code http://10.0.0.5:5000}) when its paths
 * there are the same, or with the path it is served at ({@code http://glance:9292/}), which then
 * takes the place of our mount.
 */
public final class Endpoints {
  private final String base;
  private final Map<String, URI> apart;

  /**
   * @param base scheme and authority of the one door
   * @param apart service type to its own address
   * @throws IllegalArgumentException for an address that is no http or https URL
   */
  public Endpoints(String base, Map<String, String> apart) {
    this.base = base(base);
    var uris = new java.util.HashMap<String, URI>();
    apart.forEach((service, url) -> uris.put(service, uri(url)));
    this.apart = Map.copyOf(uris);
  }

  private static URI uri(String url) {
    try {
      var uri = URI.create(url);
      if (uri.getHost() != null && uri.getScheme() != null && uri.getScheme().matches("https?")) {
        return uri;
      }
    } catch (IllegalArgumentException notEvenOne) {
      // said below
    }
    throw new IllegalArgumentException("'" + url + "' is not like http://host:5000");
  }

  /**
   * An address as scheme and authority, without a slash at its end.
   *
   * @throws IllegalArgumentException when it is not like {@code http://host:5000}
   */
  public static String base(String url) {
    var uri = uri(url);
    if (uri.getPath() != null && !uri.getPath().isEmpty() && !uri.getPath().equals("/")) {
      throw new IllegalArgumentException(
          "'" + url + "' has a path; only scheme, host and port are wanted");
    }
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /** The type of the service a path belongs to, e.g. {@code image} for {@code /image/v2/images}. */
  public static String service(String path) {
    int end = path.indexOf('/', 1);
    var first = path.substring(1, end < 0 ? path.length() : end);
    return switch (first) {
      case "v3", "" -> "identity";
      case "metadata" -> "compute";
      default -> first;
    };
  }

  /** The URL of a path with our mount, e.g. {@code /image/v2/images}. */
  public String url(String path) {
    var own = apart.get(service(path));
    if (own == null) {
      return base + path;
    }
    var at = own.getScheme() + "://" + own.getRawAuthority();
    var prefix = own.getRawPath();
    if (prefix == null || prefix.isEmpty()) {
      return at + path;
    }
    return at
        + (prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix)
        + withoutMount(path);
  }

  private static String withoutMount(String path) {
    if (path.startsWith("/v3")) {
      return path; // Identity is mounted at the root as well
    }
    int end = path.indexOf('/', 1);
    return end < 0 ? "" : path.substring(end);
  }

  /** Scheme and authority of the one door. */
  public String base() {
    return base;
  }
}
