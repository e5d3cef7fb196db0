package welkin.identity;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import welkin.http.Answer;
import welkin.http.HttpRequest;

/** Requests as an OAuth 1.0 consumer signs them (RFC 5849, HMAC-SHA1, in the header). */
final class Signed {
  private Signed() {}

  /** An id and its secret. */
  record Pair(String id, String secret) {}

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  static Answer send(
      TestIdentity cloud,
      String path,
      Pair consumer,
      Pair token,
      Map<String, String> more,
      String project) {
    var all = new TreeMap<String, String>(more);
    all.put("oauth_consumer_key", consumer.id);
    all.put("oauth_nonce", UUID.randomUUID().toString());
    all.put("oauth_signature_method", "HMAC-SHA1");
    all.put("oauth_timestamp", String.valueOf(cloud.now.getEpochSecond()));
    all.put("oauth_version", "1.0");
    if (token != null) {
      all.put("oauth_token", token.id);
    }
    var pairs = new StringBuilder();
    all.forEach((k, v) -> pairs.append(pairs.isEmpty() ? "" : "&").append(k + "=" + encode(v)));
    var base = "POST&" + encode(TestIdentity.BASE + path) + "&" + encode(pairs.toString());
    var key = encode(consumer.secret) + "&" + (token == null ? "" : encode(token.secret));
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA1"));
      all.put(
          "oauth_signature",
          Base64.getEncoder().encodeToString(mac.doFinal(base.getBytes(StandardCharsets.UTF_8))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    var header = new StringBuilder("OAuth ");
    all.forEach(
        (k, v) ->
            header.append(header.length() > 6 ? ", " : "").append(k + "=\"" + encode(v) + "\""));
    boolean login = path.endsWith("/auth/tokens");
    var body = login ? "{\"auth\":{\"identity\":{\"methods\":[\"oauth1\"],\"oauth1\":{}}}}" : "";
    return cloud.door.handle(
        HttpRequest.of(
            "POST",
            path,
            Map.of("authorization", header.toString(), "requested-project-id", project),
            body.getBytes(StandardCharsets.UTF_8),
            TestIdentity.BASE));
  }

  /** The pair that an answer in form encoding brings. */
  static Pair pair(Answer answer) {
    if (answer.status() != 201) {
      throw new AssertionError(answer.status() + " " + answer.body());
    }
    var fields = new HashMap<String, String>();
    for (var f : answer.body().split("&")) {
      var kv = f.split("=", 2);
      fields.put(kv[0], URLDecoder.decode(kv[1], StandardCharsets.UTF_8));
    }
    return new Pair(fields.get("oauth_token"), fields.get("oauth_token_secret"));
  }
}
