package welkin.agents.hypervisor;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.contracts.InstanceState;
import welkin.bus.Bus;
import welkin.core.Fault;

/**
 * A compute host: offers its guests on the bus under the host's name and gives signs of life.
 * Closing it leaves the guests running.
 */
public final class ComputeHost implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ComputeHost.class);
  private static final Duration EVICT_INTERVAL = Duration.ofMinutes(10);

  private final HypervisorSettings settings;
  private final Bus bus;
  private final QemuInstanceAgent agent;
  private final Bus.Registration registration;
  private final Set<String> untold = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("compute-host").factory());

  /** With the usual settings. */
  public ComputeHost(Path state, String host, Bus bus, InstantSource clock) {
    this(HypervisorSettings.of(host, state), bus, clock);
  }

  /** Starts it: finds its guests, offers them, reports. */
  public ComputeHost(HypervisorSettings settings, Bus bus, InstantSource clock) {
    this.settings = settings;
    this.bus = bus;
    this.agent = new QemuInstanceAgent(settings, clock, this::changed);
    this.registration = bus.offer(InstanceAgent.class, settings.host(), agent);
    timer.scheduleWithFixedDelay(
        this::tick, 0, settings.reportInterval().toMillis(), TimeUnit.MILLISECONDS);
    timer.scheduleWithFixedDelay(
        this::evict, EVICT_INTERVAL.toSeconds(), EVICT_INTERVAL.toSeconds(), TimeUnit.SECONDS);
  }

  private void tick() {
    try {
      agent.shortenLogs();
      bus.client(ComputeReports.class, "").alive(agent.describe());
      // what could not be told when it happened, as it is now
      for (var id : Set.copyOf(untold)) {
        untold.remove(id);
        agent.instances().stream().filter(i -> i.serverId().equals(id)).forEach(this::changed);
      }
    } catch (Fault f) {
      // Compute may not have started yet; it hears us next time
      log.debug("sign of life: {}", f.getMessage());
    } catch (RuntimeException e) {
      log.warn("sign of life", e);
    }
  }

  private void changed(InstanceState state) {
    try {
      bus.client(ComputeReports.class, "").changed(settings.host(), state);
    } catch (RuntimeException e) {
      untold.add(state.serverId());
      log.info("guest {} is {} now, to be told later: {}", state.serverId(), state.power(), e);
    }
  }

  private void evict() {
    try {
      agent.evictImages();
    } catch (RuntimeException e) {
      log.warn("image cache", e);
    }
  }

  /** The agent, for those in the same process. */
  public QemuInstanceAgent agent() {
    return agent;
  }

  /** Shuts all guests down, keeping what they are: for {@code welkin down}. */
  public void stopAll(Duration grace) {
    agent.stopAll(grace);
  }

  /** Destroys all guests. */
  public void destroyAll() {
    agent.destroyAll();
  }

  /** Ends the agent; the guests go on. */
  @Override
  public void close() {
    registration.close();
    timer.shutdownNow();
    agent.close();
  }
}
