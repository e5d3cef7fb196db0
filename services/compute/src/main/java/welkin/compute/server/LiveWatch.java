package welkin.compute.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.InstanceState.PowerState;
import welkin.agents.contracts.MigrationProgress;
import welkin.compute.migration.Migration;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.workflow.WorkflowEngine;

/**
 * Watches guests on their way to another host, so that their ports follow them at once and the
 * migration shows how far it is. All of it is a hint: who lost it looks again.
 */
final class LiveWatch {
  private static final Logger log = LoggerFactory.getLogger(LiveWatch.class);
  private static final long LOOK_MILLIS = 50;

  /** How long the hosts of a network take to change their tables when a port has moved. */
  private static final long NETWORK_NANOS = 400_000_000L;

  private static final long WRITE_NANOS = 1_000_000_000L;

  private final Means means;
  private final WorkflowEngine engine;

  /** Bells of the guests that are watched, by server. */
  private final Map<String, Semaphore> watched = new ConcurrentHashMap<>();

  /** Where ports were led, by migration. It saves asking Network again and again. */
  private final Map<Long, Led> led = new ConcurrentHashMap<>();

  private record Led(String host, long nanos) {}

  LiveWatch(Means means, WorkflowEngine engine) {
    this.means = means;
    this.engine = engine;
  }

  /** A guest changed: whoever watches it looks now. */
  void look(String serverId) {
    var bell = watched.get(serverId);
    if (bell != null) {
      bell.release();
    }
  }

  /**
   * Looks often, so that the ports follow the guest at once. It is a hint: lost with its process,
   * the waiting step looks for itself once a second, and begins a new watch.
   */
  void begin(Server server, Migration m, String signal) {
    var bell = new Semaphore(0);
    if (watched.putIfAbsent(server.id(), bell) != null) {
      return;
    }
    var context = RequestContext.current();
    Thread.ofVirtual()
        .name("migration " + m.id())
        .start(
            () -> {
              try {
                context.run(() -> follow(server, m, signal, bell));
              } finally {
                led.remove(m.id());
                watched.remove(server.id());
              }
            });
  }

  private void follow(Server server, Migration m, String signal, Semaphore bell) {
    long written = System.nanoTime();
    try {
      while (means.database().read(sql -> engine.isBusy(sql, server.id()))) {
        for (int i = 0; i < 10; i++) { // ten looks at the agent for one at the database
          if (over(server, m)) {
            engine.signal(server.id(), signal, null);
            return;
          }
          if (bell.tryAcquire(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            bell.drainPermits();
          }
        }
        if (System.nanoTime() - written > WRITE_NANOS) {
          written = System.nanoTime();
          write(m, progress(m));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      log.info("migration {} is not watched any more: {}", m.id(), e.getMessage());
    }
  }

  /** What is known of it is over. */
  void forget(Migration m) {
    led.remove(m.id());
  }

  /** Whether nothing more will happen; lets the ports be where the guest is, or will be at once. */
  boolean over(Server server, Migration m) {
    var dest = means.migration(m.id()).destHost();
    MigrationProgress p;
    try {
      p = progress(m);
    } catch (Fault away) {
      // what is here to be led there may not have gone, and must not wait for an agent's return
      lead(server, m, runsAt(dest, server) ? dest : m.sourceHost());
      return !means.hosts().up(m.sourceHost());
    }
    if (p == null) {
      return true;
    }
    switch (p.status()) {
      case COMPLETED -> lead(server, m, dest);
      case FAILED, CANCELLED -> lead(server, m, m.sourceHost());
      default -> {
        var last = led.get(m.id());
        if (!p.leaving() && last != null && last.host().equals(dest)) {
          lead(server, m, m.sourceHost()); // it takes longer than was thought
        } else if (p.leaving() && lead(server, m, dest)) {
          letGo(server, m);
        }
      }
    }
    if (p.status().over()) {
      write(m, p);
    }
    return p.status().over();
  }

  private boolean runsAt(String dest, Server server) {
    try {
      return means.agent(dest).instance(server.id()).power() == PowerState.RUNNING;
    } catch (Fault f) {
      return false;
    }
  }

  private void letGo(Server server, Migration m) {
    try {
      means.agent(m.sourceHost()).networkMoved(server.id());
    } catch (Fault later) {
      log.info(
          "{} is not told yet that its network has moved: {}", server.id(), later.getMessage());
    }
  }

  /**
   * Lets the network lead to a host what is sent to a server; true when all hosts have had time to
   * hear of it.
   */
  private boolean lead(Server server, Migration m, String host) {
    var last = led.get(m.id());
    if (last == null || !last.host().equals(host)) {
      try {
        means.networking().activate(server, host);
        last = new Led(host, System.nanoTime());
        led.put(m.id(), last);
      } catch (Fault later) {
        log.warn("ports of {} do not follow it yet: {}", server.id(), later.getMessage());
        return false;
      }
    }
    return System.nanoTime() - last.nanos() >= NETWORK_NANOS;
  }

  private void write(Migration m, MigrationProgress p) {
    if (p == null) {
      return;
    }
    var bytes =
        Json.object()
            .put("memory_total_bytes", p.memoryTotalBytes())
            .put("memory_processed_bytes", p.memoryProcessedBytes())
            .put("memory_remaining_bytes", p.memoryRemainingBytes())
            .put("disk_total_bytes", p.diskTotalBytes())
            .put("disk_processed_bytes", p.diskProcessedBytes())
            .put("disk_remaining_bytes", p.diskRemainingBytes())
            .put("downtime_ms", p.downtimeMs())
            .put("elapsed_ms", p.elapsedMs());
    long total = p.memoryTotalBytes() + p.diskTotalBytes();
    long left = p.memoryRemainingBytes() + p.diskRemainingBytes();
    long percent = total <= 0 ? 0 : Math.clamp(100 * (total - left) / total, 0, 100);
    means
        .database()
        .change(
            sql -> {
              means.setMigration(sql, m.id(), "progress", bytes);
              if (!p.status().over()) {
                means.set(sql, m.serverId(), "progress", percent);
              }
            });
  }

  /** How far it is, as its source says; null when the source knows of none. */
  MigrationProgress progress(Migration m) {
    try {
      return means.agent(m.sourceHost()).migration(m.serverId());
    } catch (Fault f) {
      if (f.status() == 404) {
        return null;
      }
      throw f;
    }
  }
}
