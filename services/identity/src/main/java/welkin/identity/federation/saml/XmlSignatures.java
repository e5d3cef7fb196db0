package welkin.identity.federation.saml;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.MarshalException;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignatureMethod;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureException;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import welkin.core.Fault;

/**
 * Enveloped signatures, as SAML has them (saml-core 5.4): one reference, to the very element the
 * signature stands in. Verifying gives the octets that were signed, and whoever wants to know what
 * was signed reads those and nothing else: what stands elsewhere in a message, whatever its name
 * and id, is never looked at.
 */
final class XmlSignatures {
  private static final String MORE = "http://www.w3.org/2001/04/xmldsig-more#";
  private static final String PSS = "http://www.w3.org/2007/05/xmldsig-more#";
  private static final String ENC = "http://www.w3.org/2001/04/xmlenc#";

  /** No SHA-1, no MACs, nothing that was broken or nobody uses. */
  private static final Set<String> SIGNATURES =
      Set.of(
          MORE + "rsa-sha256",
          MORE + "rsa-sha384",
          MORE + "rsa-sha512",
          MORE + "ecdsa-sha256",
          MORE + "ecdsa-sha384",
          MORE + "ecdsa-sha512",
          PSS + "sha256-rsa-MGF1",
          PSS + "sha384-rsa-MGF1",
          PSS + "sha512-rsa-MGF1");

  private static final Set<String> DIGESTS =
      Set.of(ENC + "sha256", MORE + "sha384", ENC + "sha512");
  private static final Set<String> PARTS = Set.of("SignedInfo", "SignatureValue", "KeyInfo");

  private XmlSignatures() {}

  static boolean isSigned(Element element) {
    return !Xml.children(element, Xml.DSIG, "Signature").isEmpty();
  }

  /**
   * Verifies the signature that stands in an element.
   *
   * @param keys those the signer is known by; the message's own word about keys is not heard
   * @return the octets that were signed: the element, canonical, without the signature
   * @throws Fault 401 when none of the keys made it, or it is of a kind that proves too little
   */
  static byte[] verify(Element element, List<PublicKey> keys) {
    var signature = Xml.need(element, Xml.DSIG, "Signature");
    inspect(element, signature);
    Xml.child(signature, Xml.DSIG, "KeyInfo").ifPresent(signature::removeChild);
    for (var key : keys) {
      var signed = verify(element, signature, key);
      if (signed != null) {
        return signed;
      }
    }
    throw Refused.because("its signature is of none of the identity provider's keys");
  }

  private static byte[] verify(Element element, Element signature, PublicKey key) {
    try {
      var context = new DOMValidateContext(KeySelector.singletonKeySelector(key), signature);
      context.setProperty("org.jcp.xml.dsig.secureValidation", true);
      context.setProperty("javax.xml.crypto.dsig.cacheReference", true);
      context.setIdAttributeNS(element, null, "ID");
      var read = XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context);
      if (!read.validate(context)) {
        return null;
      }
      try (var octets = read.getSignedInfo().getReferences().getFirst().getDigestInputStream()) {
        return octets.readAllBytes();
      }
    } catch (MarshalException | XMLSignatureException | IOException e) {
      return null;
    } catch (RuntimeException e) { // the JDK lets some through for what is no Base64 and the like
      return null;
    }
  }

  /** Of the one form that is accepted, before any of it is computed. */
  private static void inspect(Element element, Element signature) {
    for (var part : Xml.children(signature)) {
      if (!Xml.DSIG.equals(part.getNamespaceURI()) || !PARTS.contains(part.getLocalName())) {
        throw Refused.because("its signature has a part " + part.getLocalName());
      }
    }
    var info = Xml.need(signature, Xml.DSIG, "SignedInfo");
    var canonical = Xml.need(info, Xml.DSIG, "CanonicalizationMethod");
    if (!CanonicalizationMethod.EXCLUSIVE.equals(Xml.attribute(canonical, "Algorithm"))) {
      throw Refused.because("its signature's canonicalization is not the exclusive one");
    }
    allowed(Xml.need(info, Xml.DSIG, "SignatureMethod"), SIGNATURES);
    var reference = Xml.need(info, Xml.DSIG, "Reference");
    allowed(Xml.need(reference, Xml.DSIG, "DigestMethod"), DIGESTS);
    var id = Xml.attribute(element, "ID");
    if (id == null || id.isEmpty() || !("#" + id).equals(Xml.attribute(reference, "URI"))) {
      throw Refused.because("its signature is of another element than it stands in");
    }
    var transforms =
        Xml.children(Xml.need(reference, Xml.DSIG, "Transforms"), Xml.DSIG, "Transform").stream()
            .map(t -> String.valueOf(Xml.attribute(t, "Algorithm")))
            .toList();
    if (!transforms.equals(List.of(Transform.ENVELOPED, CanonicalizationMethod.EXCLUSIVE))) {
      throw Refused.because("its signature transforms what it signs in an unusual way");
    }
  }

  private static void allowed(Element method, Set<String> known) {
    var algorithm = String.valueOf(Xml.attribute(method, "Algorithm"));
    if (!known.contains(algorithm)) {
      throw Refused.because("the algorithm " + algorithm + " is not accepted");
    }
  }

  /**
   * Signs an element: RSA with SHA-256.
   *
   * @param element has an {@code ID}
   * @param before the child the signature is put before
   */
  static void sign(Element element, Node before, PrivateKey key, X509Certificate certificate) {
    try {
      var factory = XMLSignatureFactory.getInstance("DOM");
      Reference reference =
          factory.newReference(
              "#" + element.getAttribute("ID"),
              factory.newDigestMethod(DigestMethod.SHA256, null),
              List.of(
                  factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null),
                  factory.newTransform(
                      CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null)),
              null,
              null);
      var info =
          factory.newSignedInfo(
              factory.newCanonicalizationMethod(
                  CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
              factory.newSignatureMethod(SignatureMethod.RSA_SHA256, null),
              List.of(reference));
      var keys = factory.getKeyInfoFactory();
      var keyInfo = keys.newKeyInfo(List.of(keys.newX509Data(List.of(certificate))));
      var context = new DOMSignContext(key, element, before);
      context.setDefaultNamespacePrefix("ds");
      context.setIdAttributeNS(element, null, "ID");
      factory.newXMLSignature(info, keyInfo).sign(context);
      var made = Xml.need(element, Xml.DSIG, "Signature");
      oneLine(Xml.need(made, Xml.DSIG, "SignatureValue"));
      var data = Xml.need(Xml.need(made, Xml.DSIG, "KeyInfo"), Xml.DSIG, "X509Data");
      oneLine(Xml.need(data, Xml.DSIG, "X509Certificate"));
    } catch (GeneralSecurityException | MarshalException | XMLSignatureException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The JDK breaks Base64 by CR LF, which some readers stumble over. */
  private static void oneLine(Element base64) {
    base64.setTextContent(base64.getTextContent().replaceAll("\\s", ""));
  }
}
