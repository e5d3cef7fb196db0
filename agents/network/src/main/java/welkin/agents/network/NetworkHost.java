package welkin.agents.network;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.bus.Bus;
import welkin.core.Fault;

/**
 * The network agent of one host: pulls what the Network service wants here and makes the kernel so.
 * It keeps nothing that it could not find again in the kernel, so it may be killed at any time;
 * what it built carries on without it.
 *
 * <p>Two loops act, each by itself: one for guests' devices and the firewall, one for routers and
 * DHCP, which takes longer and must not keep a guest waiting.
 */
public final class NetworkHost implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NetworkHost.class);
  private static final Duration PULL_AGAIN = Duration.ofSeconds(3);
  private static final Duration FABRIC_EVERY = Duration.ofSeconds(5);
  private static final Duration SERVICES_EVERY = Duration.ofSeconds(1);
  private static final Duration ALIVE_EVERY = Duration.ofSeconds(10);
  private static final Duration TAPS_EVERY = Duration.ofMillis(20);
  private static final int SERVICES_PASSES_PER_AUDIT = 60;
  private static final int SERVICES_AT_ONCE = 3;

  private final NetworkHostConfig config;
  private final Bus bus;
  private final NetworkPlugin plugin;
  private final Fabric fabric;
  private final Daemons daemons;
  private final Routers routers;
  private final DhcpServers dhcp;
  private final Wiring wiring;
  private final MetadataAgent metadata;
  private final LinkMonitor monitor;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore slots = new Semaphore(SERVICES_AT_ONCE);
  private final Asking asking;
  private final Loop pull;
  private final Loop wire;
  private final Loop serve;
  private final Loop watch;
  private final Loop report;
  private volatile Desired desired = Desired.NONE;
  private volatile boolean synced;
  private Set<String> waiting = Set.of();
  private Set<String> awaited = Set.of();
  private Set<String> awaitedIn = Set.of();
  private Desired awaitedOf;
  private int fabricGeneration;
  private int servePasses;
  private Bus.Registration registration;

  public NetworkHost(NetworkHostConfig config, Bus bus) {
    this.config = config;
    this.bus = bus;
    this.plugin = bus.client(NetworkPlugin.class, "");
    this.fabric = new Fabric(config);
    this.daemons = new Daemons(config.stateDirectory().resolve("daemons"));
    this.routers = new Routers(config, daemons);
    this.dhcp = new DhcpServers(config, daemons);
    this.wiring = new Wiring(config.host(), plugin, id -> desired.has(id), System::nanoTime);
    this.metadata = config.metadataUrl() == null ? null : new MetadataAgent(config, plugin);
    this.asking = new Asking(this::ask, () -> bus.trouble() != null, System::nanoTime);
    this.pull = new Loop("network-pull", PULL_AGAIN, asking::look);
    this.wire = new Loop("network-fabric", FABRIC_EVERY, this::wire);
    this.serve = new Loop("network-services", SERVICES_EVERY, this::serve);
    this.watch = new Loop("network-taps", TAPS_EVERY, this::watch);
    this.report = new Loop("network-alive", ALIVE_EVERY, this::report);
    this.monitor = new LinkMonitor(fabric.namespace(), config.stateDirectory(), wire::wake);
  }

  /** Offers {@link NetworkAgent} on the bus and begins to reconcile. */
  public NetworkHost start() {
    try {
      if (metadata != null) {
        metadata.start();
      }
    } catch (Exception e) {
      throw Fault.internal("the metadata agent cannot start: " + e.getMessage(), e);
    }
    config.bridgeMappings().forEach(NetworkHost::lookForBridge);
    registration = bus.offer(NetworkAgent.class, config.host(), this::poke);
    List.of(pull, wire, serve, watch, report).forEach(Loop::start);
    return this;
  }

  private static void lookForBridge(String physicalNetwork, String bridge) {
    if (!Taps.present(bridge)) {
      log.warn(
          "the bridge '{}' of physical network '{}' does not exist: networks on it wait until it is"
              + " made",
          bridge,
          physicalNetwork);
    }
  }

  private void poke() {
    asking.soon();
    pull.wake();
  }

  private void ask() {
    var old = desired;
    var changes = plugin.changes(config.host(), old.cursor(), true);
    if (changes.full()) {
      desired = old.with(changes);
      wiring.doubt(desired.ports().keySet());
      synced = true;
    } else if (!empty(changes)) {
      desired = old.with(changes);
    } else {
      desired = old.at(changes.cursor());
      return;
    }
    wire.wake();
    serve.wake();
  }

  private static boolean empty(welkin.agents.contracts.HostChanges c) {
    return Desired.list(c.networks()).isEmpty()
        && Desired.list(c.ports()).isEmpty()
        && Desired.list(c.groups()).isEmpty()
        && Desired.list(c.routers()).isEmpty()
        && Desired.list(c.removed()).isEmpty()
        && Desired.list(c.forwarding()).isEmpty()
        && Desired.list(c.members()).isEmpty();
  }

  private void wire() {
    if (!synced) {
      return;
    }
    var networks = fabric.wiredNetworks();
    var first = !fabric.passed();
    wiring.set("fabric", fabric.pass(desired));
    monitor.ensure();
    if (first || !networks.equals(fabric.wiredNetworks())) {
      log.info("networks on this host: {}", fabric.wiredNetworks());
      serve.wake();
    }
  }

  /** A new device for a guest is acted on at once, and one that waits to be held is looked at. */
  private void watch() {
    if (!synced) {
      return;
    }
    var now = Taps.ready(awaited());
    if (!now.isEmpty() && !now.equals(waiting)) {
      wire.wake();
    }
    waiting = now;
  }

  private Set<String> awaited() {
    var networks = fabric.wiredNetworks();
    if (desired != awaitedOf || networks != awaitedIn) {
      awaitedOf = desired;
      awaitedIn = networks;
      awaited = Fabric.devices(awaitedOf, networks);
    }
    return awaited;
  }

  private void serve() throws InterruptedException {
    if (!synced || !fabric.passed()) {
      return;
    }
    if (++servePasses % SERVICES_PASSES_PER_AUDIT == 0 || fabricGeneration != fabric.generation()) {
      fabricGeneration = fabric.generation();
      routers.doubt();
      dhcp.doubt();
    }
    var now = desired;
    var wired = fabric.wiredNetworks();
    var wantedRouters = Routers.wanted(now);
    var wantedDhcp = DhcpServers.wanted(now);
    wantedDhcp.keySet().retainAll(wired);
    routers.retain(wantedRouters.keySet());
    dhcp.retain(wantedDhcp.keySet());
    var work = new ArrayList<Future<?>>();
    wantedDhcp.values().forEach(n -> work.add(submit(() -> dhcp.ensure(n))));
    wantedRouters.values().forEach(r -> work.add(submit(() -> routers.ensure(r, now, wired))));
    RuntimeException failure = null;
    for (var w : work) {
      try {
        w.get();
      } catch (ExecutionException e) {
        failure = e.getCause() instanceof RuntimeException r ? r : Fault.from(e.getCause());
      }
    }
    var ports = new HashSet<>(routers.ports());
    ports.addAll(dhcp.ports());
    wiring.again(routers.joined());
    wiring.set("services", ports);
    if (failure != null) {
      throw failure;
    }
  }

  private Future<?> submit(Runnable task) {
    return workers.submit(
        (Callable<Void>)
            () -> {
              slots.acquire();
              try {
                task.run();
              } finally {
                slots.release();
              }
              return null;
            });
  }

  private void report() {
    var now = desired;
    plugin.alive(
        config.host(), AgentReports.of(config, now, fabric.count(Names.TAP)), now.cursor());
  }

  /** Stops acting. What was built keeps carrying traffic. */
  @Override
  public void close() {
    if (registration != null) {
      registration.close();
    }
    List.of(pull, watch, report, wire, serve).forEach(Loop::close);
    monitor.close();
    workers.close();
    if (metadata != null) {
      try {
        metadata.close();
      } catch (Exception e) {
        log.warn("metadata agent: {}", e.getMessage());
      }
    }
  }

  /**
   * Removes everything a cloud of this tag and state directory made on the machine: programs,
   * namespaces, devices. No agent may be running for it.
   */
  public static void teardown(NetworkHostConfig config) {
    var names = config.names();
    var daemons = new Daemons(config.stateDirectory().resolve("daemons"));
    daemons.keys().forEach(daemons::remove);
    LinkMonitor.endLeftOver(names.fabric(), config.stateDirectory().resolve("monitor.pid"));
    var spaces = new ArrayList<>(Netns.list(names.routerPrefix()));
    spaces.addAll(Netns.list(names.dhcpPrefix()));
    spaces.forEach(Routers::removeLegs);
    if (Netns.exists(names.fabric())) {
      Fabric.clear(names.fabric());
      spaces.add(names.fabric());
    }
    spaces.forEach(Netns::delete);
  }
}
