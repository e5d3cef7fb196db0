package welkin.identity.federation.openid;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Egress;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * What is asked of one provider: its document (OpenID Connect Discovery 1.0) and its keys (RFC
 * 7517), both remembered, tokens for a code (RFC 6749), and about tokens (RFC 7662). However many
 * tokens are by keys that are not there, the keys are read again once a minute at most, or {@link
 * #SPARE} times at once after quiet minutes: who changes keys is believed with the next token.
 */
final class OpenIdClient {
  private static final Logger log = LoggerFactory.getLogger(OpenIdClient.class);
  private static final Duration KEPT = Duration.ofHours(1);
  private static final Duration AGAIN = Duration.ofMinutes(1);
  private static final int SPARE = 3;
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final OpenIdProvider provider;
  private final InstantSource clock;
  private final Egress egress;
  private final ReentrantLock reading = new ReentrantLock();
  private volatile Read<ObjectNode> document = Read.never();
  private volatile Read<JWKSet> keys = Read.never();

  /** When all spare reads were given back; under {@code reading}. */
  private Instant spared = Instant.MIN;

  /** What was read, null until it was, and when it was last tried. */
  private record Read<T>(T value, Instant tried) {
    static <T> Read<T> never() {
      return new Read<>(null, null);
    }
  }

  @FunctionalInterface
  private interface Reader<T> {
    T read() throws IOException, ParseException;
  }

  @FunctionalInterface
  private interface Question {
    Egress.Reply ask() throws IOException;
  }

  OpenIdClient(OpenIdProvider provider, InstantSource clock) {
    this.provider = provider;
    this.clock = clock;
    this.egress = new Egress(provider.privateNetwork());
  }

  OpenIdProvider provider() {
    return provider;
  }

  /** Public keys that may have signed what has this header; empty when there is none. */
  List<JWK> keys(JWSHeader header) {
    return select(header, keys(KEPT));
  }

  /** The same after none of those did: read anew, unless that was done too often of late. */
  List<JWK> newerKeys(JWSHeader header) {
    var before = keys;
    reading.lock();
    try {
      if (keys == before && maySpare()) {
        keys = read(keys, () -> readKeys(endpoint("jwks_uri")));
      }
    } finally {
      reading.unlock();
    }
    return keys == before ? List.of() : select(header, known(keys, "its keys"));
  }

  /** Each read takes a minute to be given back. */
  private boolean maySpare() {
    var now = clock.instant();
    var from = spared.isAfter(now) ? spared : now;
    if (Duration.between(now, from.plus(AGAIN)).compareTo(AGAIN.multipliedBy(SPARE)) > 0) {
      return false;
    }
    spared = from.plus(AGAIN);
    return true;
  }

  private JWKSet readKeys(URI uri) throws IOException, ParseException {
    return JWKSet.parse(answered(egress.get(uri, Map.of()), uri));
  }

  private static List<JWK> select(JWSHeader header, JWKSet among) {
    return new JWKSelector(JWKMatcher.forJWSHeader(header)).select(among);
  }

  private JWKSet keys(Duration age) {
    if (isOlder(keys, age)) {
      var uri = endpoint("jwks_uri");
      reading.lock();
      try {
        if (isOlder(keys, age)) {
          keys = read(keys, () -> readKeys(uri));
        }
      } finally {
        reading.unlock();
      }
    }
    return known(keys, "its keys");
  }

  private boolean isOlder(Read<?> read, Duration age) {
    var limit = read.value == null ? RETRY : age;
    return read.tried == null
        || Duration.between(read.tried, clock.instant()).compareTo(limit) >= 0;
  }

  /** Reads anew; keeps what was known when that fails. */
  private <T> Read<T> read(Read<T> was, Reader<T> reader) {
    var now = clock.instant();
    try {
      return new Read<>(reader.read(), now);
    } catch (IOException | ParseException e) {
      log.warn("identity provider {}: {}", provider.identityProviderId(), e.getMessage());
      return new Read<>(was.value, now);
    }
  }

  private <T> T known(Read<T> read, String what) {
    if (read.value == null) {
      throw unavailable(what + " could not be read");
    }
    return read.value;
  }

  private Fault unavailable(String why) {
    return Fault.of(
        503,
        "ServiceUnavailable",
        "The identity provider " + provider.identityProviderId() + " cannot be asked: " + why);
  }

  /**
   * One of its addresses, by the name its document gives it.
   *
   * @throws Fault 503 when it is known from nowhere
   */
  URI endpoint(String name) {
    var found = endpointIfAny(name);
    if (found == null) {
      throw unavailable("it names no " + name);
    }
    return found;
  }

  /** The same; null when it has none. */
  URI endpointIfAny(String name) {
    var configured = provider.endpoints().get(name);
    if (configured != null) {
      return configured;
    }
    var told = Json.string(document(), name);
    try {
      return told == null ? null : URI.create(told);
    } catch (IllegalArgumentException e) {
      throw unavailable("its " + name + " is no address");
    }
  }

  /** What it calls itself in access tokens where that is another name than its own; null if not. */
  String accessTokenIssuer() {
    try {
      return Json.string(document(), "access_token_issuer");
    } catch (Fault f) {
      return null; // one without a document, whose addresses were configured
    }
  }

  private ObjectNode document() {
    if (isOlder(document, KEPT)) {
      reading.lock();
      try {
        if (isOlder(document, KEPT)) {
          document = read(document, this::readDocument);
        }
      } finally {
        reading.unlock();
      }
    }
    return known(document, "its document");
  }

  private ObjectNode readDocument() throws IOException {
    var uri =
        URI.create(provider.issuer().replaceFirst("/$", "") + "/.well-known/openid-configuration");
    var told = object(answered(egress.get(uri, Map.of()), uri), uri);
    if (!provider.issuer().equals(Json.string(told, "issuer"))) {
      throw new IOException(uri + " speaks of another issuer");
    }
    return told;
  }

  /** Tokens for the code that a browser brought (RFC 6749, RFC 7636). */
  JsonNode exchange(String code, String redirectUri, String verifier) {
    var form = new HashMap<String, String>();
    form.put("grant_type", "authorization_code");
    form.put("code", code);
    form.put("redirect_uri", redirectUri);
    form.put("code_verifier", verifier);
    return post("token_endpoint", form);
  }

  /** What the provider says of a token, which may be that it is not active. */
  JsonNode introspect(String token) {
    var form = new HashMap<String, String>();
    form.put("token", token);
    form.put("token_type_hint", "access_token");
    return post("introspection_endpoint", form);
  }

  /** What the provider tells the bearer of a token about its user. */
  JsonNode userInfo(String token) {
    var uri = endpoint("userinfo_endpoint");
    return asked(uri, () -> egress.get(uri, Map.of("Authorization", "Bearer " + token)));
  }

  private JsonNode post(String endpoint, Map<String, String> form) {
    var headers = new HashMap<String, String>();
    if (provider.clientSecret() != null) {
      var both = encoded(provider.clientId()) + ":" + encoded(provider.clientSecret().reveal());
      headers.put(
          "Authorization",
          "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8)));
    } else {
      form.put("client_id", provider.clientId());
    }
    var uri = endpoint(endpoint);
    return asked(uri, () -> egress.post(uri, headers, form(form)));
  }

  static String form(Map<String, String> fields) {
    return fields.entrySet().stream()
        .map(f -> encoded(f.getKey()) + "=" + encoded(f.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private JsonNode asked(URI uri, Question question) {
    Egress.Reply reply;
    try {
      reply = question.ask();
      if (reply.status() == 200) {
        return object(reply.text(), uri);
      }
    } catch (IOException e) {
      log.warn("identity provider {}: {}", provider.identityProviderId(), e.getMessage());
      throw unavailable("it did not answer");
    }
    if (reply.status() >= 500) {
      throw unavailable("it answered " + reply.status());
    }
    throw Fault.unauthorized(
        "The identity provider "
            + provider.identityProviderId()
            + " refused what was shown ("
            + reply.status()
            + ").");
  }

  private static String answered(Egress.Reply reply, URI uri) throws IOException {
    if (reply.status() != 200) {
      throw new IOException(uri + " answered " + reply.status());
    }
    return reply.text();
  }

  private static ObjectNode object(String text, URI uri) throws IOException {
    try {
      if (Json.parse(text) instanceof ObjectNode o) {
        return o;
      }
    } catch (Fault f) {
      throw new IOException(uri + " answered no JSON", f);
    }
    throw new IOException(uri + " answered no JSON object");
  }
}
