package welkin.workflow;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Runs a service's workflows: enqueued in the transaction of the row they concern, one at a time
 * for each subject, on virtual threads, under a lease. Whoever finds a live workflow with an
 * expired lease takes it over.
 */
public final class WorkflowEngine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WorkflowEngine.class);
  private static final Duration LEASE = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Duration KEEP = Duration.ofDays(1);

  private final Database database;
  private final InstantSource clock;
  private final Ids ids;
  private final String owner;
  private final Probe probe;
  private final Semaphore slots;
  private final Map<String, Workflow<?>> kinds = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();

  /** Per subject, what waits and (first) what runs; guarded by {@code lock}. */
  private final Map<String, Deque<WorkflowRow>> queues = new HashMap<>();

  private final Set<String> held = new HashSet<>();
  private final Set<String> cancelled = ConcurrentHashMap.newKeySet();
  private volatile boolean started;
  private volatile boolean closed;
  private Thread keeper;

  /**
   * @param concurrency how many workflows run at once; more wait their turn
   */
  public WorkflowEngine(Database database, InstantSource clock, Ids ids, int concurrency) {
    this(database, clock, ids, concurrency, Probe.NONE);
  }

  public WorkflowEngine(
      Database database, InstantSource clock, Ids ids, int concurrency, Probe probe) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.owner = ids.uuid();
    this.slots = new Semaphore(concurrency, true);
    this.probe = probe;
  }

  public void register(Workflow<?> workflow) {
    if (kinds.put(workflow.kind(), workflow) != null) {
      throw new IllegalStateException("two workflows are called " + workflow.kind());
    }
  }

  /** The registered kinds, for tests that walk them. */
  public Set<String> kinds() {
    return Set.copyOf(kinds.keySet());
  }

  /**
   * Begins, and takes over what a process before this one left.
   *
   * @param alone no other process works on this schema: leases of a dead predecessor need not run
   *     out
   */
  public void start(boolean alone) {
    if (alone) {
      database.change(
          sql ->
              sql.update(
                  "UPDATE workflow SET owner = NULL, lease_until = NULL WHERE state IN ('RUNNING',"
                      + " 'UNWINDING') AND owner <> ?",
                  owner));
    }
    started = true;
    takeOver();
    keeper = Thread.ofVirtual().name("workflow-keeper").start(this::keep);
  }

  /**
   * Stores a workflow; it begins once {@code sql}'s transaction is committed.
   *
   * @return its id
   */
  public <I> String enqueue(Sql sql, Workflow<I> workflow, String subject, I input) {
    var context = RequestContext.current();
    var now = clock.instant();
    var row =
        new WorkflowRow(
            ids.uuid(),
            workflow.kind(),
            workflow.version(),
            subject,
            Json.text(input),
            context(context),
            WorkflowRow.State.RUNNING,
            now.plus(workflow.deadline()),
            null);
    WorkflowStore.insert(sql, row, owner, now.plus(LEASE), now);
    sql.afterCommit(() -> submit(row));
    return row.id();
  }

  /** Undoes every live workflow of a subject, once {@code sql}'s transaction is committed. */
  public void cancel(Sql sql, String subject, Fault reason) {
    for (var id : WorkflowStore.live(sql, subject)) {
      WorkflowStore.unwind(sql, id, WorkflowRow.fault(reason), clock.instant());
      sql.afterCommit(
          () -> {
            cancelled.add(id);
            tellNews();
          });
    }
  }

  /** Whether a subject has a live workflow. */
  public boolean isBusy(Sql sql, String subject) {
    return !WorkflowStore.live(sql, subject).isEmpty();
  }

  /** The subjects that have a live workflow. */
  public Set<String> busy(Sql sql) {
    return Set.copyOf(WorkflowStore.liveSubjects(sql));
  }

  /**
   * Sends a signal to the live workflows of a subject; they may await it now or later.
   *
   * @return whether there was one to hear it
   */
  public boolean signal(String subject, String name, Object payload) {
    return database.tx(
        sql -> {
          var live = WorkflowStore.live(sql, subject);
          for (var id : live) {
            WorkflowStore.signal(sql, id, name, payload == null ? NullNode.getInstance() : payload);
          }
          sql.afterCommit(this::tellNews);
          return !live.isEmpty();
        });
  }

  /**
   * Waits until nothing of {@code subject} is live, at most {@code limit}; false when it still is.
   */
  public boolean settled(String subject, Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (database.read(sql -> isBusy(sql, subject))) {
      if (System.nanoTime() > end) {
        return false;
      }
      waitNews(20);
    }
    return true;
  }

  @Override
  public void close() {
    closed = true;
    tellNews();
    if (keeper != null) {
      keeper.interrupt();
    }
    // runs stop at their next step; what is inside a step now is repeated by whoever takes over
    lock.lock();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (!held.isEmpty() && System.nanoTime() < end) {
        news.awaitNanos(TimeUnit.MILLISECONDS.toNanos(20));
      }
      queues.clear();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  Database database() {
    return database;
  }

  Probe probe() {
    return probe;
  }

  boolean mustUnwind(WorkflowRow row) {
    if (closed) {
      throw new Probe.Crash();
    }
    if (cancelled.contains(row.id()) || row.state() == WorkflowRow.State.UNWINDING) {
      return true;
    }
    if (clock.instant().isAfter(row.deadline())) {
      throw Fault.of(504, "DeadlineExceeded", "The work did not finish within its time.");
    }
    return false;
  }

  void record(WorkflowRow row, WorkflowRow.Step step) {
    database.change(sql -> WorkflowStore.record(sql, row.id(), step));
  }

  void record(Sql sql, WorkflowRow row, WorkflowRow.Step step) {
    WorkflowStore.record(sql, row.id(), step);
  }

  void recordUndone(WorkflowRow row, int position, String name) {
    database.change(sql -> WorkflowStore.undone(sql, row.id(), position, name));
  }

  /**
   * Lets a peer that is away come back.
   *
   * @return whether the workflow must unwind instead
   * @throws Fault 504 with the reason when its deadline is over
   */
  boolean waitOut(WorkflowRow row, String step, int attempt, Fault away) {
    log.info("{} of {} waits at {}: {}", row.kind(), row.subject(), step, away.getMessage());
    pause(backoff(attempt));
    try {
      return mustUnwind(row);
    } catch (Fault late) {
      throw Fault.of(
          late.status(), late.code(), late.getMessage() + " At the end: " + away.getMessage());
    }
  }

  private static Duration backoff(int attempt) {
    return Duration.ofMillis(Math.min(5_000, 100L << Math.min(attempt, 6)));
  }

  JsonNode awaitSignal(WorkflowRow row, String signal, Duration limit, BooleanSupplier happened) {
    var end = clock.instant().plus(limit);
    long look = System.nanoTime() + LOOK_NANOS;
    while (true) {
      if (mustUnwind(row)) {
        throw new Run.Unwinding();
      }
      var found = database.read(sql -> WorkflowStore.signal(sql, row.id(), signal));
      if (found.isPresent()) {
        return found.get();
      }
      if (clock.instant().isAfter(end)) {
        throw Fault.of(
            504, "SignalTimeout", "Waited " + limit.toSeconds() + " s for " + signal + " in vain.");
      }
      waitNews(500);
      if (System.nanoTime() > look) {
        if (happened.getAsBoolean()) {
          return NullNode.getInstance();
        }
        look = System.nanoTime() + LOOK_NANOS;
      }
    }
  }

  private void tellNews() {
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void waitNews(long millis) {
    lock.lock();
    try {
      news.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Probe.Crash();
    } finally {
      lock.unlock();
    }
  }

  private void keep() {
    while (!closed) {
      try {
        Thread.sleep(Duration.ofSeconds(5));
        database.change(sql -> WorkflowStore.renew(sql, owner, clock.instant().plus(LEASE)));
        takeOver();
        database.change(sql -> WorkflowStore.forget(sql, clock.instant().minus(KEEP)));
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        log.warn("looking after workflows failed, again in 5 s", e);
      }
    }
  }

  private void takeOver() {
    var now = clock.instant();
    for (var row : database.read(sql -> WorkflowStore.free(sql, owner, now))) {
      if (kinds.containsKey(row.kind())
          && database.tx(sql -> WorkflowStore.take(sql, row.id(), owner, now.plus(LEASE), now))) {
        log.info("taking over {} {} of {}", row.kind(), row.id(), row.subject());
        submit(row);
      }
    }
  }

  private void submit(WorkflowRow row) {
    if (closed || !started) {
      return; // found again by the next start
    }
    lock.lock();
    try {
      if (!held.add(row.id())) {
        return;
      }
      var queue = queues.computeIfAbsent(row.subject(), s -> new ArrayDeque<>());
      queue.add(row);
      if (queue.size() == 1) {
        begin(row);
      }
    } finally {
      lock.unlock();
    }
  }

  private void begin(WorkflowRow row) {
    Thread.ofVirtual().name(row.kind() + " " + row.subject()).start(() -> turn(row));
  }

  private void turn(WorkflowRow row) {
    try {
      slots.acquire();
    } catch (InterruptedException e) {
      return;
    }
    try {
      context(row)
          .run(
              () -> {
                MDC.put("request", RequestContext.current().requestId());
                perform(kinds.get(row.kind()), row);
              });
    } catch (Probe.Crash gone) {
      // as if the process had died here: nothing is written
    } finally {
      MDC.remove("request");
      slots.release();
      lock.lock();
      try {
        held.remove(row.id());
        cancelled.remove(row.id());
        var queue = queues.get(row.subject());
        if (queue != null) {
          queue.poll();
          if (queue.isEmpty()) {
            queues.remove(row.subject());
          } else {
            begin(queue.peek());
          }
        }
        news.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private <I> void perform(Workflow<I> workflow, WorkflowRow stale) {
    if (closed) {
      return;
    }
    // it may have waited its turn: look again
    var row = database.read(sql -> WorkflowStore.find(sql, stale.id())).orElse(null);
    if (row == null
        || row.state() == WorkflowRow.State.DONE
        || row.state() == WorkflowRow.State.FAILED) {
      return;
    }
    var input = Json.read(row.input(), workflow.inputType());
    var run = new Run(this, row, database.read(sql -> WorkflowStore.steps(sql, row.id())));
    Fault reason = row.reason() == null ? null : WorkflowRow.fault(row.reason());
    try {
      if (row.version() != workflow.version()) {
        throw Fault.of(
            500, "WorkflowChanged", "This work was begun by another version and was undone.");
      }
      workflow.run(run, input);
      if (row.state() == WorkflowRow.State.RUNNING || reason == null) {
        database.change(
            sql -> WorkflowStore.finish(sql, row.id(), WorkflowRow.State.DONE, clock.instant()));
        return;
      }
    } catch (Run.Unwinding unwinding) {
      if (reason == null) {
        reason =
            database
                .read(sql -> WorkflowStore.find(sql, row.id()))
                .map(r -> r.reason() == null ? null : WorkflowRow.fault(r.reason()))
                .orElse(Fault.conflict("The work was cancelled."));
      }
    } catch (RuntimeException e) {
      if (!(e instanceof Fault)) {
        log.error("{} {} of {} broke", row.kind(), row.id(), row.subject(), e);
      }
      reason = reason == null ? Fault.from(e) : reason;
    }
    undo(workflow, row, input, run, reason);
  }

  private <I> void undo(Workflow<I> workflow, WorkflowRow row, I input, Run run, Fault reason) {
    log.warn("{} of {} is undone: {}", row.kind(), row.subject(), reason.getMessage());
    database.change(
        sql -> WorkflowStore.unwind(sql, row.id(), WorkflowRow.fault(reason), clock.instant()));
    for (int attempt = 1; ; attempt++) {
      try {
        run.unwindAll();
        break;
      } catch (RuntimeException e) {
        // an undo must succeed in the end: the row keeps its workflow, and nothing is forgotten
        log.warn(
            "undoing {} of {} failed (attempt {}), again soon",
            row.kind(),
            row.subject(),
            attempt,
            e);
        pause(Duration.ofMillis(Math.min(30_000, 100L << Math.min(attempt, 9))));
      }
    }
    database.change(
        sql -> {
          workflow.failed(sql, input, reason);
          WorkflowStore.finish(sql, row.id(), WorkflowRow.State.FAILED, clock.instant());
        });
  }

  private void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      if (closed) {
        throw new Probe.Crash();
      }
      waitNews(Math.max(1, Math.min(200, (end - System.nanoTime()) / 1_000_000)));
    }
  }

  private static JsonNode context(RequestContext c) {
    var caller = c.caller();
    return Json.object()
        .put("request_id", c.requestId())
        .put("global_request_id", c.globalRequestId())
        .put("user_id", caller.userId())
        .put("project_id", caller.projectId())
        .set("roles", Json.tree(caller.roles()));
  }

  /** The request a workflow serves, without its token: that may have expired long ago. */
  private static RequestContext context(WorkflowRow row) {
    var c = row.context();
    var roles =
        c.get("roles") == null ? List.<String>of() : Json.stringList(Json.text(c.get("roles")));
    var caller =
        new Caller(
            Json.string(c, "user_id"),
            null,
            null,
            Json.string(c, "project_id"),
            null,
            null,
            null,
            false,
            roles,
            null,
            (Instant) null);
    return new RequestContext(
        Json.string(c, "request_id"), Json.string(c, "global_request_id"), caller, null);
  }
}
