package welkin.workflow;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import welkin.core.RequestContext;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Takes workflows whose turn it is, as many as it may run at once, and keeps their leases. One
 * thread looks after all of them: for new work, for what others cancelled or signalled, and for
 * leases to renew; a hint makes it look at once, without one it looks every second.
 */
final class Worker {
  private static final Logger log = LoggerFactory.getLogger(Worker.class);

  /** A worker that died is followed by another within this time and one look. */
  static final Duration LEASE = Duration.ofSeconds(7);

  private static final Duration RENEW = Duration.ofSeconds(2);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final Duration OTHER_VERSION = Duration.ofSeconds(30);
  private static final Duration KEEP = Duration.ofDays(1);
  private static final Duration FORGET = Duration.ofMinutes(1);

  /** What a hold runs. */
  interface Work {
    void perform(Hold hold);
  }

  private final Database database;
  private final WorkflowEngine engine;
  private final Work work;
  private final String owner;
  private final Map<String, Workflow<?>> kinds;
  private final int concurrency;
  private final Semaphore slots;
  private final Semaphore bell = new Semaphore(0);
  private final Map<String, Hold> holds = new ConcurrentHashMap<>();

  private final Map<String, Hold> bySubject = new ConcurrentHashMap<>();

  /** Workflows that ended here, whose steps and signals nobody reads any more. */
  private final Queue<String> ended = new ConcurrentLinkedQueue<>();

  /** Holds and what is about to become one, so that a full worker takes nothing more. */
  private final AtomicInteger load = new AtomicInteger();

  private volatile boolean more;
  private volatile boolean closed;
  private Set<String> orphans = Set.of();
  private Thread keeper;

  Worker(
      Database database,
      WorkflowEngine engine,
      Work work,
      String owner,
      Map<String, Workflow<?>> kinds,
      int concurrency) {
    this.database = database;
    this.engine = engine;
    this.work = work;
    this.owner = owner;
    this.kinds = kinds;
    this.concurrency = concurrency;
    this.slots = new Semaphore(concurrency, true);
  }

  void start() {
    keeper = Thread.ofVirtual().name("workflow-keeper").start(this::keep);
  }

  /** Whether it could begin one more now. */
  boolean hasRoom() {
    return !closed && load.get() < concurrency;
  }

  boolean closed() {
    return closed;
  }

  Hold hold(String id) {
    return holds.get(id);
  }

  /** What runs here of a subject, or null. */
  Hold holdOf(String subject) {
    return bySubject.get(subject);
  }

  /** Another process has news. */
  void hint() {
    holds.values().forEach(Hold::hint);
    ring();
  }

  /** Makes it look at once. */
  void ring() {
    bell.release();
  }

  /** Goes on with a workflow that was leased to this worker. */
  void submit(WorkflowRow row) {
    submit(new Hold(row, false, null));
  }

  /** Begins a workflow that was leased to this worker. */
  void submit(Hold hold) {
    var row = hold.row();
    if (closed || holds.putIfAbsent(row.id(), hold) != null) {
      return;
    }
    bySubject.put(row.subject(), hold);
    load.incrementAndGet();
    Thread.ofVirtual().name(row.kind() + " " + row.subject()).start(() -> turn(hold));
  }

  private void turn(Hold hold) {
    var row = hold.row();
    try {
      slots.acquire();
      try {
        WorkflowEngine.context(row)
            .run(
                () -> {
                  MDC.put("request", RequestContext.current().requestId());
                  work.perform(hold);
                });
      } finally {
        MDC.remove("request");
        slots.release();
      }
    } catch (InterruptedException | Probe.Crash gone) {
      // as if the process had died here: nothing is written
    } finally {
      holds.remove(row.id(), hold);
      bySubject.remove(row.subject(), hold);
      load.decrementAndGet();
      if (more) {
        ring();
      }
    }
  }

