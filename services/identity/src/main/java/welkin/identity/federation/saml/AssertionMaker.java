package welkin.identity.federation.saml;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import welkin.core.Ids;

/** Makes signed assertions as keystone does for another cloud's keystone. */
final class AssertionMaker {
  private static final String ENTITY = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
  private static final String BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
  private static final String PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
  private static final String SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
  private static final String NEXT = "http://schemas.xmlsoap.org/soap/actor/next";

  private final Ids ids;
  private final String issuer;
  private final Duration life;

  /**
   * @param issuer this cloud's entity id
   */
  AssertionMaker(Ids ids, String issuer, Duration life) {
    this.ids = ids;
    this.issuer = issuer;
    this.life = life;
  }

  /** A {@code Response} with a signed assertion for who receives at {@code recipient}. */
  String response(Statement s, String recipient, Instant now, SamlKeys.Signer signer) {
    var document = Xml.empty();
    response(document, s, recipient, now, signer);
    return Xml.text(document);
  }

  /** The same in an envelope, as a client passes it on (ECP). */
  String enveloped(
      Statement s, String recipient, String relayState, Instant now, SamlKeys.Signer signer) {
    var document = Xml.empty();
    var envelope = Xml.add(document, Xml.SOAP, "Envelope");
    var relay = Xml.add(Xml.add(envelope, Xml.SOAP, "Header"), Xml.ECP, "RelayState", relayState);
    relay.setAttributeNS(Xml.SOAP, "S:actor", NEXT);
    relay.setAttributeNS(Xml.SOAP, "S:mustUnderstand", "1");
    response(Xml.add(envelope, Xml.SOAP, "Body"), s, recipient, now, signer);
    return Xml.text(document);
  }

  private void response(
      Node parent, Statement s, String recipient, Instant time, SamlKeys.Signer signer) {
    var now = time.truncatedTo(ChronoUnit.MILLIS);
    var response =
        Xml.with(
            Xml.add(parent, Xml.PROTOCOL, "Response"),
            "ID",
            "_" + ids.hex(),
            "Version",
            "2.0",
            "IssueInstant",
            now.toString(),
            "Destination",
            recipient);
    issuer(response);
    Xml.with(
        Xml.add(Xml.add(response, Xml.PROTOCOL, "Status"), Xml.PROTOCOL, "StatusCode"),
        "Value",
        SUCCESS);
    var assertion =
        Xml.with(
            Xml.add(response, Xml.SAML, "Assertion"),
            "ID",
            "_" + ids.hex(),
            "Version",
            "2.0",
            "IssueInstant",
            now.toString());
    issuer(assertion);
    var subject = subject(assertion, s, recipient, now);
    var end = now.plus(life).toString();
    Xml.with(
        Xml.add(assertion, Xml.SAML, "Conditions"),
        "NotBefore",
        now.toString(),
        "NotOnOrAfter",
        end);
    authentication(assertion, now, end);
    attributes(assertion, s);
    XmlSignatures.sign(assertion, subject, signer.key(), signer.certificate());
  }

  private void issuer(Element parent) {
    Xml.with(Xml.add(parent, Xml.SAML, "Issuer", issuer), "Format", ENTITY);
  }

  private Element subject(Element assertion, Statement s, String recipient, Instant now) {
    var subject = Xml.add(assertion, Xml.SAML, "Subject");
    Xml.add(subject, Xml.SAML, "NameID", s.user());
    var confirmation =
        Xml.with(Xml.add(subject, Xml.SAML, "SubjectConfirmation"), "Method", BEARER);
    Xml.with(
        Xml.add(confirmation, Xml.SAML, "SubjectConfirmationData"),
        "NotOnOrAfter",
        now.plus(life).toString(),
        "Recipient",
        recipient);
    return subject;
  }

  private void authentication(Element assertion, Instant now, String end) {
    var statement =
        Xml.with(
            Xml.add(assertion, Xml.SAML, "AuthnStatement"),
            "AuthnInstant",
            now.toString(),
            "SessionIndex",
            ids.hex(),
            "SessionNotOnOrAfter",
            end);
    var context = Xml.add(statement, Xml.SAML, "AuthnContext");
    Xml.add(context, Xml.SAML, "AuthnContextClassRef", PASSWORD);
    Xml.add(context, Xml.SAML, "AuthenticatingAuthority", issuer);
  }

  private static void attributes(Element assertion, Statement s) {
    var statement = Xml.add(assertion, Xml.SAML, "AttributeStatement");
    s.attributes()
        .forEach(
            (name, values) -> {
              var attribute = Xml.with(Xml.add(statement, Xml.SAML, "Attribute"), "Name", name);
              values.forEach(v -> Xml.add(attribute, Xml.SAML, "AttributeValue", v));
            });
  }
}
