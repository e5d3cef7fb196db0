package welkin.identity;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.Periodic;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.identity.applicationcredential.ApplicationCredentialApi;
import welkin.identity.applicationcredential.ApplicationCredentials;
import welkin.identity.assignment.AssignmentApi;
import welkin.identity.assignment.GrantApi;
import welkin.identity.credential.CredentialApi;
import welkin.identity.credential.Credentials;
import welkin.identity.domain.DomainApi;
import welkin.identity.domainconfig.DomainConfigApi;
import welkin.identity.domainconfig.DomainConfigs;
import welkin.identity.ec2.SignatureApi;
import welkin.identity.endpoint.EndpointApi;
import welkin.identity.endpointfilter.EndpointFilterApi;
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
import welkin.identity.group.GroupApi;
import welkin.identity.ldap.Directories;
import welkin.identity.limit.EnforcementModel;
import welkin.identity.limit.LimitApi;
import welkin.identity.oauth1.OAuth1;
import welkin.identity.oauth1.OAuth1Api;
import welkin.identity.oauth1.OAuth1Store;
import welkin.identity.permission.PermissionApi;
import welkin.identity.policy.EndpointPolicyApi;
import welkin.identity.policy.PolicyApi;
import welkin.identity.project.ProjectApi;
import welkin.identity.project.Projects;
import welkin.identity.region.RegionApi;
import welkin.identity.role.RoleApi;
import welkin.identity.service.ServiceApi;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Epoch;
import welkin.identity.shared.Faults;
import welkin.identity.token.Audit;
import welkin.identity.token.ClusterKey;
import welkin.identity.token.LastUsed;
import welkin.identity.token.LocalAuthenticator;
import welkin.identity.token.Login;
import welkin.identity.token.MultiFactor;
import welkin.identity.token.OAuth2Api;
import welkin.identity.token.PkiApi;
import welkin.identity.token.Recognition;
import welkin.identity.token.RevocationApi;
import welkin.identity.token.Revocations;
import welkin.identity.token.Scope;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.identity.token.Token;
import welkin.identity.token.TokenApi;
import welkin.identity.token.TokenKeys;
import welkin.identity.token.Tokens;
import welkin.identity.trust.TrustApi;
import welkin.identity.trust.Trusts;
import welkin.identity.user.Compliance;
import welkin.identity.user.PasswordLogin;
import welkin.identity.user.Passwords;
import welkin.identity.user.UserApi;
import welkin.identity.user.UserStore;
import welkin.identity.user.Users;
import welkin.peers.CloudService;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.DatabaseClock;
import welkin.store.Databases;
import welkin.store.Events;

/** Identity: who may do what, where. keystone's v3 API at the root and at {@code /identity}. */
public final class IdentityService implements CloudService {
  private static final Logger log = LoggerFactory.getLogger(IdentityService.class);
  private static final Duration ROTATION_LOOK = Duration.ofMinutes(1);
  static final List<String> MIGRATIONS =
      List.of(
          "/welkin/identity/V001__identity.sql",
          "/welkin/identity/V002__policies_and_endpoint_filter.sql",
          "/welkin/identity/V003__trusts.sql",
          "/welkin/identity/V004__security_compliance.sql",
          "/welkin/identity/V005__oauth1.sql",
          "/welkin/identity/V006__several_processes.sql",
          "/welkin/identity/V007__domain_config.sql",
          "/welkin/identity/V008__directories.sql",
          "/welkin/identity/V009__saml.sql",
          "/welkin/identity/V010__federation.sql",
          "/welkin/identity/V011__last_used.sql",
          "/welkin/identity/V012__users_by_name.sql");
  private static final Config.Key<String> ALGORITHM =
      Config.Key.text(
          "identity.password_hash_algorithm",
          "bcrypt",
          "bcrypt, bcrypt_sha256, scrypt or pbkdf2_sha512; older hashes are renewed at login");
  private static final Config.Key<Integer> ROUNDS =
      Config.Key.number(
          "identity.password_hash_rounds",
          0,
          "Cost of a password's hash, bcrypt: 2 to this power iterations; 0 for the usual (12)");
  private static final Config.Key<Integer> EXPIRATION =
      Config.Key.number("token.expiration", 3600, "Seconds a token is good for");
  private static final Config.Key<Integer> EXPIRED_WINDOW =
      Config.Key.number(
          "token.allow_expired_window",
          172_800,
          "Seconds after its end that services may still validate a token");
  private static final Config.Key<String> ADMIN =
      Config.Key.text("identity.admin_user", "welkin", "Name of the first administrator");
  private static final Config.Key<String> ADMIN_PROJECT =
      Config.Key.text("identity.admin_project", "admin", "Name of the administrators' project");

