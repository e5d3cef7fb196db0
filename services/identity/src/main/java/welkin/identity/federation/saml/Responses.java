package welkin.identity.federation.saml;

import java.security.PrivateKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import welkin.core.Fault;

/**
 * Reads answers of identity providers (saml-profiles 4.1.4, 4.2.4) and believes nothing that was
 * not signed for this cloud. What must be remembered, that it was used, is the caller's.
 */
final class Responses {
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final String SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

  private final ServiceProvider self;
  private final TrustedIdps idps;
  private final Supplier<List<PrivateKey>> keys;
  private final InstantSource clock;

  /**
   * @param keys that assertions may be encrypted for
   */
  Responses(
      ServiceProvider self,
      TrustedIdps idps,
      Supplier<List<PrivateKey>> keys,
      InstantSource clock) {
    this.keys = keys;
    this.self = self;
    this.idps = idps;
    this.clock = clock;
  }

  /**
   * An assertion that is good here and now, once.
   *
   * @param inResponseTo the request it answers, or null
   * @param until when it would be refused by its age
   */
  record Good(Assertion assertion, String inResponseTo, Instant until) {}

  /** An answer that a browser brought. */
  Good posted(byte[] message) {
    var document = Xml.parse(message);
    var good = good(document, document.getDocumentElement());
    if (good.assertion.audiences().isEmpty()) {
      throw Refused.because("it does not say for which service provider it was made");
    }
    return good;
  }

  /**
   * An answer in a SOAP envelope. keystone's own assertions name no audience; who receives them is
   * then said by the recipient alone.
   */
  Good enveloped(Document envelope) {
    var root = envelope.getDocumentElement();
    if (!Xml.is(root, Xml.SOAP, "Envelope")) {
      throw Fault.badRequest("The message is no SOAP envelope.");
    }
    var body = Xml.need(root, Xml.SOAP, "Body");
    return good(envelope, Xml.need(body, Xml.PROTOCOL, "Response"));
  }

  private Good good(Document document, Element sent) {
    Xml.refuseTwins(document);
    if (!Xml.is(sent, Xml.PROTOCOL, "Response")) {
      throw Fault.badRequest("The message is no SAML response.");
    }
    succeeded(sent);
    // who encrypts says beside it who it is
    var speaks = isEncrypted(sent) ? sent : Xml.need(sent, Xml.SAML, "Assertion");
    var claimed = Assertion.issuer(speaks);
    var idp =
        idps.find(claimed)
            .orElseThrow(() -> Refused.because("its issuer is not trusted: " + claimed));
    var assertion = Assertion.read(signed(sent, idp));
    if (!assertion.issuer().equals(idp.entityId())) {
      throw Refused.because("what was signed is of another issuer");
    }
    return checked(assertion);
  }

  /** The assertion, out of the octets that were signed: alone, or with the response around it. */
  private Element signed(Element sent, TrustedIdp idp) {
    var response = sent;
    boolean covered = XmlSignatures.isSigned(sent);
    if (covered) {
      response = again(XmlSignatures.verify(sent, idp.keys()), sent);
      if (Xml.attribute(response, "Destination") == null) {
        throw Refused.because("the signed response has no Destination");
      }
    }
    var destination = Xml.attribute(response, "Destination");
    if (destination != null && !self.receives(destination)) {
      throw Refused.because("it was sent to " + destination);
    }
    var issuer = Xml.child(response, Xml.SAML, "Issuer").map(Xml::text);
    if (issuer.isPresent() && !issuer.get().equals(idp.entityId())) {
      throw Refused.because("response and assertion are of different issuers");
    }
    var assertion = assertion(response, covered);
    if (XmlSignatures.isSigned(assertion)) {
      return again(XmlSignatures.verify(assertion, idp.keys()), assertion);
    }
    if (!covered) {
      throw Refused.because("it is not signed");
    }
    return assertion;
  }

