package welkin.network.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.RequestContext;
import welkin.network.resource.Resource;
import welkin.peers.Peers;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Tells Compute what became of its ports. What is to be told is written in the transaction of the
 * change and told by the process that made it, after the commit and many at a time; what that
 * process did not get rid of within a while is told by another.
 */
public final class ComputeNotifier implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ComputeNotifier.class);
  private static final int BATCH = 100;

  /** So many that were told are forgotten in one transaction, and so long they gather for it. */
  private static final int FORGOTTEN = 1024;

  private static final Duration GATHER = Duration.ofMillis(500);
  private static final Duration OURS = Duration.ofSeconds(10);
  private static final Duration OLD = Duration.ofMinutes(30);

  /** What is to be told; another process may try after {@code OURS}. */
  record Event(String id, String name, String server, String port, String status) {}

  private final Database database;
  private final Ids ids;
  private final Peers peers;
  private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>();
  private final BlockingQueue<Event> told = new LinkedBlockingQueue<>();
  private volatile List<Thread> workers = List.of();

  /**
   * @param peers null where there is no Compute
   */
  public ComputeNotifier(Database database, Ids ids, Peers peers) {
    this.database = database;
    this.ids = ids;
    this.peers = peers;
  }

  /** A host gave these ports their network. */
  public void plugged(Sql sql, List<Resource> ports) {
    ports.forEach(p -> say(sql, "network-vif-plugged", p));
  }

  public void unplugged(Sql sql, List<Resource> ports) {
    ports.forEach(p -> say(sql, "network-vif-unplugged", p));
  }

  /** Addresses or security groups of a server's port changed. */
  public void changed(Sql sql, Resource port) {
    say(sql, "network-changed", port);
  }

  /** Not what a service deletes: that is Compute, which knows. */
  public void deleted(Sql sql, Resource port) {
    if (!RequestContext.current().caller().hasRole("service")) {
      say(sql, "network-vif-deleted", port);
    }
  }

  private void say(Sql sql, String name, Resource port) {
    if (peers != null
        && port.text("device_owner").startsWith("compute:")
        && !port.text("device_id").isEmpty()) {
      var event = new Event(ids.uuid(), name, port.text("device_id"), port.id(), "completed");
      EventStore.insert(sql, event, OURS);
      sql.afterCommit(() -> queue.add(event));
    }
  }

  public void start() {
    if (peers != null) {
      workers =
          List.of(
              Thread.ofVirtual()
                  .name("network-compute-events")
                  .start(() -> work(queue, this::send, BATCH, Duration.ZERO)),
              // a server waits for the next event, nobody for this
              Thread.ofVirtual()
                  .name("network-compute-told")
                  .start(() -> work(told, this::done, FORGOTTEN, GATHER)));
    }
  }

  private static void work(
      BlockingQueue<Event> queue, Consumer<List<Event>> what, int most, Duration gather) {
    var batch = new ArrayList<Event>();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        batch.clear();
        Event next = queue.take();
        long until = System.nanoTime() + gather.toNanos();
        while (next != null) {
          batch.add(next);
          next =
              batch.size() < most
                  ? queue.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS)
                  : null;
        }
        what.accept(batch);
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        log.info("{} events for Compute wait: {}", batch.size(), e.getMessage());
      }
    }
  }

  /** Takes over what no process has told in time. */
  void takeOver() {
    if (peers == null || !database.read(EventStore::anyDue)) {
      return;
    }
    List<Event> due =
        database.tx(
            sql -> {
              EventStore.forget(sql, OLD);
              return EventStore.take(sql, BATCH, OURS);
            });
    queue.addAll(due);
  }

  private void send(List<Event> batch) {
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
      if (f.status() != 404) { // none of the servers is there (yet): Compute looks for itself
        throw f;
      }
    }
    told.addAll(batch);
  }

  /** What is forgotten in between is told twice. */
  private void done(List<Event> batch) {
    database.change(sql -> EventStore.done(sql, batch));
  }

  @Override
  public void close() {
    workers.forEach(Thread::interrupt);
  }
}
