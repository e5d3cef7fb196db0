package welkin.workflow;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.store.Sql;

/** A workflow under way: its steps, and what to undo. */
public final class Run {
  /** Where {@link #unwind} goes back to. */
  public record Mark(int depth) {}

  /**
   * Undone from here: not a {@link Fault}, so that no handler in a workflow mistakes it for a
   * step's failure.
   */
  static final class Unwinding extends Error {
    private static final long serialVersionUID = 1;

    Unwinding() {
      super(null, null, false, false);
    }
  }

  private record Undo(int position, String name, Runnable work) {}

  private final WorkflowEngine engine;
  private final Hold hold;
  private final WorkflowRow row;
  private final List<WorkflowRow.Step> log;
  private final Object known;

  /** Steps whose records go with the next one. */
  private final List<WorkflowRow.Step> waiting = new ArrayList<>();

  private final Deque<Undo> undos = new ArrayDeque<>();
  private int position;
  private String result;
  private Consumer<Sql> last = sql -> {};

  Run(WorkflowEngine engine, Hold hold, List<WorkflowRow.Step> log, Object known) {
    this.known = known;
    this.engine = engine;
    this.hold = hold;
    this.row = hold.row();
    this.log = new ArrayList<>(log);
  }

  /**
   * The workflow's id: a stable seed for names and keys that must be the same when a step is
   * repeated.
   */
  public String id() {
    return row.id();
  }

  /**
   * What whoever enqueued the workflow knew of its subject, when it begins at once and where it was
   * enqueued; empty in every other case, so it must be found elsewhere, too.
   */
  public <T> Optional<T> known(Class<T> type) {
    return Optional.ofNullable(known).filter(type::isInstance).map(type::cast);
  }

  /**
   * A step with a result and an undo, which gets the result, or null when the work did not get so
   * far.
   */
  public <T> T step(String name, Class<T> type, Supplier<T> work, Consumer<T> undo) {
    return recorded(
        name,
        type,
        step -> {
          var result = work.get();
          engine.probe().worked(row.kind(), name);
          engine.database().change(sql -> record(sql, step.done(Json.text(result))));
          return result;
        },
        undo);
  }

  /**
   * A step whose result our own schema keeps, too: its record and that change are one transaction.
   */
  public <T> T step(
      String name, Class<T> type, Supplier<T> work, BiConsumer<Sql, T> change, Consumer<T> undo) {
    return recorded(
        name,
        type,
        step -> {
          var result = work.get();
          engine.probe().worked(row.kind(), name);
          engine
              .database()
              .change(
                  sql -> {
                    change.accept(sql, result);
                    record(sql, step.done(Json.text(result)));
                  });
          return result;
        },
        undo);
  }

  /** A step with an undo. */
  public void step(String name, Runnable work, Runnable undo) {
    step(
        name,
        Void.class,
        () -> {
          work.run();
          return null;
        },
        nothing -> undo.run());
  }

  /**
   * A step with an undo whose record may come late, with the next one: for work that bears being
   * done again at any later time, as of {@link #again}. When the end comes first, there was no need
   * of it.
   */
  public void lazily(String name, Runnable work, Runnable undo) {
    recorded(
        name,
        Void.class,
        step -> {
          work.run();
          engine.probe().worked(row.kind(), name);
          waiting.add(step.done(Json.text(null)));
          return null;
        },
        nothing -> undo.run());
  }

  /**
   * A step that needs no undo: it changes nothing, or what it changes is undone with an earlier
   * step.
   */
  public void step(String name, Runnable work) {
    step(name, work, () -> {});
  }

  /** A step with a result that needs no undo. */
  public <T> T step(String name, Class<T> type, Supplier<T> work) {
    return step(name, type, work, nothing -> {});
  }

  /**
   * A step in our own schema: the work and its record are one transaction, so it happens exactly
   * once.
   */
  public <T> T tx(String name, Class<T> type, Function<Sql, T> work, Consumer<T> undo) {
    return recorded(
        name,
        type,
        step ->
            engine
                .database()
                .tx(
                    sql -> {
                      var result = work.apply(sql);
                      record(sql, step.done(Json.text(result)));
                      return result;
                    }),
        undo);
  }

  /** A step in our own schema without result or undo. */
  public void change(String name, Consumer<Sql> work) {
    tx(
        name,
        Void.class,
        sql -> {
          work.accept(sql);
          return null;
        },
        nothing -> {});
  }

  /**
   * Waits for a signal sent to this workflow's subject.
   *
   * @throws Fault 504 when it does not come within {@code limit} (or the workflow's own deadline)
   */
  public JsonNode await(String signal, Duration limit) {
    return step(
        "await:" + signal,
        JsonNode.class,
        () -> engine.awaitSignal(hold, signal, limit, () -> false));
  }

