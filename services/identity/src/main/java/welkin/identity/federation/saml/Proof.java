package welkin.identity.federation.saml;

import java.util.List;
import java.util.Map;
import welkin.identity.federation.mapping.Assertion;

/**
 * What an identity provider proved of a user, as a mapping's rules see it.
 *
 * @param issuer the entity id of the identity provider
 * @param environment values by the names rules use
 */
record Proof(String issuer, Map<String, List<String>> environment) {
  Assertion assertion() {
    return new Assertion(environment);
  }
}
