package welkin.agents.simulated;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.bus.Bus;
import welkin.core.Fault;

/**
 * The agents of any number of simulated hosts: offered on the bus, with signs of life from one
 * thread for all of them. Closing it is what killing the agents would be: the world and its guests
 * stay.
 */
public final class SimulatedHosts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SimulatedHosts.class);

  /** How often a host gives a sign of life, as the contract says. */
  public static final Duration INTERVAL = Duration.ofSeconds(10);

  private static final long TICK_MILLIS = 250;

  private record Agents(
      String host, SimulatedInstanceAgent instances, SimulatedNetworkHost network) {}

  private final SimulatedWorld world;
  private final ComputeReports compute;
  private final NetworkPlugin plugin;
  private final List<Agents> agents = new ArrayList<>();
  private final List<Bus.Registration> offers = new ArrayList<>();
  private final ExecutorService workers =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("sim-network-", 0).factory());
  private final ScheduledExecutorService beats =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("simulated-hosts").factory());
  private int next;

  private SimulatedHosts(Bus bus, SimulatedWorld world) {
    this.world = world;
    this.compute = bus.client(ComputeReports.class, "");
    this.plugin = bus.client(NetworkPlugin.class, "");
  }

  /** Hosts {@code sim-0001}, {@code sim-0002} ... */
  public static SimulatedHosts start(Bus bus, SimulatedWorld world, int count) {
    return start(bus, world, count, "sim-");
  }

  /**
   * Starts the agents of {@code count} hosts named by prefix and number; hosts the world already
   * knows are found as they were. Services that are not there yet learn of the hosts at the next
   * sign of life.
   */
  public static SimulatedHosts start(Bus bus, SimulatedWorld world, int count, String prefix) {
    var s = new SimulatedHosts(bus, world);
    for (int i = 1; i <= count; i++) {
      s.add(bus, prefix + "%04d".formatted(i));
    }
    s.beats.execute(() -> s.agents.forEach(s::beat));
    s.beats.scheduleAtFixedRate(s::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    log.info(
        "{} simulated hosts, {} to {}", count, prefix + "0001", prefix + "%04d".formatted(count));
    return s;
  }

  private void add(Bus bus, String name) {
    var host = world.host(name);
    host.reports = compute;
    var instances = new SimulatedInstanceAgent(world, name);
    var network = new SimulatedNetworkHost(world, name, plugin, workers);
    offers.add(bus.offer(InstanceAgent.class, name, instances));
    offers.add(bus.offer(NetworkAgent.class, name, network));
    agents.add(new Agents(name, instances, network));
  }

  /** The hosts' names in order. */
  public List<String> names() {
    return agents.stream().map(Agents::host).toList();
  }

  public SimulatedWorld world() {
    return world;
  }

  /** Every host gives a sign of life now, as after the interval. */
  public void beatAll() {
    agents.forEach(this::beat);
  }

  /** The share of hosts whose turn it is, so that they do not all speak at once. */
  private void tick() {
    agents.forEach(a -> a.network().lookAgain());
    int share = (int) Math.ceilDiv((long) agents.size() * TICK_MILLIS, INTERVAL.toMillis());
    if (agents.size() < INTERVAL.toMillis() / TICK_MILLIS) {
      // fewer hosts than ticks: leave ticks out instead
      int ticks = (int) (INTERVAL.toMillis() / TICK_MILLIS);
      int turn = next++ % ticks;
      if (turn < agents.size()) {
        beat(agents.get(turn));
      }
      return;
    }
    for (int i = 0; i < share; i++) {
      beat(agents.get(next++ % agents.size()));
      next %= agents.size();
    }
  }

  private void beat(Agents a) {
    if (world.switches().isDown(a.host())) {
      return;
    }
    try {
      compute.alive(a.instances().report());
    } catch (Fault e) {
      log.debug("{}: {}", a.host(), e.getMessage());
    } catch (RuntimeException e) {
      log.warn("{}: no sign of life could be sent", a.host(), e);
    }
    try {
      a.network().beat();
    } catch (Fault e) {
      log.debug("{}: {}", a.host(), e.getMessage());
    } catch (RuntimeException e) {
      log.warn("{}: no sign of life could be sent", a.host(), e);
    }
  }

  @Override
  public void close() {
    beats.shutdownNow();
    offers.forEach(Bus.Registration::close);
    agents.forEach(
        a -> {
          var host = world.host(a.host());
          host.reports = null;
          host.wiring = () -> {};
        });
    workers.shutdownNow();
  }
}
