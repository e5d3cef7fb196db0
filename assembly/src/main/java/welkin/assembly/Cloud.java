package welkin.assembly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.Bus;
import welkin.bus.InProcessBus;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.http.Door;
import welkin.http.EventsApi;
import welkin.http.HttpServer;
import welkin.http.Metrics;
import welkin.identity.IdentityService;
import welkin.image.ImageService;
import welkin.network.NetworkService;
import welkin.peers.CloudService;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.peers.Transport;
import welkin.placement.PlacementService;
import welkin.store.Databases;

/** A cloud in one process: every service behind one door, and the hosts it plays. */
public final class Cloud implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Cloud.class);

  private final Bus bus = new InProcessBus();
  private final List<CloudService> services = new ArrayList<>();
  private final Door door;
  private final Secret password;
  private final String endpoint;
  private final HttpServer server;
  private final Hosts hosts;

  private Cloud(CloudSettings settings) {
    var config = settings.config();
    try {
      Files.createDirectories(settings.home());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var metrics = new Metrics();
    var authenticator =
        new AtomicReference<Authenticator>(
            token -> {
              throw Fault.unavailable("Identity is starting.", 1);
            });
    door = new Door(t -> authenticator.get().authenticate(t), settings.ids(), metrics);
    // listening comes first, so that a port in use is told before anything changed; it answers 503
    // until all stands
    server =
        settings.listen() == null ? null : new HttpServer(door, settings.listen(), settings.port());
    endpoint = endpoint(settings);

    var tokens = new AtomicReference<IdentityService>();
    var platform =
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
            new Peers(Transport.direct(door), endpoint, () -> tokens.get().serviceToken()));

    var identity = new IdentityService(platform);
    tokens.set(identity);
    authenticator.set(identity.authenticator());
    password =
        settings.password() != null ? settings.password() : Credentials.password(settings.home());
    identity.bootstrap(password, endpoint);
    var compute = new ComputeService(platform);
    services.add(identity);
    services.add(new ImageService(platform));
    services.add(new PlacementService(platform));
    services.add(new NetworkService(platform));
    services.add(compute);
    checkOptions(config);

    services.forEach(s -> s.apis().forEach(door::mount));
    door.mount(
        new EventsApi(
                services.stream()
                    .map(s -> new EventsApi.Source(s.type(), s.database(), s.events()))
                    .toList())
            .service(metrics));
    services.forEach(s -> s.start(Roles.ALL));
    hosts =
        settings.simulated() > 0
            ? new SimulatedCloudHosts(settings, bus)
            : settings.listen() == null
                ? () -> {}
                : new LocalHost(
                    settings.home(),
                    config,
                    bus,
                    settings.clock(),
                    URI.create(endpoint + "/metadata"),
                    compute.metadataSecret());
    if (server != null) {
      Credentials.write(settings.home(), endpoint, password);
      server.open();
    }
    log.info("up at {}", endpoint);
  }

  /** Starts a cloud; what an earlier process left under way goes on. */
  public static Cloud start(CloudSettings settings) {
    return new Cloud(settings);
  }

  private String endpoint(CloudSettings settings) {
    var told = settings.config().get(Options.ENDPOINT);
    if (!told.isEmpty()) {
      return told;
    }
    if (server == null) {
      return "http://127.0.0.1:5000";
    }
    var host =
        settings.listen().equals("0.0.0.0") ? LocalHost.name(settings.config()) : settings.listen();
    return "http://" + host + ":" + server.port();
  }

  private void checkOptions(Config config) {
    var all = new ArrayList<Config.Key<?>>(Options.all());
    services.forEach(s -> all.addAll(s.options()));
    config.check(all);
  }

  /** The door, for tests that need no socket. */
  public Door door() {
    return door;
  }

  public Bus bus() {
    return bus;
  }

  /** Scheme and authority clients use. */
  public String endpoint() {
    return endpoint;
  }

  /** The administrator's password. */
  public Secret password() {
    return password;
  }

  /** The world of the simulated hosts, with the switches that make them misbehave. */
  public SimulatedWorld simulated() {
    if (hosts instanceof SimulatedCloudHosts s) {
      return s.world();
    }
    throw new IllegalStateException("this cloud has no simulated hosts");
  }

  public List<CloudService> services() {
    return List.copyOf(services);
  }

  /** Ends this process' part; guests go on, and so does work under way at the next start. */
  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
    // services before hosts: work under way stops between two steps, and none of it mistakes a host
    // that is closed with us for one that failed
    services.reversed().forEach(CloudService::close);
    hosts.close();
    services.reversed().forEach(s -> s.database().close());
    bus.close();
  }
}
