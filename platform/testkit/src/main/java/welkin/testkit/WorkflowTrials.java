package welkin.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import welkin.core.Fault;
import welkin.workflow.Probe;
import welkin.workflow.WorkflowEngine;

/**
 * The four trials that every workflow passes, written once: each step fails, each step is done
 * twice, each undo is done twice, the process dies at each moment and another goes on. The author
 * supplies a small world, the start, and what "done" and "clean" mean.
 */
public abstract class WorkflowTrials {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** A world of its own for one trial: schema, engine, and what the workflow works on. */
  public interface World extends AutoCloseable {
    /**
     * An engine (started) over this world's schema, with the workflow registered; a second call is
     * a new process.
     */
    WorkflowEngine engine(Probe probe);

    /**
     * Enqueues the workflow under trial.
     *
     * @return its subject
     */
    String begin(WorkflowEngine engine);

    /** Fails unless the workflow's work is all done. */
    void mustBeDone();

    /** Fails if anything of the workflow's work is left. */
    void mustBeClean();

    @Override
    void close();
  }

  protected abstract World world();

  @Test
  void leavesNothingWhicheverStepFails() {
    for (var step : steps()) {
      try (var world = world()) {
        var engine =
            world.engine(
                new Probe() {
                  @Override
                  public void working(String kind, String name) {
                    if (name.equals(step)) {
                      throw Fault.conflict("the trial fails step " + step);
                    }
                  }
                });
        settle(engine, world.begin(engine), "step " + step + " failing");
        world.mustBeClean();
        engine.close();
      }
    }
  }

  @Test
  void survivesDeathAtEveryMoment() {
    for (var step : steps()) {
      for (var moment : List.of("working", "worked", "recorded")) {
        try (var world = world()) {
          var death = new Death(step, moment);
          var first = world.engine(death);
          var subject = world.begin(first);
          untilDead(first, subject, death.died);
          first.close();
          var second = world.engine(Probe.NONE);
          settle(second, subject, "death at " + moment + " " + step);
          world.mustBeDone();
          second.close();
        }
      }
    }
  }

  @Test
  void leavesNothingWhenUndoingDiesAndIsRepeated() {
    var all = new ArrayList<>(steps());
    var last = all.getLast();
    for (var step : all) {
      try (var world = world()) {
        var died = new AtomicBoolean();
        var first =
            world.engine(
                new Probe() {
                  @Override
                  public void working(String kind, String name) {
                    if (name.equals(last)) {
                      throw Fault.conflict("the trial fails the last step");
                    }
                  }

                  @Override
                  public void undone(String kind, String name) {
                    if (name.equals(step)) {
                      died.set(true);
                      throw new Crash();
                    }
                  }
                });
        var subject = world.begin(first);
        untilDead(first, subject, died);
        first.close();
        var second = world.engine(Probe.NONE);
        settle(second, subject, "death after undoing " + step);
        world.mustBeClean();
        second.close();
      }
    }
  }

  /** The steps of an undisturbed run, in order. */
  private List<String> steps() {
    var seen = new CopyOnWriteArrayList<String>();
    try (var world = world()) {
      var engine =
          world.engine(
              new Probe() {
                @Override
                public void worked(String kind, String name) { // not all are recorded
                  seen.addIfAbsent(name);
                }

                @Override
                public void recorded(String kind, String name) { // some are part of their record
                  seen.addIfAbsent(name);
                }
              });
      settle(engine, world.begin(engine), "nothing disturbing it");
      world.mustBeDone();
      engine.close();
    }
    assertThat(seen).as("steps").isNotEmpty();
    return List.copyOf(seen);
  }

  private static void settle(WorkflowEngine engine, String subject, String trial) {
    assertThat(engine.settled(subject, LIMIT)).as("settles with " + trial).isTrue();
  }

  /** Until the process is gone, or the work is done where it never comes to that moment. */
  private static void untilDead(WorkflowEngine engine, String subject, AtomicBoolean died) {
    Eventually.eventually(
        "death or the end",
        LIMIT,
        () -> died.get() || engine.settled(subject, Duration.ofMillis(20)),
        () -> subject);
  }

  /** The process is gone, once. */
  private static final class Death implements Probe {
    private final String step;
    private final String moment;
    private final AtomicBoolean died = new AtomicBoolean();

    Death(String step, String moment) {
      this.step = step;
      this.moment = moment;
    }

    @Override
    public void working(String kind, String name) {
      at("working", name);
    }

    @Override
    public void worked(String kind, String name) {
      at("worked", name);
    }

    @Override
    public void recorded(String kind, String name) {
      at("recorded", name);
    }

    private void at(String now, String name) {
      if (now.equals(moment) && name.equals(step) && died.compareAndSet(false, true)) {
        throw new Crash();
      }
    }
  }
}
