package welkin.network.host;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.network.resource.Resource;
import welkin.peers.Peers;
import welkin.store.Sql;

/**
 * Tells Compute what became of its ports, after the commit and many at a time. It is a hint:
 * Compute looks at the port itself, so one lost with the process costs only time.
 */
public final class ComputeNotifier implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ComputeNotifier.class);
  private static final int BATCH = 100;
  private static final int ATTEMPTS = 6;
  private static final long FIRST_PAUSE_MILLIS = 200;

  private record Event(String name, String server, String port, String status, int attempt) {}

  private final Peers peers;
  private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
  private volatile Thread worker;

  /**
   * @param peers null where there is no Compute
   */
  public ComputeNotifier(Peers peers) {
    this.peers = peers;
  }

  void plugged(Sql sql, List<Resource> ports) {
    ports.forEach(p -> say(sql, "network-vif-plugged", p));
  }

  void unplugged(Sql sql, List<Resource> ports) {
    ports.forEach(p -> say(sql, "network-vif-unplugged", p));
  }

  /** Addresses or security groups of a server's port changed. */
  public void changed(Sql sql, Resource port) {
    say(sql, "network-changed", port);
  }

  public void deleted(Sql sql, Resource port) {
    say(sql, "network-vif-deleted", port);
  }

  private void say(Sql sql, String name, Resource port) {
    if (peers != null
        && port.text("device_owner").startsWith("compute:")
        && !port.text("device_id").isEmpty()) {
      var event = new Event(name, port.text("device_id"), port.id(), "completed", 0);
      sql.afterCommit(() -> queue.add(event));
    }
  }

  void start() {
    if (peers != null) {
      worker = Thread.ofVirtual().name("network-compute-events").start(this::work);
    }
  }

  private void work() {
    var batch = new ArrayList<Event>();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        batch.clear();
        batch.add(queue.take());
        queue.drainTo(batch, BATCH - 1);
        send(batch);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void send(List<Event> batch) throws InterruptedException {
    var events =
        batch.stream()
            .map(
                e ->
                    Map.of(
                        "name", e.name, "server_uuid", e.server, "tag", e.port, "status", e.status))
            .toList();
    try {
      peers.post("/compute/v2.1/os-server-external-events", Map.of("events", events));
    } catch (Fault f) {
      if (f.status() == 404) {
        return; // none of the servers is there (yet): Compute looks for itself
      }
      int attempt = batch.stream().mapToInt(Event::attempt).max().orElse(0) + 1;
      log.info("Compute did not take {} events: {}", batch.size(), f.getMessage());
      if (attempt < ATTEMPTS) {
        TimeUnit.MILLISECONDS.sleep(FIRST_PAUSE_MILLIS << attempt);
        batch.forEach(e -> queue.add(new Event(e.name, e.server, e.port, e.status, attempt)));
      }
    } catch (RuntimeException e) {
      log.warn("events for Compute failed", e);
    }
  }

  @Override
  public void close() {
    if (worker != null) {
      worker.interrupt();
    }
  }
}