  private void keep() {
    long renewed = System.nanoTime();
    long tidied = renewed;
    long forgot = System.nanoTime() - FORGET.toNanos();
    boolean troubled = false;
    while (!closed) {
      try {
        look();
        if (System.nanoTime() - renewed >= RENEW.toNanos()) {
          renew();
          renewed = System.nanoTime();
        }
        if (System.nanoTime() - tidied >= LOOK.toNanos()) {
          tidy();
          tidied = System.nanoTime();
        }
        if (System.nanoTime() - forgot >= FORGET.toNanos()) {
          database.change(sql -> WorkflowStore.forget(sql, engine.now(sql).minus(KEEP)));
          forgot = System.nanoTime();
        }
        troubled = false;
      } catch (RuntimeException e) {
        if (!closed && !troubled) {
          log.warn("looking after workflows failed, again every second: {}", e.getMessage());
        }
        troubled = true;
      }
      try {
        bell.tryAcquire(LOOK.toNanos(), TimeUnit.NANOSECONDS);
        bell.drainPermits();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Of a workflow that ended nothing but its row is needed; the rest goes with that of others. */
  void tidyLater(String id) {
    ended.add(id);
  }

  /** What is left behind by a process that dies before goes with the workflow's row, in time. */
  private void tidy() {
    var ids = new ArrayList<String>();
    for (var id = ended.poll(); id != null; id = ended.poll()) {
      ids.add(id);
    }
    if (!ids.isEmpty()) {
      database.change(sql -> WorkflowStore.tidy(sql, ids));
    }
  }

  /** One look at everything that may have changed elsewhere. */
  void look() {
    boolean room = hasRoom();
    boolean holding = !holds.isEmpty();
    boolean waiting = holds.values().stream().anyMatch(Hold::waiting);
    record Seen(boolean free, Set<String> unwinding, List<String> signalled) {}
    var seen =
        database.read(
            sql ->
                new Seen(
                    room && !free(sql, 1).isEmpty(),
                    holding ? WorkflowStore.of(sql, owner, WorkflowRow.State.UNWINDING) : Set.of(),
                    waiting ? WorkflowStore.signalled(sql, owner) : List.of()));
    for (var id : seen.unwinding) {
      var hold = holds.get(id);
      if (hold != null) {
        hold.cancel();
      }
    }
    for (var id : seen.signalled) {
      var hold = holds.get(id);
      if (hold != null && hold.waiting()) {
        hold.ring();
      }
    }
    if (seen.free) {
      take();
    } else if (!room) {
      more = true;
    }
  }

  private List<WorkflowRow> free(Sql sql, int limit) {
    var now = engine.now(sql);
    return WorkflowStore.free(sql, now, row -> ours(row, now), limit);
  }

  /**
   * Work that another version began is left to workers of that version, while there may be some: a
   * cloud is brought to a new release one process after the other.
   */
  private boolean ours(WorkflowRow row, Instant now) {
    var workflow = kinds.get(row.kind());
    return workflow != null
        && (workflow.version() == row.version()
            || row.createdAt().plus(OTHER_VERSION).isBefore(now));
  }

  private void take() {
    int room = concurrency - load.get();
    var taken =
        database.tx(
            sql -> {
              if (closed) {
                return List.<WorkflowRow>of();
              }
              var now = engine.now(sql);
              var rows = free(sql, room);
              rows.forEach(row -> WorkflowStore.take(sql, row.id(), owner, now.plus(LEASE)));
              return rows;
            });
    more = taken.size() >= room;
    taken.forEach(this::submit);
  }

  /** Takes what comes after a workflow that ends in this transaction. */
  void takeNext(Sql sql, String subject) {
    if (closed) {
      return;
    }
    WorkflowStore.next(sql, subject)
        .filter(row -> ours(row, engine.now(sql)))
        .ifPresent(
            row -> {
              WorkflowStore.take(sql, row.id(), owner, engine.now(sql).plus(LEASE));
              sql.afterCommit(() -> submit(row));
            });
  }

  private void renew() {
    if (holds.isEmpty()) {
      return;
    }
    var before = List.copyOf(holds.values());
    Set<String> mine =
        database.tx(
            sql -> {
              WorkflowStore.renew(sql, owner, engine.now(sql).plus(LEASE));
              return WorkflowStore.of(
                  sql, owner, WorkflowRow.State.RUNNING, WorkflowRow.State.UNWINDING);
            });
    before.stream().filter(h -> !mine.contains(h.row().id())).forEach(Hold::lose);
    var nobodys = new HashSet<>(mine);
    before.forEach(h -> nobodys.remove(h.row().id()));
    nobodys.removeAll(holds.keySet());
    // leased to us, and twice seen with nothing that runs it: its thread died
    for (var id : nobodys) {
      if (orphans.contains(id)) {
        log.warn("workflow {} has lost its thread and is begun again", id);
        database.change(sql -> WorkflowStore.release(sql, id, owner));
      }
    }
    orphans = nobodys;
  }

  /**
   * Ends: runs stop before their next step; what is inside a step now is repeated by whoever takes
   * over.
   */
  void close(boolean release) {
    closed = true;
    if (keeper != null) {
      keeper.interrupt();
    }
    holds.values().forEach(Hold::ring);
    if (!release) {
      return;
    }
    long end = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (!holds.isEmpty() && System.nanoTime() < end) {
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
    try {
      tidy();
      database.change(sql -> WorkflowStore.release(sql, owner));
    } catch (RuntimeException e) {
      log.warn("leases could not be given up, they run out soon: {}", e.getMessage());
    }
  }
}
