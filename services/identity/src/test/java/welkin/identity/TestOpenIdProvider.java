package welkin.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.factories.DefaultJWSSignerFactory;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** A real OpenID provider on a socket: discovery, keys, tokens, introspection, browsers. */
final class TestOpenIdProvider implements AutoCloseable {
  static final String CLIENT = "welkin";
  static final String SECRET = "client secret/+&";

  private final HttpServer server;
  private final InstantSource clock;
  private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
  private final Map<String, ObjectNode> opaque = new ConcurrentHashMap<>();
  final AtomicInteger keyReads = new AtomicInteger();
  final ObjectNode user =
      Json.object().put("sub", "u-1").put("preferred_username", "anna").put("email", "a@x.org");
  volatile List<JWK> keys;
  volatile boolean opaqueTokens;

  /** What the document calls it, null for its name. */
  volatile String calledOtherwise;

  /** What it calls itself in access tokens, null for its name. */
  volatile String accessIssuer;

  /** Changes the claims of ID tokens. */
  volatile Consumer<ObjectNode> idClaims = c -> {};

  TestOpenIdProvider(InstantSource clock) throws Exception {
    this.clock = clock;
    user.putArray("groups").add("staff").add("ops");
    keys =
        List.of(
            new RSAKeyGenerator(2048).keyID("r1").generate(),
            new ECKeyGenerator(Curve.P_256).keyID("e1").generate());
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  String issuer() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What an operator writes for it. */
  Map<String, Object> configuration() {
    return Map.of(
        "identity_provider",
        "company",
        "issuer",
        issuer(),
        "client_id",
        CLIENT,
        "client_secret",
        SECRET,
        "audiences",
        List.of("cli"),
        "private_network",
        true);
  }

  /** The claims of a token made now, for the client of the command line. */
  ObjectNode claims() {
    var now = clock.instant().getEpochSecond();
    return user.deepCopy()
        .put("iss", issuer())
        .put("aud", "account")
        .put("azp", "cli")
        .put("iat", now)
        .put("exp", now + 300);
  }

  String signed(ObjectNode claims) throws JOSEException {
    return signed(claims, keys.getFirst(), JWSAlgorithm.RS256);
  }

  static String signed(ObjectNode claims, JWK key, JWSAlgorithm algorithm) throws JOSEException {
    var jws =
        new JWSObject(
            new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build(),
            new Payload(Json.text(claims)));
    jws.sign(new DefaultJWSSignerFactory().createJWSSigner(key, algorithm));
    return jws.serialize();
  }

  private String access(ObjectNode claims) throws JOSEException {
    if (!opaqueTokens) {
      return signed(claims);
    }
    var token = UUID.randomUUID().toString();
    opaque.put(token, claims);
    return token;
  }

  String opaque(ObjectNode claims) {
    var token = UUID.randomUUID().toString();
    opaque.put(token, claims);
    return token;
  }

  private void handle(HttpExchange call) throws IOException {
    try (call) {
      var form = form(new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
      switch (call.getRequestURI().getPath()) {
        case "/.well-known/openid-configuration" -> answer(call, 200, document());
        case "/jwks" -> {
          keyReads.incrementAndGet();
          answer(call, 200, Json.parse(new JWKSet(keys).toString(true)));
        }
        case "/token" -> token(call, form);
        case "/introspect" -> {
          if (isClient(call)) {
            var known = opaque.get(form.get("token"));
            answer(
                call,
                200,
                known == null
                    ? Json.object().put("active", false)
                    : known.deepCopy().put("active", true));
          } else {
            answer(call, 401, Json.object());
          }
        }
        case "/userinfo" -> answer(call, 200, user);
        case "/authorize" -> {
          var query = form(call.getRequestURI().getRawQuery());
          var code = UUID.randomUUID().toString();
          codes.put(code, query);
          call.getResponseHeaders()
              .add(
                  "Location",
                  query.get("redirect_uri") + "?code=" + code + "&state=" + query.get("state"));
          call.sendResponseHeaders(302, -1);
        }
        default -> answer(call, 404, Json.object());
      }
    } catch (JOSEException | NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  private ObjectNode document() {
    var out = Json.object().put("issuer", calledOtherwise == null ? issuer() : calledOtherwise);
    if (accessIssuer != null) {
      out.put("access_token_issuer", accessIssuer);
    }
    out.put("jwks_uri", issuer() + "/jwks");
    out.put("token_endpoint", issuer() + "/token");
    out.put("authorization_endpoint", issuer() + "/authorize");
    out.put("introspection_endpoint", issuer() + "/introspect");
    out.put("userinfo_endpoint", issuer() + "/userinfo");
    out.set(
        "grant_types_supported",
        Json.tree(List.of("password", "client_credentials", "authorization_code")));
    return out;
  }

  private static boolean isClient(HttpExchange call) {
    var expected =
        java.net.URLEncoder.encode(CLIENT, StandardCharsets.UTF_8)
            + ":"
            + java.net.URLEncoder.encode(SECRET, StandardCharsets.UTF_8);
    return ("Basic "
            + Base64.getEncoder().encodeToString(expected.getBytes(StandardCharsets.UTF_8)))
        .equals(call.getRequestHeaders().getFirst("Authorization"));
  }

  private void token(HttpExchange call, Map<String, String> form)
      throws IOException, JOSEException, NoSuchAlgorithmException {
    var out = Json.object().put("token_type", "Bearer").put("expires_in", 300);
    switch (String.valueOf(form.get("grant_type"))) {
      case "password" -> {
        if (!"anna".equals(form.get("username")) || !"right".equals(form.get("password"))) {
          answer(call, 400, Json.object().put("error", "invalid_grant"));
          return;
        }
        out.put("access_token", access(claims()));
      }
      case "client_credentials" -> out.put("access_token", access(claims()));
      case "authorization_code" -> {
        var begun = codes.remove(String.valueOf(form.get("code")));
        var challenge =
            Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(
                    MessageDigest.getInstance("SHA-256")
                        .digest(
                            String.valueOf(form.get("code_verifier"))
                                .getBytes(StandardCharsets.US_ASCII)));
        if (begun == null
            || !isClient(call) && form.get("client_id") == null && !anyClient(call)
            || begun.containsKey("code_challenge") && !challenge.equals(begun.get("code_challenge"))
            || !begun.get("redirect_uri").equals(form.get("redirect_uri"))) {
          answer(call, 400, Json.object().put("error", "invalid_grant"));
          return;
        }
        out.put("access_token", access(claims()));
        var id = claims().put("aud", begun.get("client_id")).put("azp", begun.get("client_id"));
        if (begun.containsKey("nonce")) {
          id.put("nonce", begun.get("nonce"));
        }
        idClaims.accept(id);
        out.put("id_token", signed(id));
      }
      default -> {
        answer(call, 400, Json.object().put("error", "unsupported_grant_type"));
        return;
      }
    }
    answer(call, 200, out);
  }

  private static boolean anyClient(HttpExchange call) {
    return call.getRequestHeaders().getFirst("Authorization") != null;
  }

  private static void answer(HttpExchange call, int status, Object body) throws IOException {
    var bytes = Json.bytes(body);
    call.getResponseHeaders().add("Content-Type", "application/json");
    call.sendResponseHeaders(status, bytes.length);
    call.getResponseBody().write(bytes);
  }

  static Map<String, String> form(String text) {
    var out = new HashMap<String, String>();
    for (var pair : String.valueOf(text).split("&")) {
      var parts = pair.split("=", 2);
      if (parts.length == 2) {
        out.put(
            URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
            URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
      }
    }
    return out;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
