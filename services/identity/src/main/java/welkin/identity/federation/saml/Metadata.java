package welkin.identity.federation.saml;

import java.util.List;
import java.util.function.Supplier;
import org.w3c.dom.Element;
import welkin.core.Config;

/** What this cloud tells others of itself: as identity provider, and as service provider. */
final class Metadata {
  private static final String BINDING = "urn:oasis:names:tc:SAML:2.0:bindings:";
  private static final String XML = "http://www.w3.org/XML/1998/namespace";

  private final Config config;
  private final Supplier<List<String>> certificates;
  private final boolean signs;
  private final ServiceProvider self;
  private final String endpoint;

  /**
   * @param certificates Base64, of the key that signs and of the next
   */
  Metadata(
      Config config, Supplier<List<String>> certificates, ServiceProvider self, String endpoint) {
    this.config = config;
    this.certificates = certificates;
    signs = config.get(SamlOptions.SIGN_REQUESTS);
    this.self = self;
    this.endpoint = endpoint;
  }

  /** The entity id this cloud signs assertions as. */
  String idpEntityId() {
    var given = config.get(SamlOptions.IDP_ENTITY_ID);
    return given.isEmpty() ? endpoint + "/v3/OS-FEDERATION/saml2/idp" : given;
  }

  /** As keystone writes it for {@code /v3/OS-FEDERATION/saml2/metadata}. */
  String identityProvider() {
    var given = config.get(SamlOptions.IDP_SSO_ENDPOINT);
    var document = Xml.empty();
    var entity =
        Xml.with(Xml.add(document, Xml.METADATA, "EntityDescriptor"), "entityID", idpEntityId());
    var role = role(entity, "IDPSSODescriptor");
    certificates.get().forEach(c -> key(role, "signing", c));
    Xml.add(
        role, Xml.METADATA, "NameIDFormat", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient");
    Xml.with(
        Xml.add(role, Xml.METADATA, "SingleSignOnService"),
        "Binding",
        BINDING + "URI",
        "Location",
        given.isEmpty() ? endpoint + "/v3/OS-FEDERATION/saml2/sso" : given);
    organization(entity);
    contact(entity);
    return Xml.text(document);
  }

  String serviceProvider() {
    var document = Xml.empty();
    var entity =
        Xml.with(Xml.add(document, Xml.METADATA, "EntityDescriptor"), "entityID", self.entityId());
    var role =
        Xml.with(
            role(entity, "SPSSODescriptor"),
            "AuthnRequestsSigned",
            String.valueOf(signs),
            "WantAssertionsSigned",
            "true");
    var known = certificates.get();
    known.forEach(c -> key(role, "signing", c));
    // the next one: it is still here after a rotation that nobody was told of
    var encrypts = key(role, "encryption", known.getLast());
    XmlEncryption.ASKED.forEach(
        a -> Xml.with(Xml.add(encrypts, Xml.METADATA, "EncryptionMethod"), "Algorithm", a));
    int index = 1;
    for (var binding : List.of("HTTP-POST", "PAOS")) {
      Xml.with(
          Xml.add(role, Xml.METADATA, "AssertionConsumerService"),
          "Binding",
          BINDING + binding,
          "Location",
          self.acs(),
          "index",
          String.valueOf(index++));
    }
    return Xml.text(document);
  }

  private static Element role(Element entity, String name) {
    return Xml.with(
        Xml.add(entity, Xml.METADATA, name), "protocolSupportEnumeration", Xml.PROTOCOL);
  }

  private static Element key(Element role, String use, String base64) {
    var key = Xml.with(Xml.add(role, Xml.METADATA, "KeyDescriptor"), "use", use);
    var data = Xml.add(Xml.add(key, Xml.DSIG, "KeyInfo"), Xml.DSIG, "X509Data");
    Xml.add(data, Xml.DSIG, "X509Certificate", base64);
    return key;
  }

  private void organization(Element entity) {
    var name = config.get(SamlOptions.ORGANIZATION);
    var shown = config.get(SamlOptions.ORGANIZATION_SHOWN);
    var url = config.get(SamlOptions.ORGANIZATION_URL);
    if (!name.isEmpty() && !shown.isEmpty() && !url.isEmpty()) {
      var organization = Xml.add(entity, Xml.METADATA, "Organization");
      inLanguage(Xml.add(organization, Xml.METADATA, "OrganizationName", name));
      inLanguage(Xml.add(organization, Xml.METADATA, "OrganizationDisplayName", shown));
      inLanguage(Xml.add(organization, Xml.METADATA, "OrganizationURL", url));
    }
  }

  private void inLanguage(Element e) {
    e.setAttributeNS(XML, "xml:lang", config.get(SamlOptions.LANGUAGE));
  }

  private void contact(Element entity) {
    var parts =
        List.of(
            new String[] {"Company", config.get(SamlOptions.CONTACT_COMPANY)},
            new String[] {"GivenName", config.get(SamlOptions.CONTACT_NAME)},
            new String[] {"SurName", config.get(SamlOptions.CONTACT_SURNAME)},
            new String[] {"EmailAddress", config.get(SamlOptions.CONTACT_EMAIL)},
            new String[] {"TelephoneNumber", config.get(SamlOptions.CONTACT_TELEPHONE)});
    if (parts.stream().anyMatch(p -> !p[1].isEmpty())) {
      var contact =
          Xml.with(
              Xml.add(entity, Xml.METADATA, "ContactPerson"),
              "contactType",
              config.get(SamlOptions.CONTACT_TYPE));
      parts.stream()
          .filter(p -> !p[1].isEmpty())
          .forEach(p -> Xml.add(contact, Xml.METADATA, p[0], p[1]));
    }
  }
}
