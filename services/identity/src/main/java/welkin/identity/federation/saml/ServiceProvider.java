package welkin.identity.federation.saml;

import java.time.Duration;
import welkin.core.Config;

/**
 * This cloud as a service provider: what assertions must be made for. It is configuration and never
 * what a request says: an assertion made for another cloud must not become ours by a {@code Host}.
 *
 * @param acs where assertions are brought to
 * @param skew by which an identity provider's clock may be wrong
 */
record ServiceProvider(String entityId, String acs, Duration skew) {
  static final String ACS = "/v3/OS-FEDERATION/saml2/acs";

  /** Where keystones behind mod_shib have it: what was set up for one goes on. */
  static final String SHIBBOLETH = "/Shibboleth.sso/SAML2/ECP";

  static ServiceProvider of(Config config, String endpoint) {
    var given = config.get(SamlOptions.SP_ENTITY_ID);
    return new ServiceProvider(
        given.isEmpty() ? endpoint + "/v3/OS-FEDERATION/saml2/sp" : given,
        endpoint + ACS,
        Duration.ofSeconds(config.get(SamlOptions.SKEW)));
  }

  /** Whether a recipient is this cloud. */
  boolean receives(String recipient) {
    return acs.equals(recipient)
        || (acs.substring(0, acs.length() - ACS.length()) + SHIBBOLETH).equals(recipient);
  }
}
