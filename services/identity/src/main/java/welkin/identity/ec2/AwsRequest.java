package welkin.identity.ec2;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import welkin.core.Secret;

/**
 * A request that was signed with an EC2 secret key, as the service that got it describes it.
 * Signature versions 2 and 4 are known; 0 and 1 sign too little to be believed.
 *
 * <p>Source: AWS Signature Version 2 and 4 signing processes.
 *
 * @param params query parameters
 * @param headers request headers; names in any case
 * @param bodyHash SHA-256 of the body in hex, for version 4
 */
record AwsRequest(
    String verb,
    String host,
    String path,
    Map<String, String> params,
    Map<String, String> headers,
    String bodyHash) {
  static final String V4 = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter BASIC =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);
  private static final Pattern OLD_BOTO = Pattern.compile("^Boto/2\\.[0-9]\\.[0-2].*");

  /** A request that cannot be checked; the message is for the caller. */
  static final class Unsigned extends Exception {
    private static final long serialVersionUID = 1L;

    Unsigned(String message) {
      super(message);
    }
  }

  AwsRequest {
    var lower = new TreeMap<String, String>();
    headers.forEach((k, v) -> lower.put(k.strip().toLowerCase(Locale.ROOT), v.strip()));
    headers = lower;
  }

  AwsRequest withHost(String other) {
    var changed = new TreeMap<>(headers);
    changed.computeIfPresent("host", (k, v) -> other);
    return new AwsRequest(verb, other, path, params, changed, bodyHash);
  }

  /** The service its credential scope names (version 4), or null. */
  String service() {
    if (!isV4()) {
      return null;
    }
    var parts = String.valueOf(authParam("Credential")).split("/");
    return parts.length < 5 ? null : parts[3];
  }

  private boolean isV4() {
    return headers.getOrDefault("authorization", "").startsWith(V4)
        || V4.equals(params.get("X-Amz-Algorithm"));
  }

  /**
   * When it was signed; null when it does not say. Each version tells it in what it signs: the
   * parameters of a POST are not among what version 4 signs, and whoever repeats one may add some.
   */
  Instant signedAt() throws Unsigned {
    var iso = isV4() ? null : params.get("Timestamp");
    var basic = headers.getOrDefault("x-amz-date", params.get("X-Amz-Date"));
    try {
      if (iso != null) {
        return Instant.parse(iso.endsWith("Z") ? iso : iso + "Z");
      }
      return basic == null ? null : basicTime(basic);
    } catch (DateTimeException e) {
      throw new Unsigned("Credential timestamp is invalid");
    }
  }

  static Instant basicTime(String text) {
    return LocalDateTime.parse(text, BASIC).toInstant(ZoneOffset.UTC);
  }

  /** The signature it should carry. */
  String signature(Secret secret) throws Unsigned {
    var version = params.get("SignatureVersion");
    if ("2".equals(version)) {
      return version2(secret);
    }
    if (isV4()) {
      return version4(secret);
    }
    throw new Unsigned(
        version == null ? "Unexpected signature format" : "Unknown signature version: " + version);
  }

  private String version2(Secret secret) {
    var all = new TreeMap<>(params);
    all.put("SignatureMethod", "HmacSHA256");
    var text = verb + "\n" + host + "\n" + path + "\n" + query(all);
    return Base64.getEncoder()
        .encodeToString(hmac("HmacSHA256", bytes(secret.reveal()), bytes(text)));
  }

  private String version4(Secret secret) throws Unsigned {
    var signed = String.valueOf(authParam("SignedHeaders"));
    var canonical =
        String.join(
            "\n",
            verb.toUpperCase(Locale.ROOT),
            path,
            verb.equalsIgnoreCase("POST") ? "" : query(params),
            signedHeaders(signed),
            signed,
            String.valueOf(bodyHash));
    var scope = String.valueOf(authParam("Credential")).split("/");
    var date = headers.getOrDefault("x-amz-date", params.getOrDefault("X-Amz-Date", ""));
    if (scope.length != 5 || scope[1].isEmpty() || !date.startsWith(scope[1])) {
      throw new Unsigned("Request date mismatch error");
    }
    var text =
        String.join(
            "\n",
            V4,
            date,
            String.join("/", scope[1], scope[2], scope[3], scope[4]),
            HexFormat.of().formatHex(sha256(bytes(canonical))));
    return version4(secret, scope[1], scope[2], scope[3], bytes(text));
  }

  /** The last step of version 4, the same for every service. */
  static String version4(
      Secret secret, String date, String region, String service, byte[] stringToSign) {
    var key = hmac("HmacSHA256", bytes("AWS4" + secret.reveal()), bytes(date));
    for (var part : new String[] {region, service, "aws4_request"}) {
      key = hmac("HmacSHA256", key, bytes(part));
    }
    return HexFormat.of().formatHex(hmac("HmacSHA256", key, stringToSign));
  }

  private String signedHeaders(String names) {
    var lines = new StringBuilder();
    for (var name : names.split(";")) {
      var value = headers.get(name);
      if (value != null) {
        boolean bare =
            name.equals("host")
                && OLD_BOTO.matcher(headers.getOrDefault("user-agent", "")).matches();
        lines.append(name).append(':').append(bare ? value.split(":")[0] : value).append('\n');
      }
    }
    return lines.toString();
  }

  private String authParam(String name) {
    var header = headers.get("authorization");
    if (header == null) {
      return params.get("X-Amz-" + name);
    }
    int at = header.indexOf(name + "=");
    return at < 0 ? null : header.substring(at + name.length() + 1).split(",")[0].strip();
  }

  private static String query(Map<String, String> params) {
    var pairs = new ArrayList<String>();
    new TreeMap<>(params).forEach((k, v) -> pairs.add(escape(k) + "=" + escape(v)));
    return String.join("&", pairs);
  }

  /** RFC 3986: everything but unreserved characters, in UTF-8. */
  private static String escape(String text) {
    var out = new StringBuilder();
    for (byte b : bytes(text)) {
      char c = (char) (b & 0xff);
      if (c < 128 && (Character.isLetterOrDigit(c) || "-_.~".indexOf(c) >= 0)) {
        out.append(c);
      } else {
        out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return out.toString();
  }

  static byte[] hmac(String algorithm, byte[] key, byte[] data) {
    try {
      var mac = Mac.getInstance(algorithm);
      mac.init(new SecretKeySpec(key, algorithm));
      return mac.doFinal(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] sha256(byte[] data) {
    try {
      return java.security.MessageDigest.getInstance("SHA-256").digest(data);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
