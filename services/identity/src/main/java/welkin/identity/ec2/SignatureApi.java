package welkin.identity.ec2;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.credential.Credential;
import welkin.identity.credential.Credentials;
import welkin.identity.ec2.AwsRequest.Unsigned;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.token.Audit;
import welkin.identity.token.Token;
import welkin.identity.token.Tokens;

/**
 * {@code /v3/ec2tokens} and {@code /v3/s3tokens}: a service that got a request signed with an EC2
 * key asks who signed it, and gets a token. Only services may ask (OSSA-2025-002), a signature is
 * good for one service and a short while only (OSSA-2020-003), and what the token may is never more
 * than what the key pair was made with (OSSA-2020-004, OSSA-2026-005).
 */
public final class SignatureApi {
  /** What a token made here says of how its user was recognised. */
  public static final String METHOD = "ec2credential";

  private final Backend backend;
  private final Credentials credentials;
  private final Tokens tokens;
  private final Audit audit;
  private final Duration life;

  /**
   * @param life how old (or how far ahead) a signature may be
   */
  public SignatureApi(
      Backend backend, Credentials credentials, Tokens tokens, Audit audit, Duration life) {
    this.audit = audit;
    this.backend = backend;
    this.credentials = credentials;
    this.tokens = tokens;
    this.life = life;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    r.post("/ec2tokens", call -> told(call, this::ec2)).policy("identity:ec2tokens_validate");
    r.post("/s3tokens", call -> told(call, this::s3)).policy("identity:s3tokens_validate");
    return r;
  }

  /** A signature is a login: who it was, or was not, stands in the event log. */
  private Answer told(Call call, Function<Call, Answer> login) {
    try {
      return login.apply(call);
    } catch (Fault f) {
      audit.refusedAs(call, access(call), f);
      throw f;
    }
  }

  /** The key pair that was named, which is no secret; null for none. */
  private static String access(Call call) {
    for (var given : call.object()) {
      if (given.path("access").isString()) {
        return given.get("access").stringValue();
      }
    }
    return null;
  }

  private static ObjectNode given(Call call) {
    for (var name : List.of("credentials", "credential", "ec2Credentials")) {
      if (call.object().get(name) instanceof ObjectNode o && !o.isEmpty()) {
        return o;
      }
    }
    throw Fault.unauthorized("EC2 Signature not supplied");
  }

  private static String text(ObjectNode in, String name) {
    var v = in.get(name);
    if (v == null || !v.isString()) {
      throw Fault.unauthorized("EC2 Signature not supplied");
    }
    return v.stringValue();
  }

  private Credential credential(ObjectNode given) {
    return credentials
        .ec2(text(given, "access"))
        .orElseThrow(() -> Fault.notFound("EC2 access key not found."));
  }

  private Answer ec2(Call call) {
    var given = given(call);
    var credential = credential(given);
    var request =
        new AwsRequest(
            text(given, "verb"),
            text(given, "host"),
            text(given, "path"),
            texts(given.get("params")),
            texts(given.get("headers")),
            Json.string(given, "body_hash"));
    try {
      var secret = secret(credential);
      var signature = text(given, "signature");
      int port = request.host().lastIndexOf(':');
      // some clients sign without the port
      if (!same(signature, request.signature(secret))
          && (port < 0
              || !same(
                  signature,
                  request.withHost(request.host().substring(0, port)).signature(secret)))) {
        throw new Unsigned("Invalid EC2 signature.");
      }
      if ("s3".equals(request.service())) {
        throw new Unsigned("Invalid EC2 signature.");
      }
      mustBeRecent(request.signedAt());
    } catch (Unsigned e) {
      throw Fault.unauthorized(e.getMessage());
    }
    var token = token(call, credential);
    return answer(token).with("X-Subject-Token", token.text().reveal());
  }

  private Answer s3(Call call) {
    var given = given(call);
    var credential = credential(given);
    try {
      var toSign = decoded(text(given, "token"));
      var lines = new String(toSign, StandardCharsets.UTF_8).split("\n", -1);
      var secret = secret(credential);
      String expected;
      if (lines[0].equals(AwsRequest.V4)) {
        var scope = lines.length == 4 ? lines[2].split("/") : new String[0];
        if (scope.length != 4 || !scope[2].equals("s3") || !scope[3].equals("aws4_request")) {
          throw new Unsigned("Invalid EC2 signature.");
        }
        mustBeRecent(basicTime(lines[1]));
        expected = AwsRequest.version4(secret, scope[0], scope[1], "s3", toSign);
      } else {
        expected =
            Base64.getEncoder()
                .encodeToString(
                    AwsRequest.hmac("HmacSHA1", AwsRequest.bytes(secret.reveal()), toSign));
      }
      if (!same(text(given, "signature"), expected)) {
        throw new Unsigned("Credential signature mismatch");
      }
    } catch (Unsigned e) {
      throw Fault.unauthorized(e.getMessage());
    }
    return answer(token(call, credential));
  }

  private static Instant basicTime(String text) throws Unsigned {
    try {
      return AwsRequest.basicTime(text);
    } catch (DateTimeException e) {
      throw new Unsigned("Credential timestamp is invalid");
    }
  }

  private static byte[] decoded(String base64) throws Unsigned {
    try {
      return base64.indexOf('+') >= 0 || base64.indexOf('/') >= 0
          ? Base64.getDecoder().decode(base64)
          : Base64.getUrlDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new Unsigned("Invalid EC2 signature.");
    }
  }

  private void mustBeRecent(Instant at) throws Unsigned {
    var now = backend.clock().instant();
    if (at != null && (now.isAfter(at.plus(life)) || at.isAfter(now.plus(life)))) {
      throw new Unsigned("Credential is expired");
    }
  }

  private static Secret secret(Credential c) throws Unsigned {
    var secret = Json.string(Attributes.object(Json.parse(c.blob().reveal())), "secret");
    if (secret == null || secret.isEmpty()) {
      throw new Unsigned("Invalid EC2 signature.");
    }
    return Secret.of(secret);
  }

  private static boolean same(String a, String b) {
    return MessageDigest.isEqual(AwsRequest.bytes(a), AwsRequest.bytes(b));
  }

  private Token token(Call call, Credential c) {
    var blob = Json.parse(c.blob().reveal());
    var token =
        tokens
            .ofKeyPair(
                c.userId(),
                c.projectId(),
                Json.string(blob, "trust_id"),
                Json.string(blob, "app_cred_id"),
                METHOD)
            .orElseThrow(() -> Fault.unauthorized("User not valid for project."));
    credentials.used(c);
    audit.authenticated(call, token);
    return token;
  }

  private static Answer answer(Token token) {
    return new Answer(200, Map.of("Content-Type", "application/json"), token.body(true), null, -1);
  }

  private static Map<String, String> texts(JsonNode node) {
    var out = new LinkedHashMap<String, String>();
    if (node instanceof ObjectNode o) {
      o.forEachEntry((k, v) -> out.put(k, v.isString() ? v.stringValue() : v.toString()));
    }
    return out;
  }
}
