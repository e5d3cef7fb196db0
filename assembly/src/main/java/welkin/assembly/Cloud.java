package welkin.assembly;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.simulated.SimulatedWorld;
import welkin.bus.Bus;
import welkin.bus.Buses;
import welkin.compute.ComputeService;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.HostName;
import welkin.core.Secret;
import welkin.http.Authenticator;
import welkin.http.Door;
import welkin.http.EventsApi;
import welkin.http.Health;
import welkin.http.HttpServer;
import welkin.http.Metrics;
import welkin.peers.CloudService;
import welkin.peers.Endpoints;
import welkin.peers.Roles;

/**
 * One process of a cloud: the services and the hosts its roles name, behind one door. With all
 * roles it is the whole cloud; with a host's roles alone it opens no database.
 */
public final class Cloud implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Cloud.class);

  private final CloudSettings settings;
  private final Roles roles;
  private final Bus bus;
  private final Door door;
  private final HttpServer server;
  private final String endpoint;
  private final Health health;

  /** Null in a process with hosts alone. */
  private final Control control;

  private final Hosts hosts;

  private Cloud(CloudSettings settings) {
    Plan.check(settings);
    this.settings = settings;
    this.roles = settings.roles();
    try {
      Files.createDirectories(settings.home());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var config = settings.config();
    var metrics = new Metrics();
    var authenticator = new AtomicReference<Authenticator>(Cloud::nobody);
    door = new Door(t -> authenticator.get().authenticate(t), settings.ids(), metrics);
    // listening comes first, so that a port in use is told before anything changed; it answers 503
    // until all stands
    server =
        settings.listen() == null ? null : new HttpServer(door, settings.listen(), settings.port());
    endpoint = endpoint(config);
    bus =
        settings.bus() != null
            ? settings.bus()
            : Buses.open(config.get(Options.BUS), settings.clock(), settings.ids());
    Control opened = null;
    Hosts played = null;
    try {
      if (roles.hostOnly()) {
        door.mount(new EventsApi(List.of()).service(metrics));
      } else {
        opened = new Control(settings, bus, door, metrics, endpoint, this::waits);
        authenticator.set(opened.authenticator());
      }
      health = health(opened);
      door.mount(health.service());
      if (opened != null) {
        opened.start();
      }
      played = hosts(opened);
    } catch (RuntimeException e) {
      undo(opened, played);
      throw e;
    }
    control = opened;
    hosts = played;
    if (server != null) {
      if (control != null && roles.has("identity")) {
        Credentials.write(settings.home(), endpoint, control.password());
      }
      server.open(config.get(Options.ENDPOINT).isEmpty() ? null : endpoint);
    }
    log.info("{} up, roles {}, cloud at {}", HostName.of(config), roles, endpoint);
  }

  /** Starts a process of a cloud; what an earlier one left under way goes on. */
  public static Cloud start(CloudSettings settings) {
    return new Cloud(settings);
  }

  private static welkin.core.Caller nobody(Secret token) {
    throw Fault.unavailable("The cloud is starting.", 1);
  }

  private void waits(String why) {
    if (server != null) {
      server.waits(why);
    }
  }

  private String endpoint(Config config) {
    var told = config.get(Options.ENDPOINT);
    if (!told.isEmpty()) {
      return Endpoints.base(told);
    }
    if (server == null) {
      return "http://127.0.0.1:5000";
    }
    var host = settings.listen().equals("0.0.0.0") ? HostName.of(config) : settings.listen();
    return "http://" + host + ":" + server.port();
  }

  private Health health(Control opened) {
    // a host is nothing without the bus
    return opened == null
        ? new Health(List.of(bus::trouble), List.of())
        : new Health(List.of(opened::trouble), List.of(bus::trouble));
  }

  private Hosts hosts(Control opened) {
    if (!roles.host()) {
      return () -> {};
    }
    if (settings.simulated() > 0) {
      return new SimulatedCloudHosts(settings, bus);
    }
    if (settings.listen() == null) {
      return () -> {};
    }
    var here = opened == null ? null : opened.metadataSecret();
    var secret =
        here != null ? here : Secret.of(settings.config().get(ComputeService.METADATA_SECRET));
    return new LocalHost(settings, bus, URI.create(endpoint + "/metadata"), secret);
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

  /** Why nothing should be sent here now, as {@code GET /healthcheck} tells it; null for none. */
  public String trouble() {
    return health.trouble();
  }

  /** The administrator's password; null when another host made it and it is not told here. */
  public Secret password() {
    return control == null ? null : control.password();
  }

  /** The world of the simulated hosts, with the switches that make them misbehave. */
  public SimulatedWorld simulated() {
    if (hosts instanceof SimulatedCloudHosts s) {
      return s.world();
    }
    throw new IllegalStateException("this process has no simulated hosts");
  }

  /** The services this process plays. */
  public List<CloudService> services() {
    return control == null ? List.of() : control.services();
  }

  /**
   * Tells load balancers to send no more, and goes on answering for the configured time: the first
   * half of a stop that fails no request.
   */
  public void drain() throws InterruptedException {
    var time = Options.seconds(settings.config(), Options.DRAIN);
    health.drain();
    if (server != null) {
      server.drain();
    }
    if (time.isPositive()) {
      log.info("draining for {} s", time.toSeconds());
      Thread.sleep(time);
    }
  }

  /** Ends this process' part; guests go on, and so does work under way, here or elsewhere. */
  @Override
  public void close() {
    if (control != null) {
      control.endWatches();
    }
    if (server != null) {
      server.finishWithin(Options.seconds(settings.config(), Options.FINISH));
    }
    undo(control, hosts);
  }

  private void undo(Control opened, Hosts played) {
    if (server != null) {
      server.close();
    }
    // services before hosts: work under way stops between two steps, and none of it mistakes a host
    // that is closed with us for one that failed
    if (opened != null) {
      opened.close();
    }
    if (played != null) {
      played.close();
    }
    if (opened != null) {
      opened.closeDatabases();
    }
    if (settings.bus() == null) {
      bus.close();
    }
  }
}