  private static boolean isEncrypted(Element response) {
    return !Xml.children(response, Xml.SAML, "EncryptedAssertion").isEmpty();
  }

  /** The one there is, in clear or for this cloud alone to read. */
  private Element assertion(Element response, boolean covered) {
    if (!isEncrypted(response)) {
      return Xml.need(response, Xml.SAML, "Assertion");
    }
    if (!Xml.children(response, Xml.SAML, "Assertion").isEmpty()) {
      throw Refused.because("it has an encrypted assertion and another");
    }
    var holder = Xml.need(response, Xml.SAML, "EncryptedAssertion");
    var inside = XmlEncryption.decrypt(holder, keys.get(), covered);
    if (!Xml.is(inside, Xml.SAML, "Assertion")) {
      throw Refused.because("something else was encrypted");
    }
    return inside;
  }

  private static Element again(byte[] octets, Element was) {
    var root = Xml.parse(octets, 8 * Xml.MESSAGE).getDocumentElement();
    if (!Xml.is(root, was.getNamespaceURI(), was.getLocalName())) {
      throw Refused.because("something else was signed");
    }
    return root;
  }

  private static void succeeded(Element response) {
    var status = Xml.need(response, Xml.PROTOCOL, "Status");
    var code = Xml.need(status, Xml.PROTOCOL, "StatusCode");
    if (!SUCCESS.equals(Xml.attribute(code, "Value"))) {
      var inner = Xml.child(code, Xml.PROTOCOL, "StatusCode").orElse(code);
      var message = Xml.child(status, Xml.PROTOCOL, "StatusMessage").map(Xml::text);
      throw Refused.because(
          "the identity provider says "
              + Xml.attribute(inner, "Value")
              + message.map(m -> " (" + m + ")").orElse(""));
    }
  }

  private Good checked(Assertion a) {
    var now = clock.instant();
    if (a.id() == null || a.id().isEmpty()) {
      throw Refused.because("it has no ID");
    }
    if (a.nameId().isEmpty()) {
      throw Refused.because("its subject has no name");
    }
    for (var audience : a.audiences()) {
      if (!audience.contains(self.entityId())) {
        throw Refused.because("it was made for " + String.join(", ", audience));
      }
    }
    began(a.notBefore(), now);
    ended(a.notOnOrAfter(), now);
    ended(a.sessionEnds(), now);
    var bearer = bearer(a, now);
    var until = bearer.notOnOrAfter();
    if (a.notOnOrAfter() != null && a.notOnOrAfter().isBefore(until)) {
      until = a.notOnOrAfter();
    }
    if (until.isAfter(now.plus(LONGEST))) {
      throw Refused.because("it is good for longer than a day");
    }
    return new Good(a, bearer.inResponseTo(), late(until));
  }

  private Assertion.Bearer bearer(Assertion a, Instant now) {
    var here = a.bearers().stream().filter(b -> self.receives(b.recipient())).toList();
    if (here.isEmpty()) {
      throw Refused.because("its recipient is not " + self.acs());
    }
    Optional<Assertion.Bearer> timely =
        here.stream()
            .filter(b -> b.notOnOrAfter() != null && now.isBefore(late(b.notOnOrAfter())))
            .filter(b -> b.notBefore() == null || !now.isBefore(early(b.notBefore())))
            .findFirst();
    return timely.orElseThrow(() -> Refused.because("it is too old, or not good yet"));
  }

  private Instant late(Instant end) {
    return end.plus(self.skew());
  }

  private Instant early(Instant begin) {
    return begin.minus(self.skew());
  }

  private void began(Instant begin, Instant now) {
    if (begin != null && now.isBefore(early(begin))) {
      throw Refused.because("it is not good before " + begin);
    }
  }

  private void ended(Instant end, Instant now) {
    if (end != null && !now.isBefore(late(end))) {
      throw Refused.because("it was good until " + end);
    }
  }
}
