package welkin.identity.federation.saml;

import java.util.List;
import welkin.core.Config;

/** Options of group {@code saml}: upstream's for the identity provider, our own for the other. */
public final class SamlOptions {
  static final Config.Key<String> IDP_ENTITY_ID =
      Config.Key.text(
          "saml.idp_entity_id",
          "",
          "Entity id of this cloud as identity provider; empty for the cloud's URL and"
              + " /v3/OS-FEDERATION/saml2/idp");
  static final Config.Key<String> IDP_SSO_ENDPOINT =
      Config.Key.text(
          "saml.idp_sso_endpoint",
          "",
          "Where this cloud's metadata says logins are; empty for the cloud's URL and"
              + " /v3/OS-FEDERATION/saml2/sso");
  static final Config.Key<Integer> LIFE =
      Config.Key.number(
          "saml.assertion_expiration_time", 3600, "Seconds an assertion of this cloud is good for");
  static final Config.Key<String> LANGUAGE =
      Config.Key.text("saml.idp_lang", "en", "Language of the organization's names");
  static final Config.Key<String> ORGANIZATION =
      Config.Key.text("saml.idp_organization_name", "", "Organization in the metadata");
  static final Config.Key<String> ORGANIZATION_SHOWN =
      Config.Key.text("saml.idp_organization_display_name", "", "Its name for people");
  static final Config.Key<String> ORGANIZATION_URL =
      Config.Key.text("saml.idp_organization_url", "", "Its page");
  static final Config.Key<String> CONTACT_COMPANY =
      Config.Key.text("saml.idp_contact_company", "", "Contact in the metadata: company");
  static final Config.Key<String> CONTACT_NAME =
      Config.Key.text("saml.idp_contact_name", "", "Contact in the metadata: given name");
  static final Config.Key<String> CONTACT_SURNAME =
      Config.Key.text("saml.idp_contact_surname", "", "Contact in the metadata: surname");
  static final Config.Key<String> CONTACT_EMAIL =
      Config.Key.text("saml.idp_contact_email", "", "Contact in the metadata: address");
  static final Config.Key<String> CONTACT_TELEPHONE =
      Config.Key.text("saml.idp_contact_telephone", "", "Contact in the metadata: telephone");
  static final Config.Key<String> CONTACT_TYPE =
      Config.Key.text(
          "saml.idp_contact_type",
          "other",
          "Contact in the metadata: technical, support, administrative, billing or other");

  static final Config.Key<String> SP_ENTITY_ID =
      Config.Key.text(
          "saml.sp_entity_id",
          "",
          "Entity id of this cloud as service provider; empty for the cloud's URL and"
              + " /v3/OS-FEDERATION/saml2/sp");
  static final Config.Key<Boolean> SIGN_REQUESTS =
      Config.Key.flag(
          "saml.sign_requests",
          false,
          "Whether requests to identity providers are signed also where their metadata do not ask"
              + " for it");
  static final Config.Key<List<String>> PROTOCOLS =
      Config.Key.list(
          "saml.protocols",
          List.of("saml2", "mapped"),
          "Federation protocols whose users come with SAML assertions");
  static final Config.Key<List<String>> ATTRIBUTES =
      Config.Key.list(
          "saml.attributes",
          List.of(),
          "What mappings call an attribute, each 'attribute=name'; others keep their own names");
  static final Config.Key<String> REMOTE_USER =
      Config.Key.text(
          "saml.remote_user",
          "",
          "The attribute that is REMOTE_USER; empty for the subject's name");
  static final Config.Key<Integer> SKEW =
      Config.Key.number(
          "saml.clock_skew", 60, "Seconds by which an identity provider's clock may be wrong");

  private SamlOptions() {}

  public static List<Config.Key<?>> all() {
    return List.of(
        IDP_ENTITY_ID,
        IDP_SSO_ENDPOINT,
        LIFE,
        LANGUAGE,
        ORGANIZATION,
        ORGANIZATION_SHOWN,
        ORGANIZATION_URL,
        CONTACT_COMPANY,
        CONTACT_NAME,
        CONTACT_SURNAME,
        CONTACT_EMAIL,
        CONTACT_TELEPHONE,
        CONTACT_TYPE,
        SP_ENTITY_ID,
        SIGN_REQUESTS,
        PROTOCOLS,
        ATTRIBUTES,
        REMOTE_USER,
        SKEW);
  }
}
