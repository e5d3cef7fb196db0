package welkin.identity.federation.saml;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.w3c.dom.Element;
import welkin.core.Fault;

/**
 * What an identity provider says of a user (saml-core 2.3), read from the octets it signed.
 *
 * @param nameId the subject's name
 * @param bearers the ways in which whoever brings it may be the subject
 * @param notBefore null for always
 * @param notOnOrAfter null for ever
 * @param audiences each a set of names of which the reader must have one
 * @param sessionEnds null when it does not say
 * @param attributes by name, values in order
 */
record Assertion(
    String id,
    String issuer,
    String nameId,
    List<Bearer> bearers,
    Instant notBefore,
    Instant notOnOrAfter,
    List<Set<String>> audiences,
    Instant sessionEnds,
    Map<String, List<String>> attributes) {
  private static final String BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
  private static final Set<String> CONDITIONS =
      Set.of("AudienceRestriction", "OneTimeUse", "ProxyRestriction");
  private static final int VALUES = 2_000;

  /**
   * "Whoever brings it, there and until then, in answer to that."
   *
   * @param inResponseTo null when nobody asked
   */
  record Bearer(String recipient, Instant notBefore, Instant notOnOrAfter, String inResponseTo) {}

  /**
   * @throws Fault 400 or 401 when it does not say all that it must
   */
  static Assertion read(Element e) {
    if (!Xml.is(e, Xml.SAML, "Assertion") || !"2.0".equals(Xml.attribute(e, "Version"))) {
      throw Refused.because("it is not of version 2.0");
    }
    var subject = Xml.need(e, Xml.SAML, "Subject");
    if (Xml.child(subject, Xml.SAML, "EncryptedID").isPresent()) {
      throw Refused.because("its subject is encrypted, which is not understood");
    }
    var bearers =
        Xml.children(subject, Xml.SAML, "SubjectConfirmation").stream()
            .filter(c -> BEARER.equals(Xml.attribute(c, "Method")))
            .flatMap(c -> Xml.child(c, Xml.SAML, "SubjectConfirmationData").stream())
            .map(Assertion::bearer)
            .toList();
    var conditions = Xml.child(e, Xml.SAML, "Conditions");
    return new Assertion(
        Xml.attribute(e, "ID"),
        issuer(e),
        Xml.text(Xml.need(subject, Xml.SAML, "NameID")),
        bearers,
        conditions.map(c -> time(c, "NotBefore")).orElse(null),
        conditions.map(c -> time(c, "NotOnOrAfter")).orElse(null),
        conditions.map(Assertion::audiences).orElse(List.of()),
        sessionEnds(e),
        attributes(e));
  }

  /** Who speaks, in an assertion or a message around it. */
  static String issuer(Element e) {
    return Xml.text(Xml.need(e, Xml.SAML, "Issuer"));
  }

  private static Bearer bearer(Element data) {
    return new Bearer(
        Xml.attribute(data, "Recipient"),
        time(data, "NotBefore"),
        time(data, "NotOnOrAfter"),
        Xml.attribute(data, "InResponseTo"));
  }

  private static List<Set<String>> audiences(Element conditions) {
    var out = new ArrayList<Set<String>>();
    for (var c : Xml.children(conditions)) {
      if (!Xml.SAML.equals(c.getNamespaceURI()) || !CONDITIONS.contains(c.getLocalName())) {
        throw Refused.because("it has a condition that is not understood: " + c.getLocalName());
      }
      if (c.getLocalName().equals("AudienceRestriction")) {
        var names = new ArrayList<String>();
        Xml.children(c, Xml.SAML, "Audience").forEach(a -> names.add(Xml.text(a)));
        out.add(Set.copyOf(names));
      }
    }
    return List.copyOf(out);
  }

  private static Instant sessionEnds(Element e) {
    Instant first = null;
    for (var s : Xml.children(e, Xml.SAML, "AuthnStatement")) {
      var end = time(s, "SessionNotOnOrAfter");
      if (end != null && (first == null || end.isBefore(first))) {
        first = end;
      }
    }
    return first;
  }

  private static Map<String, List<String>> attributes(Element e) {
    var out = new LinkedHashMap<String, List<String>>();
    int count = 0;
    for (var statement : Xml.children(e, Xml.SAML, "AttributeStatement")) {
      if (!Xml.children(statement, Xml.SAML, "EncryptedAttribute").isEmpty()) {
        throw Refused.because("an attribute is encrypted, which is not understood");
      }
      for (var attribute : Xml.children(statement, Xml.SAML, "Attribute")) {
        var name = Xml.attribute(attribute, "Name");
        if (name == null || name.isEmpty()) {
          throw Fault.badRequest("An Attribute has no Name.");
        }
        var values = out.computeIfAbsent(name, n -> new ArrayList<>());
        for (var value : Xml.children(attribute, Xml.SAML, "AttributeValue")) {
          values.add(value(value));
          if (++count > VALUES) {
            throw Fault.badRequest("The assertion has more than " + VALUES + " values.");
          }
        }
      }
    }
    return out;
  }

  /** Text, or the name of a subject as {@code eduPersonTargetedID} has it. */
  private static String value(Element value) {
    var inner = Xml.children(value);
    return inner.size() == 1 && Xml.is(inner.getFirst(), Xml.SAML, "NameID")
        ? Xml.text(inner.getFirst())
        : Xml.text(value);
  }

  private static Instant time(Element e, String name) {
    var text = Xml.attribute(e, name);
    try {
      return text == null ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException x) {
      throw Refused.because(name + " is not a time with its zone: " + text);
    }
  }
}
