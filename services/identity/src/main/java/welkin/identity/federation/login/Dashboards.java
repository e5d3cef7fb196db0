package welkin.identity.federation.login;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.identity.token.Token;

/** The dashboards that tokens are handed to, and how: a form that sends itself. */
public final class Dashboards {
  private final Set<String> trusted;

  /**
   * @param trusted their addresses, as in {@code origin}
   */
  public Dashboards(List<String> trusted) {
    this.trusted = trusted.stream().map(Dashboards::lowered).collect(Collectors.toSet());
  }

  /** The dashboard a request names: 400 when none, 401 when it is not trusted. */
  String origin(Call call) {
    var origin = call.query("origin");
    if (origin == null || origin.isEmpty()) {
      throw Fault.badRequest("Request must have an origin query parameter");
    }
    return trusted(origin);
  }

  /** The same; null when the request names none. */
  String originIfNamed(Call call) {
    var origin = call.query("origin");
    return origin == null || origin.isEmpty() ? null : trusted(origin);
  }

  /** 400 for null, 401 for one that is not trusted. */
  String trusted(String origin) {
    if (origin == null) {
      throw Fault.badRequest("Request must have an origin query parameter");
    }
    if (!trusted.contains(origin)) {
      throw Fault.unauthorized(origin + " is not a trusted dashboard host");
    }
    return origin;
  }

  /** Scheme and host in small letters. */
  private static String lowered(String address) {
    try {
      var uri = new URI(address);
      if (uri.getAuthority() == null) {
        return address;
      }
      var start = uri.getScheme() + "://" + uri.getAuthority();
      return start.toLowerCase(Locale.ROOT) + address.substring(start.length());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("not an address: " + address, e);
    }
  }

  Answer handOver(String host, Token token) {
    var page =
        """
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><title>Signing in</title></head>
        <body>
        <form id="sso" name="sso" action="%s" method="post">
        <p>Signing in ...</p>
        <input type="hidden" name="token" id="token" value="%s">
        <noscript><input type="submit" name="submit_no_javascript" value="Continue"></noscript>
        </form>
        <script>window.onload = function() { document.forms['sso'].submit(); }</script>
        </body>
        </html>
        """
            .formatted(escaped(host), escaped(token.text().reveal()));
    return Answer.text(200, "text/html; charset=utf-8", page)
        .with("Cache-Control", "no-store")
        .with("Referrer-Policy", "no-referrer")
        .with("X-Frame-Options", "DENY");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("\"", "&quot;")
        .replace("<", "&lt;")
        .replace(">", "&gt;");
  }
}
