package welkin.identity.federation.saml;

import java.io.ByteArrayInputStream;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

/**
 * An identity provider as its metadata tells it (saml-metadata 2.4.3).
 *
 * @param keys it signs with; a certificate is only a key's wrapping, its own end is not looked at
 * @param redirect where a browser is sent with a request (HTTP-Redirect), or null
 * @param wantsSigned whether requests must be signed
 * @param validUntil when the metadata end, or null
 */
record TrustedIdp(
    String entityId,
    List<PublicKey> keys,
    String redirect,
    boolean wantsSigned,
    Instant validUntil) {
  private static final String REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
  private static final int RSA_BITS = 2048;
  private static final int EC_BITS = 256;

  /**
   * Every identity provider of a metadata document, one or an aggregate.
   *
   * @throws IllegalArgumentException for a document that says something else, or a weak key
   */
  static List<TrustedIdp> read(Document document) {
    var out = new ArrayList<TrustedIdp>();
    for (var e : Xml.all(document)) {
      if (Xml.is(e, Xml.METADATA, "EntityDescriptor")) {
        for (var role : Xml.children(e, Xml.METADATA, "IDPSSODescriptor")) {
          out.add(read(e, role));
        }
      }
    }
    if (out.isEmpty()) {
      throw new IllegalArgumentException("there is no IDPSSODescriptor in it");
    }
    return out;
  }

  private static TrustedIdp read(Element entity, Element role) {
    var id = Xml.attribute(entity, "entityID");
    if (id == null || id.isBlank()) {
      throw new IllegalArgumentException("an EntityDescriptor has no entityID");
    }
    var keys = new ArrayList<PublicKey>();
    for (var descriptor : Xml.children(role, Xml.METADATA, "KeyDescriptor")) {
      var use = Xml.attribute(descriptor, "use");
      if (use == null || use.equals("signing")) {
        for (var info : Xml.children(descriptor, Xml.DSIG, "KeyInfo")) {
          for (var data : Xml.children(info, Xml.DSIG, "X509Data")) {
            for (var c : Xml.children(data, Xml.DSIG, "X509Certificate")) {
              keys.add(key(id, Xml.text(c)));
            }
          }
        }
      }
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException(id + " has no certificate to sign with");
    }
    var redirect =
        Xml.children(role, Xml.METADATA, "SingleSignOnService").stream()
            .filter(s -> REDIRECT.equals(Xml.attribute(s, "Binding")))
            .map(s -> Xml.attribute(s, "Location"))
            .filter(l -> l != null && l.matches("https?://[^\\s\"<>]+"))
            .findFirst()
            .orElse(null);
    var wants = String.valueOf(Xml.attribute(role, "WantAuthnRequestsSigned"));
    return new TrustedIdp(
        id,
        List.copyOf(keys),
        redirect,
        wants.equals("true") || wants.equals("1"),
        earliest(entity, role));
  }

  private static PublicKey key(String id, String base64) {
    try {
      var bytes = Base64.getMimeDecoder().decode(base64);
      var key =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(bytes))
              .getPublicKey();
      boolean strong =
          key instanceof RSAPublicKey rsa && rsa.getModulus().bitLength() >= RSA_BITS
              || key instanceof ECPublicKey ec && ec.getParams().getOrder().bitLength() >= EC_BITS;
      if (!strong) {
        throw new IllegalArgumentException(
            id + " has a key that is neither RSA of " + RSA_BITS + " bits nor EC of " + EC_BITS);
      }
      return key;
    } catch (CertificateException e) {
      throw new IllegalArgumentException(id + " has a certificate that is none", e);
    }
  }

  /** The first end of those that apply: an aggregate's, the entity's, the role's. */
  private static Instant earliest(Element entity, Element role) {
    Instant out = null;
    for (var e : List.of(entity.getOwnerDocument().getDocumentElement(), entity, role)) {
      var text = Xml.attribute(e, "validUntil");
      if (text != null) {
        try {
          var end = OffsetDateTime.parse(text).toInstant();
          out = out == null || end.isBefore(out) ? end : out;
        } catch (DateTimeException x) {
          throw new IllegalArgumentException("validUntil is no time: " + text, x);
        }
      }
    }
    return out;
  }
}
