package welkin.workflow;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import welkin.bus.Bus;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.core.RequestContext;
import welkin.store.Database;
import welkin.store.DatabaseUnavailable;
import welkin.store.Sql;

/**
 * A service's workflows: enqueued in the transaction of the row they concern, one at a time for
 * each subject, in whichever process works. A process may enqueue, cancel and signal without
 * working itself; the rows say all there is to know, and hints between processes only make it
 * quick.
 *
 * <p>Who works holds a lease that compares the database's clock. Every record of a step is made
 * only while it still holds it; one that was taken over stops as if it had crashed.
 */
public final class WorkflowEngine implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WorkflowEngine.class);
  private static final Duration LOOK_FIRST = Duration.ofSeconds(1);
  private static final Duration LOOK_LATER = Duration.ofSeconds(4);

  private final Database database;
  private final InstantSource clock;
  private final Ids ids;
  private final String owner;
  private final Probe probe;
  private final int concurrency;
  private final Map<String, Workflow<?>> kinds = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private volatile Runnable others = () -> {};

  /** How far the database's clock is ahead of ours, as last seen. */
  private volatile Duration ahead = Duration.ZERO;

  private Bus.Registration listening = () -> {};
  private volatile Worker worker;
  private volatile boolean closed;

  /**
   * @param concurrency how many workflows run at once here; more wait, or run elsewhere
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
    this.concurrency = concurrency;
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
   * Tells other processes of new work, and listens to what they tell.
   *
   * @param service the schema's, which tells the engines of a process apart
   */
  public void hints(Bus bus, String service) {
    var all = bus.client(WorkflowHints.class, "");
    others = () -> all.look(service);
    listening =
        bus.offer(
            WorkflowHints.class,
            "",
            told -> {
              if (told.equals(service)) {
                look();
              }
            });
  }

  /** Another process said that there is something new. */
  void look() {
    var w = worker;
    if (w != null) {
      w.hint();
    }
    tellEnded();
  }

  /**
   * Makes this process a worker. One that only enqueues never calls this.
   *
   * @param alone no other process works on this schema: leases of a dead predecessor need not run
   *     out
   */
  public void start(boolean alone) {
    if (alone) {
      database.change(sql -> WorkflowStore.releaseOthers(sql, owner));
    }
    worker = new Worker(database, this, this::perform, owner, Map.copyOf(kinds), concurrency);
    worker.start();
  }

  /**
   * Stores a workflow; it begins once {@code sql}'s transaction is committed, here or in another
   * process, after those of the same subject that were enqueued before it.
   *
   * @return its id
   */
  public <I> String enqueue(Sql sql, Workflow<I> workflow, String subject, I input) {
    return enqueue(sql, workflow, subject, input, null);
  }

  /**
   * The same by somebody who knows the subject as this transaction leaves it.
   *
   * @param known what the workflow need not read again when it begins here and now, see {@link
   *     Run#known}; or null
   */
  public <I> String enqueue(Sql sql, Workflow<I> workflow, String subject, I input, Object known) {
    var row = row(workflow, subject, input, now(sql));
    if (!begin(sql, row, known)) {
      follow(sql, row);
    }
    return row.id();
  }

  /**
   * The same, instead of whatever is under way: every live workflow of the subject is undone first.
   *
   * @param reason why they are undone
   */
  public <I> String supersede(
      Sql sql, Workflow<I> workflow, String subject, I input, Object known, Fault reason) {
    var row = row(workflow, subject, input, now(sql));
    if (!begin(sql, row, known)) {
      cancel(sql, subject, reason);
      follow(sql, row);
    }
    return row.id();
  }

  private <I> WorkflowRow row(Workflow<I> workflow, String subject, I input, Instant now) {
    return new WorkflowRow(
        ids.uuid(),
        workflow.kind(),
        workflow.version(),
        subject,
        Json.text(input),
        context(RequestContext.current()),
        WorkflowRow.State.RUNNING,
        now.plus(workflow.deadline()),
        null,
        null,
        now);
  }

  /** Stores a workflow whose turn it is at once; false when others of its subject come first. */
  private boolean begin(Sql sql, WorkflowRow row, Object known) {
    var w = worker;
    boolean here = w != null && w.hasRoom();
    var lease = here ? row.createdAt().plus(Worker.LEASE) : null;
    if (!WorkflowStore.insertAlone(sql, row, here ? owner : null, lease)) {
      return false;
    }
    sql.afterCommit(here ? () -> w.submit(new Hold(row, true, known)) : this::tellAll);
    return true;
  }

  /** Stores a workflow that whoever ends the one before it goes on with. */
  private void follow(Sql sql, WorkflowRow row) {
    var now = row.createdAt();
    var newest = WorkflowStore.newest(sql, row.subject()).orElseThrow();
    // the order of a subject is the order of these times, so no two are the same
    WorkflowStore.insert(
        sql, now.isAfter(newest) ? row : row.created(newest.plus(1, ChronoUnit.MICROS)));
  }

  /** Undoes every live workflow of a subject, once {@code sql}'s transaction is committed. */
  public void cancel(Sql sql, String subject, Fault reason) {
    for (var id : WorkflowStore.live(sql, subject)) {
      WorkflowStore.unwind(sql, id, WorkflowRow.fault(reason), now(sql));
      sql.afterCommit(() -> withHold(id, Hold::cancel));
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
    return database.tx(sql -> signal(sql, subject, name, payload));
  }

  /** The same in a transaction of the caller's. */
  public boolean signal(Sql sql, String subject, String name, Object payload) {
    var live = WorkflowStore.live(sql, subject);
    for (var id : live) {
      WorkflowStore.signal(sql, id, name, payload == null ? NullNode.getInstance() : payload);
      sql.afterCommit(() -> withHold(id, Hold::ring));
    }
    return !live.isEmpty();
  }

  /**
   * Tells the work on a subject that runs here what it would see for itself a second later ({@link
   * Run#await(String, String, Duration, BooleanSupplier)}); so nothing is stored.
   *
   * @return false when nothing of it runs here: then {@link #signal} tells it wherever it runs
   */
  public boolean tell(String subject, String name, Object payload) {
    var w = worker;
    var hold = w == null ? null : w.holdOf(subject);
    if (closed || hold == null || hold.lost()) {
      return false;
    }
    hold.tell(name, Json.tree(payload));
    return true;
  }

  /**
   * Waits until nothing of {@code subject} is live, at most {@code limit}; false when it still is.
   */
  public boolean settled(String subject, Duration limit) {
    return awaitEnd(limit, () -> !database.read(sql -> isBusy(sql, subject)));
  }

  /**
   * Waits until a workflow is done, wherever it runs.
   *
   * @param id as {@link #enqueue} told
   * @return what it answered with {@link Run#answer}; empty when it is not done within {@code
   *     limit}
   * @throws Fault why it was undone
   */
  public <T> Optional<T> result(String id, Class<T> type, Duration limit) {
    var last = new AtomicReference<WorkflowRow>();
    awaitEnd(
        limit,
        () -> {
          last.set(database.read(sql -> WorkflowStore.find(sql, id)).orElse(null));
          return last.get() == null || last.get().hasEnded();
        });
    var row = last.get();
    if (row != null && row.state() == WorkflowRow.State.FAILED) {
      throw row.reason() == null
          ? Fault.conflict("The work was cancelled.")
          : WorkflowRow.fault(row.reason());
    }
    return row == null || row.result() == null
        ? Optional.empty()
        : Optional.of(Json.read(row.result(), type));
  }

  /** Looks when a workflow ended here, when told by another process, and every now and then. */
  private boolean awaitEnd(Duration limit, BooleanSupplier happened) {
    long end = System.nanoTime() + limit.toNanos();
    long pause = TimeUnit.MILLISECONDS.toNanos(20);
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      lock.lock();
      try {
        ended.awaitNanos(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      } finally {
        lock.unlock();
      }
      pause = Math.min(pause + pause / 2, TimeUnit.MILLISECONDS.toNanos(200));
    }
    return true;
  }

  /**
   * Stops between two steps and gives up every lease, so that others go on at once; what is inside
   * a step now is repeated by whoever takes over.
   */
  @Override
  public void close() {
    if (!closed) {
      end(true);
      tellOthers();
    }
  }

  /** Ends as a killed process does, for trials: nothing is given up, nothing more is written. */
  public void halt() {
    end(false);
  }

  private void end(boolean release) {
    closed = true;
    listening.close();
    var w = worker;
    if (w != null) {
      w.close(release);
    }
    tellEnded();
  }

  /** The time of the database, which all processes share. */
  Instant now(Sql sql) {
    var now = sql.now();
    ahead = Duration.between(clock.instant(), now);
    return now;
  }

  Database database() {
    return database;
  }

  Probe probe() {
    return probe;
  }

  boolean mustUnwind(Hold hold) {
    stopIfLost(hold);
    if (hold.cancelled() || hold.row().state() == WorkflowRow.State.UNWINDING) {
      return true;
    }
    if (clock.instant().plus(ahead).isAfter(hold.row().deadline())) {
      throw Fault.of(504, "DeadlineExceeded", "The work did not finish within its time.");
    }
    return false;
  }

  private void stopIfLost(Hold hold) {
    if (closed || hold.lost()) {
      throw new Probe.Crash();
    }
  }

  /** Fails as a crash does unless we hold the workflow; learns whether it was cancelled. */
  private void fence(Sql sql, Hold hold) {
    stopIfLost(hold);
    var state = WorkflowStore.held(sql, hold.row().id(), owner);
    if (state.isEmpty()) {
      log.info("{} of {} was taken over", hold.row().kind(), hold.row().subject());
      hold.lose();
      throw new Probe.Crash();
    }
    if (state.get() == WorkflowRow.State.UNWINDING) {
      hold.cancel();
    }
  }

  void record(Sql sql, Hold hold, WorkflowRow.Step step) {
    stopIfLost(hold);
    if (!WorkflowStore.recordHeld(sql, hold.row().id(), owner, step)) {
      fence(sql, hold);
      WorkflowStore.record(sql, hold.row().id(), step);
    }
  }

  void recordUndone(Hold hold, int position, String name) {
    database.change(
        sql -> {
          fence(sql, hold);
          WorkflowStore.undone(sql, hold.row().id(), position, name);
        });
  }

  /**
   * Lets a peer that is away come back.
   *
   * @return whether the workflow must unwind instead
   * @throws Fault 504 with the reason when its deadline is over
   */
  boolean waitOut(Hold hold, String step, int attempt, Fault away) {
    var row = hold.row();
    log.info("{} of {} waits at {}: {}", row.kind(), row.subject(), step, away.getMessage());
    pause(hold, Duration.ofMillis(Math.min(5_000, 100L << Math.min(attempt, 6))));
    try {
      return mustUnwind(hold);
    } catch (Fault late) {
      throw Fault.of(
          late.status(), late.code(), late.getMessage() + " At the end: " + away.getMessage());
    }
  }

  JsonNode awaitSignal(Hold hold, String signal, Duration limit, BooleanSupplier happened) {
    var end = clock.instant().plus(limit);
    var pause = LOOK_FIRST;
    long look = System.nanoTime() + pause.toNanos();
    while (true) {
      if (mustUnwind(hold)) {
        throw new Run.Unwinding();
      }
      var told = hold.told(signal);
      if (told != null) {
        return told;
      }
      if (hold.maySignal()) {
        var found = database.read(sql -> WorkflowStore.signal(sql, hold.row().id(), signal));
        if (found.isPresent()) {
          return found.get();
        }
      }
      if (clock.instant().isAfter(end)) {
        throw Fault.of(
            504, "SignalTimeout", "Waited " + limit.toSeconds() + " s for " + signal + " in vain.");
      }
      hold.await(Math.max(1, look - System.nanoTime()));
      if (System.nanoTime() > look) {
        if (happened.getAsBoolean()) {
          return NullNode.getInstance();
        }
        pause =
            pause.multipliedBy(2).compareTo(LOOK_LATER) < 0 ? pause.multipliedBy(2) : LOOK_LATER;
        look = System.nanoTime() + pause.toNanos();
      }
    }
  }

  /** Tells a workflow that runs here, or the process where it runs. */
  private void withHold(String id, Consumer<Hold> what) {
    var w = worker;
    var hold = w == null ? null : w.hold(id);
    if (hold != null) {
      what.accept(hold);
    } else {
      tellOthers();
    }
  }

  private void tellOthers() {
    try {
      others.run();
    } catch (RuntimeException e) {
      log.debug("others were not told, they look every second: {}", e.getMessage());
    }
  }

  private void tellAll() {
    var w = worker;
    if (w != null) {
      w.ring();
    }
    tellOthers();
  }

  private void tellEnded() {
    lock.lock();
    try {
      ended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Runs a workflow to its end; a database that does not answer is waited for. */
  private void perform(Hold hold) {
    for (int attempt = 1; ; attempt++) {
      try {
        perform(kinds.get(hold.row().kind()), hold);
        return;
      } catch (RuntimeException e) {
        // its end could not be written: the record says how far it came
        var row = hold.row();
        log.warn("{} of {} stopped, again soon: {}", row.kind(), row.subject(), e.toString());
        pause(hold, attempt);
      }
    }
  }

  private record Begun(Optional<WorkflowRow> row, List<WorkflowRow.Step> steps) {}

  private Begun begun(Hold hold) {
    return database.read(
        sql -> {
          now(sql);
          return new Begun(
              WorkflowStore.find(sql, hold.row().id()), WorkflowStore.steps(sql, hold.row().id()));
        });
  }

  private <I> void perform(Workflow<I> workflow, Hold hold) {
    boolean now = hold.beginsNow();
    var begun = now ? new Begun(Optional.of(hold.row()), List.of()) : begun(hold);
    var row = begun.row.orElse(null);
    if (row == null || row.hasEnded()) {
      return;
    }
    if (row.state() == WorkflowRow.State.UNWINDING) {
      hold.cancel();
    }
    var input = Json.read(row.input(), workflow.inputType());
    var run = new Run(this, hold, begun.steps, now ? hold.known() : null);
    Fault reason = row.reason() == null ? null : WorkflowRow.fault(row.reason());
    try {
      stopIfLost(hold);
      if (row.version() != workflow.version()) {
        throw Fault.of(
            500, "WorkflowChanged", "This work was begun by another version and was undone.");
      }
      workflow.run(run, input);
      if (reason == null) {
        finish(hold, WorkflowRow.State.DONE, run.result(), run.last());
        return;
      }
    } catch (Run.Unwinding unwinding) {
      reason = reason == null ? whyCancelled(row.id()) : reason;
    } catch (DatabaseUnavailable away) {
      throw away; // what was done is recorded, or is repeated
    } catch (RuntimeException e) {
      if (!(e instanceof Fault)) {
        log.error("{} {} of {} broke", row.kind(), row.id(), row.subject(), e);
      }
      reason = reason == null ? Fault.from(e) : reason;
    }
    undo(workflow, hold, input, run, reason);
  }

  private Fault whyCancelled(String id) {
    return database
        .read(sql -> WorkflowStore.find(sql, id))
        .map(WorkflowRow::reason)
        .map(WorkflowRow::fault)
        .orElseGet(() -> Fault.conflict("The work was cancelled."));
  }

  private <I> void undo(Workflow<I> workflow, Hold hold, I input, Run run, Fault reason) {
    var row = hold.row();
    log.warn("{} of {} is undone: {}", row.kind(), row.subject(), reason.getMessage());
    database.change(
        sql -> {
          fence(sql, hold);
          WorkflowStore.unwind(sql, row.id(), WorkflowRow.fault(reason), now(sql));
        });
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
        pause(hold, attempt);
      }
    }
    finish(hold, WorkflowRow.State.FAILED, null, sql -> workflow.failed(sql, input, reason));
  }

  /** Ends a workflow, and in the same transaction takes the next one of its subject. */
  private void finish(Hold hold, WorkflowRow.State state, String result, Consumer<Sql> last) {
    database.change(
        sql -> {
          stopIfLost(hold);
          last.accept(sql);
          var from =
              state == WorkflowRow.State.DONE
                  ? WorkflowRow.State.RUNNING
                  : WorkflowRow.State.UNWINDING;
          var row = hold.row();
          var now = now(sql);
          if (!WorkflowStore.finishAlone(sql, row, owner, from, state, result, now)) {
            if (!WorkflowStore.finish(sql, row.id(), owner, from, state, result, now)) {
              fence(sql, hold);
              throw new Run.Unwinding(); // cancelled before its end
            }
            worker.takeNext(sql, row.subject());
          }
          sql.afterCommit(() -> ended(row));
        });
  }

  private void ended(WorkflowRow row) {
    worker.tidyLater(row.id());
    tellEnded();
  }

  /** Waits longer after each attempt, from 200 ms to 30 s. */
  private void pause(Hold hold, int attempt) {
    pause(hold, Duration.ofMillis(Math.min(30_000, 100L << Math.min(attempt, 9))));
  }

  /** Waits, but not for one that was cancelled just now. */
  private void pause(Hold hold, Duration time) {
    boolean cancelled = hold.cancelled();
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end && hold.cancelled() == cancelled) {
      stopIfLost(hold);
      hold.await(Math.max(1, end - System.nanoTime()));
    }
    stopIfLost(hold);
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
  static RequestContext context(WorkflowRow row) {
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
