package welkin.assembly;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import welkin.bus.Bus;
import welkin.compute.ComputeService;
import welkin.core.Fault;
import welkin.core.Periodic;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.http.Door;
import welkin.http.EventsApi;
import welkin.http.Metrics;
import welkin.identity.IdentityService;
import welkin.peers.CloudService;
import welkin.peers.Endpoints;
import welkin.peers.HttpTransport;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.RemoteAuthenticator;
import welkin.peers.Roles;
import welkin.peers.ServiceLogin;
import welkin.peers.TokenSource;
import welkin.peers.Transport;
import welkin.store.Database;
import welkin.store.DatabaseUnavailable;
import welkin.store.Databases;
import welkin.store.EventRetention;
import welkin.store.Sql;

/**
 * The services of a process: those its roles name, with peers that are direct when they answer at
 * this door and HTTP when they answer elsewhere.
 */
final class Control implements AutoCloseable {
  private static final Duration FORGET = Duration.ofHours(1);

  private final CloudSettings settings;
  private final Roles roles;
  private final Door door;
  private final Metrics metrics;
  private final Platform platform;
  private final Peers peers;
  private final Consumer<String> waits;
  private final List<CloudService> services = new ArrayList<>();
  private final EventsApi events;
  private final IdentityService identity;
  private final Secret password;
  private Periodic keeper;

  /**
   * Opens the schemas, waiting for them, and makes what is missing; nothing answers or runs yet.
   *
   * @param waits hears what is waited for
   */
  Control(
      CloudSettings settings,
      Bus bus,
      Door door,
      Metrics metrics,
      String endpoint,
      Consumer<String> waits) {
    this.settings = settings;
    this.roles = settings.roles();
    this.door = door;
    this.metrics = metrics;
    this.waits = waits;
    var config = settings.config();
    var endpoints = new Endpoints(endpoint, Options.endpoints(config));
    var transport =
        Transport.routed(roles::api, Transport.direct(door), new HttpTransport(endpoints));
    peers = new Peers(transport, endpoints, tokens(transport));
    platform =
        new Platform(
            settings.home(),
            config,
            settings.clock(),
            settings.ids(),
            bus,
            door,
            metrics,
            Databases.of(config, settings.home(), settings.clock()),
            endpoint,
            peers);
    try {
      if (platform.databases().shared()) {
        waits.accept("Connecting to the database " + platform.databases().url() + ".");
      }
      for (var kind : ServiceKind.ALL) {
        if (roles.has(kind.type())) {
          services.add(patiently(() -> kind.make().apply(platform)));
        }
      }
      identity = find(IdentityService.class);
      password = identity == null ? null : bootstrap(endpoints);
      waits.accept("The cloud is starting.");
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    events = new EventsApi(sources());
  }

  private <T> T patiently(Supplier<T> attempt) {
    return settings.patience().until(attempt, waits);
  }

  private <S extends CloudService> S find(Class<S> type) {
    return services.stream().filter(type::isInstance).map(type::cast).findFirst().orElse(null);
  }

  /** The services' own user: minted where the keys are, logged in where they are not. */
  private TokenSource tokens(Transport transport) {
    return roles.has("identity")
        ? () -> identity.serviceToken()
        : new ServiceLogin(
            transport,
            settings.clock(),
            IdentityService.SERVICE_USER,
            Secret.of(settings.config().get(IdentityService.SERVICE_PASSWORD)),
            IdentityService.SERVICE_PROJECT);
  }

  /** Tells who a token stands for. */
  Authenticator authenticator() {
    return identity != null
        ? identity.authenticator()
        : new RemoteAuthenticator(peers, settings.clock());
  }

  /**
   * The administrator's password as far as it is known here: when several control hosts make a
   * cloud together, one of them makes it.
   */
  private Secret bootstrap(Endpoints addresses) {
    var known = Credentials.known(settings);
    var wanted = known != null ? known : Credentials.fresh();
    boolean made = patiently(() -> identity.bootstrap(wanted, addresses));
    return made || known != null ? wanted : null;
  }

  /** Mounts what answers here, and begins what runs here. */
  void start() {
    var here = services.stream().filter(s -> roles.api(s.type())).toList();
    here.forEach(s -> s.apis().forEach(door::mount));
    door.mount(events.service(metrics));
    services.forEach(s -> s.start(roles));
    keeper = Periodic.every(FORGET, "forgetting old events", this::forgetEvents);
  }

  private void forgetEvents() {
    var kept = Duration.ofDays(settings.config().get(Options.EVENTS_KEPT));
    services.stream()
        .filter(s -> roles.worker(s.type()))
        .forEach(s -> new EventRetention(s.database(), s.events(), settings.clock(), kept).pass());
  }

  private List<EventsApi.Source> sources() {
    return services.stream()
        .filter(s -> roles.api(s.type()))
        .map(s -> new EventsApi.Source(s.type(), s.database(), s.events()))
        .toList();
  }

  /** What the metadata proxy of this host signs with when Compute is here; else null. */
  Secret metadataSecret() {
    var compute = find(ComputeService.class);
    return compute == null ? null : compute.metadataSecret();
  }

  /** Null when another host made it and it is not told here. */
  Secret password() {
    return password;
  }

  List<CloudService> services() {
    return List.copyOf(services);
  }

  /** Why the data cannot be reached, or null. */
  String trouble() {
    for (var service : services) {
      try {
        service.database().read(Sql::answers);
      } catch (DatabaseUnavailable e) {
        return "database of " + service.type() + ": " + e.getMessage();
      } catch (RuntimeException e) {
        return "database of " + service.type() + ": " + Fault.from(e).getMessage();
      }
    }
    return null;
  }

  /** Ends watches, so that their clients go elsewhere. */
  void endWatches() {
    events.close();
  }

  /** Work stops between two steps; what was under way goes on elsewhere or at the next start. */
  @Override
  public void close() {
    if (keeper != null) {
      keeper.close();
    }
    services.reversed().forEach(CloudService::close);
  }

  /** After whatever else used them. */
  void closeDatabases() {
    services.reversed().stream().map(CloudService::database).forEach(Database::close);
  }
}
