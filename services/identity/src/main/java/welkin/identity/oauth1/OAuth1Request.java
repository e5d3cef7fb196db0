package welkin.identity.oauth1;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.http.Call;
import welkin.identity.shared.Faults;
import welkin.peers.Peers;

/**
 * A request signed with OAuth 1.0 (RFC 5849), HMAC-SHA1 in the {@code Authorization} header.
 *
 * @param parameters the {@code oauth_} ones
 * @param base what was signed
 */
record OAuth1Request(Map<String, String> parameters, String base) {

  /**
   * @throws Fault 401 when the request is not signed in a way that is known
   */
  static OAuth1Request of(Call call) {
    var header = call.header("authorization");
    if (header == null || !header.regionMatches(true, 0, "OAuth ", 0, 6)) {
      throw Faults.unauthorized();
    }
    var oauth = new HashMap<String, String>();
    for (var pair : header.substring(6).split(",")) {
      var parts = pair.strip().split("=", 2);
      if (parts.length == 2) {
        oauth.put(decode(parts[0]), decode(parts[1].replaceAll("^\"|\"$", "")));
      }
    }
    if (!"HMAC-SHA1".equals(oauth.get("oauth_signature_method"))
        || oauth.get("oauth_signature") == null) {
      throw Fault.unauthorized("Only OAuth signatures of method HMAC-SHA1 are understood.");
    }
    var pairs = new ArrayList<String>();
    oauth.forEach(
        (k, v) -> {
          if (!k.equals("oauth_signature") && !k.equals("realm")) {
            pairs.add(Peers.encode(k) + "=" + Peers.encode(v));
          }
        });
    call.query()
        .forEach((k, all) -> all.forEach(v -> pairs.add(Peers.encode(k) + "=" + Peers.encode(v))));
    pairs.sort(null);
    var base =
        call.request().method().toUpperCase(Locale.ROOT)
            + "&"
            + Peers.encode((call.base() + call.servicePath()))
            + "&"
            + Peers.encode(String.join("&", pairs));
    return new OAuth1Request(oauth, base);
  }

  String parameter(String name) {
    var value = parameters.get(name);
    if (value == null) {
      throw Fault.badRequest("Expecting to find " + name + " in the Authorization header.");
    }
    return value;
  }

  /**
   * @param token the secret of the token that signs too, or null
   */
  boolean isSignedWith(Secret consumer, Secret token) {
    var key =
        Peers.encode(consumer.reveal()) + "&" + (token == null ? "" : Peers.encode(token.reveal()));
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
      var expected = mac.doFinal(base.getBytes(StandardCharsets.UTF_8));
      return MessageDigest.isEqual(
          Base64.getEncoder().encode(expected),
          parameters.get("oauth_signature").getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Faults.unauthorized();
    }
  }

  /** The answer in which tokens are given: {@code application/x-www-form-urlencoded}. */
  static String form(List<String> pairs) {
    var out = new ArrayList<String>();
    for (int i = 0; i < pairs.size(); i += 2) {
      out.add(Peers.encode(pairs.get(i)) + "=" + Peers.encode(pairs.get(i + 1)));
    }
    return String.join("&", out);
  }
}
