package welkin.identity;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.identity.federation.login.Dashboards;
import welkin.identity.federation.login.FederatedLogin;
import welkin.identity.federation.login.FederationApi;
import welkin.identity.federation.mapping.MappingApi;
import welkin.identity.federation.mapping.Mappings;
import welkin.identity.federation.openid.OpenIdProvider;
import welkin.identity.federation.openid.OpenIdSource;
import welkin.identity.federation.protocol.ProtocolApi;
import welkin.identity.federation.protocol.Protocols;
import welkin.identity.federation.provider.IdentityProviderApi;
import welkin.identity.federation.provider.IdentityProviders;
import welkin.identity.federation.saml.Saml;
import welkin.identity.federation.saml.SamlKeys;
import welkin.identity.federation.saml.SamlOptions;
import welkin.identity.federation.serviceprovider.ServiceProviderApi;
import welkin.identity.federation.serviceprovider.ServiceProviders;
import welkin.identity.federation.shadow.ShadowUsers;
import welkin.identity.project.Projects;
import welkin.identity.shared.Backend;
import welkin.identity.token.ClusterKey;
import welkin.identity.token.Login;
import welkin.identity.token.Revocations;
import welkin.peers.Platform;

/** Logins that identity providers vouch for, and assertions for other clouds. */
final class FederationPart {
  private static final Config.Key<List<String>> DASHBOARDS =
      Config.Key.list(
          "federation.trusted_dashboard",
          List.of(),
          "Addresses of dashboards that a browser's login is handed to, e.g."
              + " https://horizon.example.com/auth/websso/");
  private static final Config.Key<String> REMOTE_ID =
      Config.Key.text(
          "federation.remote_id_attribute",
          "",
          "Attribute of an assertion that names its identity provider, where a protocol has none;"
              + " compared with the provider's remote ids");
  private static final Config.Key<Integer> AUTHORIZATION_TTL =
      Config.Key.number(
          "federation.default_authorization_ttl",
          0,
          "Minutes for which membership in groups that a login brought counts without another"
              + " login; 0 for only the login's own tokens");
  private static final Config.Key<String> MAPPING_VERSION =
      Config.Key.text(
          "federation.attribute_mapping_default_schema_version",
          "1.0",
          "Schema version of a mapping that names none: 1.0, 2.0 or 3.0");
  private static final Config.Key<String> RELAY_STATE =
      Config.Key.text(
          "saml.relay_state_prefix",
          "ss:mem:",
          "Begins the RelayState of what is sent to a service provider that has no prefix of its"
              + " own");

  private final Routes routes;

  FederationPart(
      Backend backend,
      Platform platform,
      Keys keys,
      Revocations revocations,
      Projects projects,
      TokenPart tokens,
      Login login) {
    var config = platform.config();
    var shadowUsers = new ShadowUsers(backend);
    var identityProviders = new IdentityProviders(backend, projects, shadowUsers);
    var protocols = new Protocols(backend, shadowUsers);
    var mappings = new Mappings(backend, config.get(MAPPING_VERSION));
    var federatedLogin =
        new FederatedLogin(
            backend,
            mappings,
            shadowUsers,
            revocations,
            login,
            tokens.audit(),
            config.get(REMOTE_ID),
            Duration.ofMinutes(config.get(AUTHORIZATION_TTL)));
    var serviceProviders = new ServiceProviders(backend, config.get(RELAY_STATE));
    var saml =
        new Saml(
            backend,
            config,
            platform.home(),
            platform.endpoint(),
            config.get(REMOTE_ID),
            new SamlKeys(backend.database(), new ClusterKey(platform.home())),
            tokens.tokens(),
            serviceProviders);
    // every way in which identity providers may vouch
    var sources =
        List.of(
            new OpenIdSource(
                config.get(OpenIdProvider.KEY), backend.clock(), keys.tokens().fernet()),
            saml.source());
    routes =
        new Routes("")
            .include(new IdentityProviderApi(identityProviders).routes())
            .include(new ProtocolApi(identityProviders, protocols).routes())
            .include(new MappingApi(mappings).routes())
            .include(new ServiceProviderApi(serviceProviders).routes())
            .include(saml.routes())
            .include(
                new FederationApi(
                        identityProviders,
                        protocols,
                        sources,
                        federatedLogin,
                        new Dashboards(config.get(DASHBOARDS)))
                    .routes());
  }

  static List<Config.Key<?>> options() {
    var all =
        new ArrayList<Config.Key<?>>(
            List.of(
                DASHBOARDS,
                REMOTE_ID,
                AUTHORIZATION_TTL,
                MAPPING_VERSION,
                RELAY_STATE,
                OpenIdProvider.KEY));
    all.addAll(SamlOptions.all());
    return all;
  }

  Routes routes() {
    return routes;
  }
}
