package welkin.identity.federation.saml;

import java.nio.file.Path;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.identity.federation.login.AssertionSource;
import welkin.identity.federation.serviceprovider.ServiceProviders;
import welkin.identity.shared.Backend;
import welkin.identity.token.Tokens;

/** SAML 2: this cloud as service provider, and as identity provider of another cloud. */
public final class Saml {
  private final SamlLogin login;
  private final SamlSpApi serviceProvider;
  private final SamlIdpApi identityProvider;

  /**
   * @param home the state folder; the metadata of trusted identity providers are in {@code saml}
   * @param endpoint scheme and authority clients use
   * @param remoteId the attribute that names a provider, or empty
   */
  public Saml(
      Backend backend,
      Config config,
      Path home,
      String endpoint,
      String remoteId,
      SamlKeys keys,
      Tokens tokens,
      ServiceProviders providers) {
    var self = ServiceProvider.of(config, endpoint);
    var metadata = new Metadata(config, keys::encoded, self, endpoint);
    var trusted = new TrustedIdps(home.resolve("saml"), backend.clock());
    var sessions = new SamlSessions(backend, new Environment(config, remoteId));
    var requests = new Requests(self, keys::signer, config.get(SamlOptions.SIGN_REQUESTS));
    login =
        new SamlLogin(
            backend, config.get(SamlOptions.PROTOCOLS), sessions, trusted, self, requests);
    serviceProvider =
        new SamlSpApi(
            new Responses(self, trusted, keys::decrypting, backend.clock()),
            sessions,
            login,
            metadata,
            endpoint);
    identityProvider = new SamlIdpApi(backend, config, tokens, providers, keys, metadata);
  }

  /** Who callers are by SAML, for the routes of federation. */
  public AssertionSource source() {
    return login;
  }

  public Routes routes() {
    return new Routes("").include(serviceProvider.routes()).include(identityProvider.routes());
  }
}
