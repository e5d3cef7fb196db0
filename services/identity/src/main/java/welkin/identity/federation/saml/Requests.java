package welkin.identity.federation.saml;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.function.Supplier;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** Writes requests to identity providers (saml-core 3.4.1). */
final class Requests {
  private static final String BINDINGS = "urn:oasis:names:tc:SAML:2.0:bindings:";
  private static final String NEXT = "http://schemas.xmlsoap.org/soap/actor/next";

  private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

  private final ServiceProvider self;
  private final Supplier<SamlKeys.Signer> signer;
  private final boolean signed;

  /**
   * @param signer asked only when something is signed
   * @param signed whether all requests are, not only those to who wants it
   */
  Requests(ServiceProvider self, Supplier<SamlKeys.Signer> signer, boolean signed) {
    this.self = self;
    this.signer = signer;
    this.signed = signed;
  }

  /** Where a browser is sent: the identity provider's page with the request (HTTP-Redirect). */
  String redirect(String id, TrustedIdp idp, Instant now) {
    var location = idp.redirect();
    var document = Xml.empty();
    request(document, id, location, "HTTP-POST", now);
    var query =
        "SAMLRequest="
            + encoded(Base64.getEncoder().encodeToString(deflated(Xml.text(document))))
            + "&RelayState="
            + encoded(id);
    return location
        + (location.contains("?") ? "&" : "?")
        + (signed || idp.wantsSigned() ? signed(query) : query);
  }

  /** This binding signs the query and not the XML (saml-bindings 3.4.4.1). */
  private String signed(String query) {
    var text = query + "&SigAlg=" + encoded(RSA_SHA256);
    try {
      var signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(signer.get().key());
      signature.update(text.getBytes(StandardCharsets.US_ASCII));
      return text + "&Signature=" + encoded(Base64.getEncoder().encodeToString(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a client passes to the identity provider that it chose itself (ECP). */
  String envelope(String id, Instant now) {
    var document = Xml.empty();
    var envelope = Xml.add(document, Xml.SOAP, "Envelope");
    var header = Xml.add(envelope, Xml.SOAP, "Header");
    forNext(
        Xml.with(
            Xml.add(header, Xml.PAOS, "Request"),
            "responseConsumerURL",
            self.acs(),
            "service",
            Xml.ECP));
    var request = forNext(Xml.with(Xml.add(header, Xml.ECP, "Request"), "IsPassive", "false"));
    Xml.add(request, Xml.SAML, "Issuer", self.entityId());
    forNext(Xml.add(header, Xml.ECP, "RelayState", id));
    var inside = request(Xml.add(envelope, Xml.SOAP, "Body"), id, null, "PAOS", now);
    if (signed) {
      var by = signer.get();
      var policy = Xml.need(inside, Xml.PROTOCOL, "NameIDPolicy");
      XmlSignatures.sign(inside, policy, by.key(), by.certificate());
    }
    return Xml.text(document);
  }

  private static Element forNext(Element block) {
    block.setAttributeNS(Xml.SOAP, "S:mustUnderstand", "1");
    block.setAttributeNS(Xml.SOAP, "S:actor", NEXT);
    return block;
  }

  private Element request(Node parent, String id, String location, String binding, Instant now) {
    var request =
        Xml.with(
            Xml.add(parent, Xml.PROTOCOL, "AuthnRequest"),
            "ID",
            id,
            "Version",
            "2.0",
            "IssueInstant",
            now.truncatedTo(ChronoUnit.SECONDS).toString(),
            "AssertionConsumerServiceURL",
            self.acs(),
            "ProtocolBinding",
            BINDINGS + binding);
    if (location != null) {
      request.setAttribute("Destination", location);
    }
    Xml.add(request, Xml.SAML, "Issuer", self.entityId());
    Xml.with(Xml.add(request, Xml.PROTOCOL, "NameIDPolicy"), "AllowCreate", "true");
    return request;
  }

  private static byte[] deflated(String text) {
    var out = new ByteArrayOutputStream();
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try (var deflating = new DeflaterOutputStream(out, deflater)) {
      deflating.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } finally {
      deflater.end();
    }
    return out.toByteArray();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
