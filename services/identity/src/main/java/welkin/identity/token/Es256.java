package welkin.identity.token;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.text.ParseException;
import java.util.List;

/** A key pair for ES256 (RFC 7518): what knows the library. */
final class Es256 {
  private static final JWSHeader HEADER =
      new JWSHeader.Builder(JWSAlgorithm.ES256).type(JOSEObjectType.JWT).build();

  private final JWSSigner signer;
  private final JWSVerifier verifier;

  /**
   * @param key as {@link #generate} gives it
   */
  Es256(String key) {
    try {
      var pair = ECKey.parse(key);
      signer = new ECDSASigner(pair);
      verifier = new ECDSAVerifier(pair.toPublicJWK());
    } catch (ParseException | JOSEException e) {
      throw new IllegalStateException("a stored key of tokens cannot be read", e);
    }
  }

  /** A new key as text (RFC 7517), the private part with it. */
  static String generate() {
    try {
      return new ECKeyGenerator(Curve.P_256).generate().toJSONString();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  String sign(byte[] claims) {
    var signed = new JWSObject(HEADER, new Payload(claims));
    try {
      signed.sign(signer);
      return signed.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The library skips what is no letter of base64 and bits of nothing; the header and the payload
   * are signed as they are written, but one signature could be written in many ways.
   */
  private static boolean isExact(Base64URL text) {
    return Base64URL.encode(text.decode()).equals(text);
  }

  /** The claims, when one of the pairs signed them; otherwise, and for any other text, null. */
  static byte[] verified(String text, List<Es256> pairs) {
    if (!text.equals(text.trim())) {
      return null; // the library would trim it
    }
    try {
      var token = JWSObject.parse(text);
      var header = token.getHeader();
      if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
          || header.getCriticalParams() != null
          || !header.isBase64URLEncodePayload()
          || !isExact(token.getSignature())) {
        return null;
      }
      for (var pair : pairs) {
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