  /**
   * Waits for something that a signal tells sooner, and that can be seen without one: a signal that
   * got lost with its sender costs a second, no more. That it happened is not recorded: it can be
   * seen again, and a step that is recorded after it says so.
   *
   * @param name of the step that records that it did not happen in time
   * @param happened looks for itself, once a second
   */
  public void await(String name, String signal, Duration limit, BooleanSupplier happened) {
    again(name, () -> engine.awaitSignal(hold, signal, limit, happened));
  }

  /**
   * Work that bears being done again at any later time, once what comes after it is done, too: that
   * it was done is not recorded. After a crash it is done again with what comes after it, up to the
   * next step that is recorded or the end. That it failed is recorded, as of every step.
   */
  public void again(String name, Runnable work) {
    if (position < log.size()) {
      if (log.get(position).name().equals(name)) { // it failed, or an older version recorded it
        step(name, () -> {});
      }
      return;
    }
    if (engine.mustUnwind(hold)) {
      throw new Unwinding();
    }
    try {
      perform(
          name,
          null,
          none -> {
            work.run();
            engine.probe().worked(row.kind(), name);
            return null;
          });
    } catch (Fault f) {
      step(
          name,
          () -> {
            throw f;
          });
    }
  }

  /**
   * A change in our own schema that is the end of the workflow, in one transaction. Nothing may
   * come after it.
   */
  public void last(Consumer<Sql> work) {
    last = work;
  }

  Consumer<Sql> last() {
    return last;
  }

  /** What whoever waits for the end is answered, see {@link WorkflowEngine#result}. */
  public void answer(Object value) {
    result = Json.text(value);
  }

  String result() {
    return result;
  }

  public Mark mark() {
    return new Mark(undos.size());
  }

  /** Undoes every step since {@code mark}, newest first: to try another way. */
  public void unwind(Mark mark) {
    if (!waiting.isEmpty()) {
      engine.database().change(this::recordWaiting);
    }
    while (undos.size() > mark.depth()) {
      var undo = undos.peek();
      var step = undo.position() < log.size() ? log.get(undo.position()) : null;
      if (step == null || step.state() != WorkflowRow.StepState.UNDONE) {
        engine.probe().undoing(row.kind(), undo.name());
        undo.work().run();
        engine.probe().undone(row.kind(), undo.name());
        engine.recordUndone(hold, undo.position(), undo.name());
        if (step != null) {
          log.set(
              undo.position(),
              new WorkflowRow.Step(
                  undo.position(), undo.name(), WorkflowRow.StepState.UNDONE, step.result()));
        }
      }
      undos.pop();
    }
  }

  private void record(Sql sql, WorkflowRow.Step step) {
    recordWaiting(sql);
    engine.record(sql, hold, step);
  }

  private void recordWaiting(Sql sql) {
    if (!waiting.isEmpty()) {
      waiting.forEach(step -> engine.record(sql, hold, step));
      sql.afterCommit(waiting::clear);
    }
  }

  void unwindAll() {
    unwind(new Mark(0));
  }

  /** Does it; while a peer is away, again and again until the workflow's deadline. */
  private <T> T perform(String name, WorkflowRow.Step step, Work<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        engine.probe().working(row.kind(), name);
        return work.perform(step);
      } catch (Fault f) {
        if (!f.isAway()) {
          throw f;
        }
        if (engine.waitOut(hold, name, attempt, f)) {
          throw new Unwinding();
        }
      }
    }
  }

  private interface Work<T> {
    T perform(WorkflowRow.Step step);
  }

  private <T> T recorded(String name, Class<T> type, Work<T> work, Consumer<T> undo) {
    int here = position++;
    if (here < log.size()) {
      var step = log.get(here);
      if (!step.name().equals(name)) {
        throw new IllegalStateException(
            row.kind()
                + " step "
                + here
                + " was '"
                + step.name()
                + "' when recorded and is '"
                + name
                + "' now");
      }
      if (step.result() == null) { // undone before it was done: nothing of the run comes after it
        undos.push(new Undo(here, name, () -> undo.accept(null)));
        throw new Unwinding();
      }
      if (step.state() == WorkflowRow.StepState.FAILED || step.failure() != null) {
        undos.push(new Undo(here, name, () -> undo.accept(null)));
        throw step.failure();
      }
      T result = type == Void.class ? null : Json.read(step.value(), type);
      undos.push(new Undo(here, name, () -> undo.accept(result)));
      return result;
    }
    // from here on the work may be half done: its undo belongs to the run before the work begins
    undos.push(new Undo(here, name, () -> undo.accept(null)));
    if (engine.mustUnwind(hold)) {
      throw new Unwinding();
    }
    var step = new WorkflowRow.Step(here, name, WorkflowRow.StepState.DONE, null);
    try {
      var result = perform(name, step, work);
      log.add(step.done(Json.text(result)));
      undos.pop();
      undos.push(new Undo(here, name, () -> undo.accept(result)));
      engine.probe().recorded(row.kind(), name);
      return result;
    } catch (Fault f) {
      var failed = step.failed(f);
      engine.database().change(sql -> record(sql, failed));
      log.add(failed);
      throw f;
    }
  }
}