  /** Upstream's services have it as [service_user] password. */
  public static final Config.Key<String> SERVICE_PASSWORD =
      Config.Key.text(
          "service_user.password",
          "",
          "Password of the services' own user, the same on all hosts; needed where a process"
              + " without Identity has to log in");

  /** What a rotation of the keys of stored secrets seals anew: all that is sealed with them. */
  static final List<SealedColumn> SEALED =
      Stream.concat(
              Stream.of(Credentials.SEALED, DomainConfigs.SEALED), OAuth1Store.SEALED.stream())
          .toList();

  private static final Config.Key<Integer> DEPTH =
      Config.Key.number(
          "identity.max_project_tree_depth", 5, "Levels of a project tree, its domain not counted");

  private static final Config.Key<String> ENFORCEMENT =
      Config.Key.text(
          "unified_limit.enforcement_model",
          "flat",
          "How limits relate to the project tree: flat or strict_two_level");

  private static final Config.Key<Integer> CREDENTIALS =
      Config.Key.number(
          "credential.user_limit", -1, "Credentials a user may have; -1 for any number");

  private static final Config.Key<Integer> APPLICATION_CREDENTIALS =
      Config.Key.number(
          "application_credential.user_limit",
          -1,
          "Application credentials a user may have; -1 for any number");

  private static final Config.Key<Integer> REDELEGATIONS =
      Config.Key.number(
          "trust.max_redelegation_count", 3, "How often a trust may be passed on at most");

  private static final Config.Key<Integer> SIGNATURES =
      Config.Key.number("credential.auth_ttl", 15, "Minutes an EC2 or S3 signature is good for");

  private static final Config.Key<Integer> RECEIPTS =
      Config.Key.number(
          "receipt.expiration", 300, "Seconds in which all factors of a login must be shown");

  private static final Config.Key<Integer> REQUEST_TOKENS =
      Config.Key.number(
          "oauth1.request_token_duration", 28_800, "Seconds an OAuth request token is good for");
  private static final Config.Key<Integer> ACCESS_TOKENS =
      Config.Key.number(
          "oauth1.access_token_duration",
          86_400,
          "Seconds an OAuth access token is good for; 0 for ever");

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

  /** A service token is made anew this long before it ends. */
  private static final Duration RENEW = Duration.ofMinutes(10);

  private final Backend backend;
  private final Passwords passwords;
  private final TokenKeys keys;
  private final StoredSecrets secrets;
  private final Directories directories;
  private final Tokens tokens;
  private final Bootstrap bootstrap;
  private final Audit audit;
  private final LastUsed lastUsed;
  private final Service api;
  private final Bus bus;
  private volatile Token serviceToken;
  private Periodic rotator;

