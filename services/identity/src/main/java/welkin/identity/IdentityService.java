package welkin.identity;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import welkin.bus.Bus;
import welkin.core.Config;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.http.Metrics;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyTable;
import welkin.identity.permission.PermissionApi;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Epoch;
import welkin.identity.shared.Faults;
import welkin.identity.token.LocalAuthenticator;
import welkin.identity.token.Login;
import welkin.identity.token.MultiFactor;
import welkin.identity.token.Recognition;
import welkin.identity.token.Revocations;
import welkin.identity.token.TokenKeys;
import welkin.identity.user.Passwords;
import welkin.peers.CloudService;
import welkin.peers.Endpoints;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.store.Database;
import welkin.store.DatabaseClock;
import welkin.store.Databases;
import welkin.store.Events;

/** Identity: who may do what, where. keystone's v3 API at the root and at {@code /identity}. */
public final class IdentityService implements CloudService {
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
          "/welkin/identity/V012__users_by_name.sql",
          "/welkin/identity/V013__limits_outlive.sql",
          "/welkin/identity/V014__refused_login.sql");
  private static final Config.Key<String> ADMIN =
      Config.Key.text("identity.admin_user", "welkin", "Name of the first administrator");
  private static final Config.Key<String> ADMIN_PROJECT =
      Config.Key.text("identity.admin_project", "admin", "Name of the administrators' project");
  private static final Config.Key<Integer> RECEIPTS =
      Config.Key.number(
          "receipt.expiration", 300, "Seconds in which all factors of a login must be shown");

  /** Upstream's services have it as [service_user] password. */
  public static final Config.Key<String> SERVICE_PASSWORD =
      Config.Key.text(
          "service_user.password",
          "",
          "Password of the services' own user, the same on all hosts; needed where a process"
              + " without Identity has to log in");

  private final Backend backend;
  private final Bus bus;
  private final Keys keys;
  private final DirectoryPart directory;
  private final TokenPart tokens;
  private final Bootstrap bootstrap;
  private final ServiceToken serviceToken;
  private final Service api;

  public IdentityService(Platform platform) {
    var config = platform.config();
    var life = TokenLife.of(config);
    var database = platform.database("identity", MIGRATIONS);
    var clock = new DatabaseClock(platform.clock());
    var epoch = new Epoch(database, clock);
    bus = platform.bus();
    backend = new Backend(database, new Events(platform.clock()), clock, platform.ids(), epoch);
    keys = new Keys(backend, platform.home(), config);

    // the nouns
    var revocations = new Revocations(backend, life.kept());
    var secrets = keys.secrets();
    var catalog = new CatalogPart(backend, config);
    directory = new DirectoryPart(backend, config, secrets, revocations, catalog.depthMax());
    var directories = directory.directories();
    tokens = new TokenPart(backend, keys.tokens(), life, revocations, directories);
    var delegation = new DelegationPart(backend, config, secrets, platform.clock(), tokens);
    var recognition =
        new Recognition(
            backend,
            tokens.tokens(),
            directory.passwords(),
            directory.passwordLogin(),
            delegation.credentials(),
            delegation.oauth(),
            directories);
    var factors =
        new MultiFactor(backend, keys.tokens().fernet(), Duration.ofSeconds(config.get(RECEIPTS)));
    var login = new Login(backend, tokens.tokens(), recognition, factors);
    var federation =
        new FederationPart(
            backend, platform, keys, revocations, directory.projects(), tokens, login);

    // the door
    var routes =
        new Routes("")
            .include(VersionApi.routes())
            .include(tokens.routes(login))
            .include(federation.routes())
            .include(new PermissionApi(platform.door()).routes())
            .include(directory.routes())
            .include(catalog.routes())
            .include(delegation.routes(directory.passwords()));
    var policy =
        PolicyTable.beside(IdentityService.class)
            .engine()
            .withOverrides(platform.home().resolve("policy").resolve("identity.yaml"))
            .enforcingScope(true);
    api =
        Service.of("identity", "", routes, Faults::render, policy, database)
            .routingFirst()
            .saying("Vary", "X-Auth-Token");

    // what a cloud begins with
    serviceToken = new ServiceToken(backend, tokens.tokens());
    bootstrap =
        new Bootstrap(
            backend,
            directory.passwords(),
            config.get(ADMIN),
            config.get(ADMIN_PROJECT),
            Secret.of(config.get(SERVICE_PASSWORD)));
    measure(platform.metrics(), directory.passwords());
  }

  private static void measure(Metrics metrics, Passwords passwords) {
    CounterWithCallback.builder()
        .name("welkin_password_hash_iterations_total")
        .help("Iterations of hashing that logins and changes of passwords have cost.")
        .callback(counter -> counter.call(passwords.iterations()))
        .register(metrics.registry());
  }

  static Database open(Databases databases) {
    return databases.open("identity", MIGRATIONS);
  }

  /**
   * Makes what a cloud cannot begin without, unless it is there; moves the endpoints it made when a
   * service is elsewhere now.
   *
   * @param password the administrator's, used only when that user is made now
   * @param addresses where clients find each service
   * @return whether the administrator was made now, with that password
   */
  public boolean bootstrap(Secret password, Endpoints addresses) {
    return bootstrap.run(password, addresses);
  }

  /** The services' own user, of the domain {@code default}. */
  public static final String SERVICE_USER = Bootstrap.SERVICE_USER;

  /** And the project it works in. */
  public static final String SERVICE_PROJECT = Bootstrap.SERVICE_PROJECT;

  /** Tells who a token stands for, for every service of this process. */
  public Authenticator authenticator() {
    return new LocalAuthenticator(tokens.tokens());
  }

  /**
   * A valid token of the services' own user, roles admin and service on project {@code service};
   * the same one until shortly before it ends.
   */
  public Secret serviceToken() {
    return serviceToken.text();
  }

  /** Makes the staged token keys the ones that seal, for every process of the cloud. */
  public void rotateKeys() {
    keys.rotateTokens();
  }

  /** Makes the staged credential key the one that seals, and seals with it all that is stored. */
  public void rotateCredentialKeys() {
    keys.rotateCredentials();
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
        new ArrayList<Config.Key<?>>(List.of(SERVICE_PASSWORD, ADMIN, ADMIN_PROJECT, RECEIPTS));
    all.addAll(TokenLife.options());
    all.addAll(TokenKeys.options());
    all.addAll(CatalogPart.options());
    all.addAll(DirectoryPart.options());
    all.addAll(DelegationPart.options());
    all.addAll(FederationPart.options());
    return all;
  }

  @Override
  public void start(Roles roles) {
    tokens.start();
    backend.epoch().follow(bus);
    if (roles.worker(type())) {
      keys.start();
    }
  }

  @Override
  public void close() {
    keys.close();
    tokens.close();
    backend.epoch().close();
    directory.close();
    backend.database().close();
  }
}
