package welkin.identity.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.text.ParseException;
import java.time.Duration;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Key pairs that sign tokens as JWS (RFC 7515) with ES256, the one algorithm keystone's jws
 * provider has. The header says nothing about the key: each is tried, and none that a token brings
 * along or points to.
 */
final class JwsKeys {
  private static final JWSHeader HEADER =
      new JWSHeader.Builder(JWSAlgorithm.ES256).type(JOSEObjectType.JWT).build();

  private record Pair(JWSSigner signer, JWSVerifier verifier) {}

  private final KeyRing<Pair> ring;

  /**
   * @param activeMax keys kept, the staged one included; at least 2
   */
  JwsKeys(Database database, ClusterKey cluster, int activeMax) {
    ring =
        new KeyRing<>(
            database, cluster, "jws", activeMax, JwsKeys::generate, JwsKeys::read, KeyRing.none());
  }

  private static String generate() {
    try {
      return new ECKeyGenerator(Curve.P_256).generate().toJSONString();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Pair read(String key) {
    try {
      var pair = ECKey.parse(key);
      return new Pair(new ECDSASigner(pair), new ECDSAVerifier(pair.toPublicJWK()));
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException("a stored key of tokens cannot be read", e);
    }
  }

  void rotate(Sql sql) {
    ring.rotate(sql);
  }

  Duration age(Sql sql) {
    return ring.age(sql);
  }

  void reload(Sql sql) {
    ring.reload(sql);
  }

  /** Signs JSON with the primary. */
  String sign(byte[] claims) {
    var signed = new JWSObject(HEADER, new com.nimbusds.jose.Payload(claims));
    try {
      signed.sign(ring.loaded().primary().signer);
      return signed.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The claims, when one of the keys signed them; otherwise, and for any other text, null. */
  byte[] verified(String text) {
    try {
      var token = JWSObject.parse(text);
      var header = token.getHeader();
      if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
          || header.getCriticalParams() != null
          || !header.isBase64URLEncodePayload()) {
        return null;
      }
      for (var pair : ring.loaded().all()) {
        if (token.verify(pair.verifier)) {
          return token.getPayload().toBytes();
        }
      }
      return null;
    } catch (ParseException | JOSEException | RuntimeException e) {
      return null; // the library's parser throws NullPointerException, too, for a header "null"
    }
  }
}