  public IdentityService(Platform platform) {
    var config = platform.config();
    bus = platform.bus();
    var database = platform.database("identity", MIGRATIONS);
    var clock = new DatabaseClock(platform.clock());
    var epoch = new Epoch(database, clock);
    backend = new Backend(database, new Events(platform.clock()), clock, platform.ids(), epoch);
    passwords = new Passwords(config.get(ALGORITHM), config.get(ROUNDS));
    CounterWithCallback.builder()
        .name("welkin_password_hash_iterations_total")
        .help("Iterations of hashing that logins and changes of passwords have cost.")
        .callback(counter -> counter.call(passwords.iterations()))
        .register(platform.metrics().registry());
    var life = Duration.ofSeconds(config.get(EXPIRATION));
    var window = Duration.ofSeconds(config.get(EXPIRED_WINDOW));
    TokenKeys.mustOutlive(config, life, window);
    keys = TokenKeys.of(database, platform.home(), config);
    epoch.onEnd(keys::reload);
    var revocations = new Revocations(backend, life.plus(window));
    secrets = new StoredSecrets(database, platform.home(), clock, SEALED);
    epoch.onEnd(secrets::reload);
    var configs = new DomainConfigs(backend, secrets);
    directories = new Directories(backend, config, configs);
    lastUsed = new LastUsed(backend, life.plus(window));
    tokens = new Tokens(backend, keys, revocations, life, window, directories, lastUsed);
    bootstrap =
        new Bootstrap(
            backend,
            passwords,
            config.get(ADMIN),
            config.get(ADMIN_PROJECT),
            Secret.of(config.get(SERVICE_PASSWORD)));
    var model = EnforcementModel.named(config.get(ENFORCEMENT));
    database.read(
        sql -> {
          model.mustFit(sql);
          return null;
        });
    var projects =
        new Projects(backend, revocations, Math.min(config.get(DEPTH), model.depthMax()));
    var credentials = new Credentials(backend, secrets, lastUsed, config.get(CREDENTIALS));
    var compliance = Compliance.of(config);
    var passwordLogin = new PasswordLogin(backend, passwords, compliance, directories);
    audit = new Audit(backend);
    var oauth =
        new OAuth1(
            backend,
            new OAuth1Store(secrets, platform.clock()),
            Duration.ofSeconds(config.get(REQUEST_TOKENS)),
            Duration.ofSeconds(config.get(ACCESS_TOKENS)));
    var recognition =
        new Recognition(backend, tokens, passwords, passwordLogin, credentials, oauth, directories);
    var factors = new MultiFactor(backend, keys.fernet(), Duration.ofSeconds(config.get(RECEIPTS)));
    var login = new Login(backend, tokens, recognition, factors);
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
            audit,
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
            new SamlKeys(database, new ClusterKey(platform.home())),
            tokens,
            serviceProviders);
    // every way in which identity providers may vouch
    var sources =
        List.of(
            new OpenIdSource(config.get(OpenIdProvider.KEY), clock, keys.fernet()), saml.source());
    var policy =
        PolicyTable.beside(IdentityService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy").resolve("identity.yaml"))
            .enforcingScope(true);
    var tokenApi = new TokenApi(backend, tokens, login, audit, lastUsed);
    var routes =
        new Routes("")
            .include(VersionApi.routes())
            .include(tokenApi.routes())
            .include(tokenApi.federated())
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
                    .routes())
            .include(new PermissionApi(platform.door()).routes())
            .include(new OAuth2Api(backend, login, audit).routes())
            .include(new DomainConfigApi(configs, compliance).routes())
            .include(PkiApi.routes())
            .include(new OAuth1Api(backend, oauth, tokens).routes())
            .include(new RevocationApi(backend).routes())
            .include(new DomainApi(projects).routes())
            .include(new ProjectApi(projects).routes())
            .include(
                new UserApi(
                        backend,
                        new Users(
                            backend,
                            passwords,
                            passwordLogin,
                            compliance,
                            revocations,
                            directories),
                        directories)
                    .routes())
            .include(new GroupApi(backend, directories).routes())
            .include(new RoleApi(backend).routes())
            .include(new GrantApi(backend).routes())
            .include(new AssignmentApi(backend, directories).routes())
            .include(new RegionApi(backend).routes())
            .include(new ServiceApi(backend).routes())
            .include(new EndpointApi(backend).routes())
            .include(new PolicyApi(backend).routes())
            .include(new EndpointPolicyApi(backend).routes())
            .include(new EndpointFilterApi(backend).routes())
            .include(new TrustApi(new Trusts(backend, config.get(REDELEGATIONS)), tokens).routes())
            .include(new LimitApi(backend, model).routes())
            .include(new CredentialApi(credentials, tokens).routes())
            .include(
                new SignatureApi(
                        backend,
                        credentials,
                        tokens,
                        audit,
                        Duration.ofMinutes(config.get(SIGNATURES)))
                    .routes())
            .include(
                new ApplicationCredentialApi(
                        backend,
                        new ApplicationCredentials(
                            backend, passwords, config.get(APPLICATION_CREDENTIALS)),
                        tokens,
                        lastUsed)
                    .routes());
    api =
        Service.of("identity", "", routes, Faults::render, policy, database)
            .routingFirst()
            .saying("Vary", "X-Auth-Token");
  }

  /**
   * Makes what a cloud cannot begin without, unless it is there; moves the endpoints it made when
   * the door is elsewhere now.
   *
   * @param password the administrator's, used only when that user is made now
   * @param endpoint scheme and authority clients use
   * @return whether the administrator was made now, with that password
   */
  public boolean bootstrap(Secret password, String endpoint) {
    return bootstrap.run(password, endpoint);
  }

  /** The services' own user, of the domain {@code default}. */
  public static final String SERVICE_USER = Bootstrap.SERVICE_USER;

  /** And the project it works in. */
  public static final String SERVICE_PROJECT = Bootstrap.SERVICE_PROJECT;

  /** Tells who a token stands for, for every service of this process. */
  public Authenticator authenticator() {
    return new LocalAuthenticator(tokens);
  }

  /**
   * A valid token of the services' own user, roles admin and service on project {@code service};
   * the same one until shortly before it ends.
   */
  public Secret serviceToken() {
    var t = serviceToken;
    if (t == null
        || backend.clock().instant().isAfter(t.payload().expiresAt().minus(RENEW))
        || tokens.validate(t.text().reveal()).isEmpty()) {
      t = mint();
      serviceToken = t;
    }
    return t.text();
  }

  private Token mint() {
    var user =
        backend
            .database()
            .read(sql -> UserStore.named(sql, Bootstrap.DOMAIN, Bootstrap.SERVICE_USER))
            .orElseThrow(() -> new IllegalStateException("the service user is missing"));
    return tokens.mint(user.id(), Scope.project(user.defaultProjectId()));
  }

  /** Makes the staged token keys the ones that seal, for every process of the cloud. */
  public void rotateKeys() {
    backend
        .database()
        .change(
            sql -> {
              keys.rotate(sql);
              backend.epoch().end(sql);
            });
  }

  /** Makes the staged credential key the one that seals, and seals with it all that is stored. */
  public void rotateCredentialKeys() {
    backend
        .database()
        .change(
            sql -> {
              secrets.rotate(sql);
              backend.epoch().end(sql);
            });
  }

  /**
   * Rotation by an operator, on a control host, while the cloud runs.
   *
   * @param credentials the keys of stored secrets in place of those of tokens
   */
  public static void rotateKeys(
      Databases databases, Path home, Config config, boolean credentials) {
    try (var database = databases.open("identity", MIGRATIONS)) {
      if (credentials) {
        var secrets = new StoredSecrets(database, home, InstantSource.system(), SEALED);
        database.change(
            sql -> {
              secrets.rotate(sql);
              Epoch.endElsewhere(sql);
            });
      } else {
        var keys = TokenKeys.of(database, home, config);
        database.change(
            sql -> {
              keys.rotate(sql);
              Epoch.endElsewhere(sql);
            });
      }
    }
  }

  /**
   * The certificates of this cloud's assertions, PEM: of the key that signs, and of the next.
   *
   * @param rotate whether the next becomes the one that signs before
   */
  public static List<String> samlCertificates(Databases databases, Path home, boolean rotate) {
    try (var database = databases.open("identity", MIGRATIONS)) {
      var keys = new SamlKeys(database, new ClusterKey(home));
      if (rotate) {
        keys.rotate();
      }
      return keys.certificates();
    }
  }

  private void rotateWhenDue() {
    if (backend.database().read(keys::age).compareTo(keys.rotationEvery()) >= 0) {
      rotateOnce();
    }
  }

  /** Unless another process was faster. */
  private void rotateOnce() {
    backend
        .database()
        .change(
            sql -> {
              if (keys.age(sql).compareTo(keys.rotationEvery()) >= 0) {
                keys.rotate(sql);
                backend.epoch().end(sql);
                log.info("the token keys were rotated");
              }
            });
  }

  @Override
  public String type() {
    return "identity";
  }

  @Override
  public Collection<Service> apis() {
    return List.of(api, api.mountedAt("/identity"));
  }

  @Override
  public Database database() {
    return backend.database();
  }

  @Override
  public Events events() {
    return backend.events();
  }

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    var all =
        new ArrayList<Config.Key<?>>(
            List.of(
                SERVICE_PASSWORD,
                ALGORITHM,
                ROUNDS,
                EXPIRATION,
                EXPIRED_WINDOW,
                ADMIN,
                ADMIN_PROJECT,
                DEPTH,
                CREDENTIALS,
                APPLICATION_CREDENTIALS,
                ENFORCEMENT,
                REDELEGATIONS,
                SIGNATURES,
                RECEIPTS,
                REQUEST_TOKENS,
                ACCESS_TOKENS,
                DASHBOARDS,
                REMOTE_ID,
                AUTHORIZATION_TTL,
                MAPPING_VERSION,
                RELAY_STATE,
                OpenIdProvider.KEY));
    all.addAll(TokenKeys.options());
    all.addAll(Compliance.options());
    all.addAll(SamlOptions.all());
    all.addAll(Directories.options());
    return all;
  }

  @Override
  public void start(Roles roles) {
    audit.start();
    lastUsed.start();
    backend.epoch().follow(bus);
    if (roles.worker(type()) && keys.rotationEvery().isPositive()) {
      rotator = Periodic.every(ROTATION_LOOK, "rotation of the token keys", this::rotateWhenDue);
    }
  }

  @Override
  public void close() {
    if (rotator != null) {
      rotator.close();
    }
    passwords.close();
    audit.close();
    lastUsed.close();
    backend.epoch().close();
    directories.close();
    backend.database().close();
  }
}
