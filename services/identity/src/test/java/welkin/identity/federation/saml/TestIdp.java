package welkin.identity.federation.saml;

import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.w3c.dom.Element;

/** An identity provider that says what a test wants, well or badly. */
public final class TestIdp {
  public static final String ENTITY = "https://idp.example.org/saml";
  private static final KeyPair KEY = SelfSigned.key();
  private static final AtomicInteger COUNT = new AtomicInteger();

  final SamlKeys.Signer signer =
      new SamlKeys.Signer(
          KEY.getPrivate(),
          SelfSigned.certificate(KEY, "idp", Instant.parse("2026-01-01T00:00:00Z")));

  public String acs;
  public String audience;
  public Instant now;
  public String id = "_a" + COUNT.incrementAndGet();
  public String issuer = ENTITY;
  public String nameId = "anna";
  public String inResponseTo;
  public String conditionsEnd = "";
  public String recipientEnd = "";
  public final Map<String, List<String>> attributes = new LinkedHashMap<>();

  public TestIdp(String acs, String audience, Instant now) {
    this.acs = acs;
    this.audience = audience;
    this.now = now;
    attributes.put("groups", List.of("staff", "a;b"));
  }

  public String metadata() throws Exception {
    return "<md:EntityDescriptor xmlns:md='"
        + Xml.METADATA
        + "' entityID='"
        + ENTITY
        + "'><md:IDPSSODescriptor protocolSupportEnumeration='"
        + Xml.PROTOCOL
        + "'><md:KeyDescriptor use='signing'><ds:KeyInfo xmlns:ds='"
        + Xml.DSIG
        + "'><ds:X509Data><ds:X509Certificate>"
        + java.util.Base64.getEncoder().encodeToString(signer.certificate().getEncoded())
        + "</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        + "<md:SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'"
        + " Location='https://idp.example.org/sso'/></md:IDPSSODescriptor></md:EntityDescriptor>";
  }

  /** Unsigned, as text, so that a test may put anything anywhere. */
  String unsigned() {
    var out = new StringBuilder();
    out.append("<samlp:Response xmlns:samlp='").append(Xml.PROTOCOL);
    out.append("' xmlns:saml='").append(Xml.SAML).append("' ID='_r").append(id);
    out.append("' Version='2.0' IssueInstant='").append(now);
    out.append("' Destination='").append(acs).append("'><saml:Issuer>").append(issuer);
    out.append("</saml:Issuer><samlp:Status><samlp:StatusCode");
    out.append(" Value='urn:oasis:names:tc:SAML:2.0:status:Success'/></samlp:Status>");
    out.append(assertion()).append("</samlp:Response>");
    return out.toString();
  }

  String assertion() {
    var out = new StringBuilder();
    out.append("<saml:Assertion xmlns:saml='").append(Xml.SAML).append("' ID='").append(id);
    out.append("' Version='2.0' IssueInstant='").append(now).append("'><saml:Issuer>");
    out.append(issuer).append("</saml:Issuer><saml:Subject><saml:NameID>").append(nameId);
    out.append("</saml:NameID><saml:SubjectConfirmation");
    out.append(" Method='urn:oasis:names:tc:SAML:2.0:cm:bearer'><saml:SubjectConfirmationData");
    out.append(" Recipient='").append(acs).append("' NotOnOrAfter='");
    out.append(recipientEnd.isEmpty() ? now.plusSeconds(300).toString() : recipientEnd).append("'");
    if (inResponseTo != null) {
      out.append(" InResponseTo='").append(inResponseTo).append("'");
    }
    out.append("/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore='");
    out.append(now).append("' NotOnOrAfter='");
    out.append(conditionsEnd.isEmpty() ? now.plusSeconds(300).toString() : conditionsEnd);
    out.append("'>");
    if (audience != null) {
      out.append("<saml:AudienceRestriction><saml:Audience>").append(audience);
      out.append("</saml:Audience></saml:AudienceRestriction>");
    }
    out.append("</saml:Conditions><saml:AttributeStatement>");
    attributes.forEach(
        (name, values) -> {
          out.append("<saml:Attribute Name='").append(name).append("'>");
          values.forEach(
              v -> out.append("<saml:AttributeValue>").append(v).append("</saml:AttributeValue>"));
          out.append("</saml:Attribute>");
        });
    out.append("</saml:AttributeStatement></saml:Assertion>");
    return out.toString();
  }

  /** The usual answer: the assertion is signed. */
  public byte[] signed() {
    return bytes(sign(unsigned(), "Assertion"));
  }

  /** Signs one element by its local name. */
  String sign(String xml, String name) {
    var document = Xml.parse(bytes(xml));
    var element =
        Xml.all(document).stream().filter(e -> name.equals(e.getLocalName())).findFirst().get();
    XmlSignatures.sign(element, afterIssuer(element), signer.key(), signer.certificate());
    return Xml.text(document);
  }

  private static Element afterIssuer(Element e) {
    return Xml.children(e).get(1);
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
