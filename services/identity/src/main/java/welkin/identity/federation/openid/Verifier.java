package welkin.identity.federation.openid;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.factories.DefaultJWSVerifierFactory;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyType;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * Verifies the JWTs of one provider (RFC 7519, RFC 8725, OpenID Connect Core 1.0 section 3.1.3.7).
 * Only signatures with a private key count: neither none at all nor one made with a shared secret,
 * for which a public key could be passed off.
 */
final class Verifier {
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);
  private static final int RSA_MIN = 2048;
  private static final Duration SKEW = Duration.ofSeconds(60);

  private final OpenIdClient client;

  Verifier(OpenIdClient client) {
    this.client = client;
  }

  /** Whether a text is a JWT at all; else it is a token only its provider can read. */
  static boolean isJwt(String text) {
    return text.startsWith("eyJ") && text.chars().filter(c -> c == '.').count() == 2;
  }

  /** The claims of an access token; some providers sign those by another name (AD FS does). */
  ObjectNode access(String text, Instant now) {
    var claims = claims(text, now);
    var issuer = Json.string(claims, "iss");
    if (!isIssuer(issuer) && (issuer == null || !issuer.equals(client.accessTokenIssuer()))) {
      throw refused("it is of another issuer");
    }
    return claims;
  }

  /** The claims of an ID token, which is for the very client that asked for it. */
  ObjectNode idToken(String text, Instant now) {
    var claims = claims(text, now);
    if (!isIssuer(Json.string(claims, "iss"))) {
      throw refused("it is of another issuer");
    }
    mustBeForClient(claims);
    return claims;
  }

  private boolean isIssuer(String name) {
    return client.provider().issuer().equals(name);
  }

  /**
   * The claims of a JWT that this provider signed, that is good now, and for us.
   *
   * @throws Fault 401 saying what is wrong with it
   */
  private ObjectNode claims(String text, Instant now) {
    JWSObject jws;
    try {
      jws = JWSObject.parse(text);
    } catch (ParseException e) {
      throw refused("it is no signed JWT");
    }
    var algorithm = jws.getHeader().getAlgorithm();
    if (!ALGORITHMS.contains(algorithm)) {
      throw refused("signatures by " + algorithm + " are not accepted");
    }
    if (client.keys(jws.getHeader()).stream().noneMatch(key -> signed(jws, key))
        && client.newerKeys(jws.getHeader()).stream().noneMatch(key -> signed(jws, key))) {
      throw refused("its signature is of none of the provider's keys");
    }
    if (!(parsed(jws.getPayload().toString()) instanceof ObjectNode claims)) {
      throw refused("it holds no claims");
    }
    mustBeGood(claims, now);
    mustBeForUs(claims);
    mustBeBearers(claims);
    return claims;
  }

  private static JsonNode parsed(String text) {
    try {
      return Json.parse(text);
    } catch (Fault f) {
      throw refused("it holds no claims");
    }
  }

  private static boolean signed(JWSObject jws, JWK key) {
    try {
      return key instanceof AsymmetricJWK pair
          && (!key.getKeyType().equals(KeyType.RSA) || key.size() >= RSA_MIN)
          && jws.verify(
              new DefaultJWSVerifierFactory()
                  .createJWSVerifier(jws.getHeader(), pair.toPublicKey()));
    } catch (JOSEException | RuntimeException e) {
      return false;
    }
  }

  /** By {@code exp}, which must be there, and {@code nbf}; a minute either way. */
  static void mustBeGood(JsonNode claims, Instant now) {
    var end = claims.get("exp");
    if (end == null || !end.isNumber()) {
      throw refused("it does not say when it ends");
    }
    if (now.getEpochSecond() >= end.asDouble() + SKEW.toSeconds()) {
      throw refused("it has expired");
    }
    var start = claims.get("nbf");
    if (start != null
        && (!start.isNumber() || now.getEpochSecond() + SKEW.toSeconds() < start.asDouble())) {
      throw refused("it is not good yet");
    }
  }

  /** Its audience, or the client it was made for, is us or one of those we were told of. */
  void mustBeForUs(JsonNode claims) {
    var named = new HashSet<String>();
    var audience = claims.path("aud");
    if (audience.isArray()) {
      audience.forEach(a -> named.add(a.asString("")));
    } else if (audience.isString()) {
      named.add(audience.stringValue());
    }
    for (var name : new String[] {"azp", "client_id"}) {
      if (claims.path(name).isString()) {
        named.add(claims.get(name).stringValue());
      }
    }
    named.retainAll(client.provider().audiences());
    if (named.isEmpty()) {
      throw refused("it is for somebody else");
    }
  }

  /**
   * Whoever brings it may use it. One that is bound to a key (RFC 8705, RFC 9449) is no more than
   * half of a proof; one that tells of events (a logout) vouches for nobody.
   */
  static void mustBeBearers(JsonNode claims) {
    if (claims.has("cnf")) {
      throw refused("it is bound to a key of its client, which cannot be proven here");
    }
    if (claims.has("events")) {
      throw refused("it tells of an event and is no login");
    }
  }

  /** OpenID Connect Core 1.0, section 3.1.3.7. */
  private void mustBeForClient(JsonNode claims) {
    var own = client.provider().clientId();
    var audience = claims.path("aud");
    boolean named = own.equals(audience.asString(""));
    for (var a : audience) {
      named |= own.equals(a.asString(""));
    }
    if (!named || claims.has("azp") && !own.equals(Json.string(claims, "azp"))) {
      throw refused("it is for another client");
    }
  }

  static Fault refused(String why) {
    return Fault.unauthorized("The identity provider's token is refused: " + why + ".");
  }
}
