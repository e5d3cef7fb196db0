package welkin.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Sql;

class WorkflowEngineTest {
  record Input(String id, boolean firstHostFails, boolean waits) {}

  /** Outside things a workflow makes. */
  final Map<String, String> world = new ConcurrentHashMap<>();

  final Map<String, String> outcome = new ConcurrentHashMap<>();

  /** How often the peer of the first step is not there. */
  final AtomicInteger away = new AtomicInteger();

  class Build extends Workflow<Input> {
    Build() {
      super("build", 1, Input.class, Duration.ofMinutes(1));
    }

    @Override
    public void run(Run run, Input in) {
      run.step(
          "disk",
          () -> {
            if (away.getAndDecrement() > 0) {
              throw Fault.away("the peer restarts", 1);
            }
            world.put(in.id + "/disk", "made");
          },
          () -> world.remove(in.id + "/disk"));
      for (var host : List.of("a", "b")) {
        var mark = run.mark();
        try {
          run.step(
              "claim",
              () -> world.put(in.id + "/claim", host),
              () -> world.remove(in.id + "/claim"));
          run.lazily(
              "spawn",
              () -> {
                if (in.firstHostFails && host.equals("a")) {
                  throw Fault.conflict("host a is full");
                }
                world.put(in.id + "/guest", host);
              },
              () -> world.remove(in.id + "/guest"));
          break;
        } catch (Fault f) {
          run.unwind(mark);
        }
      }
      if (in.waits) {
        run.await("plugged", Duration.ofMinutes(1));
      }
      run.change("active", sql -> outcome.put(in.id, "ACTIVE"));
    }

    @Override
    public void failed(Sql sql, Input in, Fault reason) {
      outcome.put(in.id, "ERROR: " + reason.getMessage());
    }
  }

  @TempDir Path dir;
  Database db;
  WorkflowEngine engine;
  final Build build = new Build();

  @BeforeEach
  void open() {
    db = Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, List.of());
    engine = engine(Probe.NONE);
  }

  WorkflowEngine engine(Probe probe) {
    var e = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8, probe);
    e.register(build);
    e.start(true);
    return e;
  }

  @AfterEach
  void close() {
    engine.close();
    db.close();
  }

  void enqueue(Input in) {
    db.change(sql -> engine.enqueue(sql, build, in.id, in));
  }

  @Test
  void triesTheNextHostAfterUnwindingToTheMark() {
    enqueue(new Input("s", true, false));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome).containsEntry("s", "ACTIVE");
    assertThat(world)
        .containsEntry("s/claim", "b")
        .containsEntry("s/guest", "b")
        .containsEntry("s/disk", "made");
  }

  @Test
  void aPeerThatIsAwayIsWaitedForAndIsNoFailure() {
    away.set(3);
    enqueue(new Input("s", false, false));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome).containsEntry("s", "ACTIVE");
    assertThat(away).hasValue(-1);
  }

  @Test
  void aPeerThatStaysAwayEndsWithTheDeadlineOrACancellation() {
    away.set(Integer.MAX_VALUE);
    enqueue(new Input("s", false, false));
    assertThat(engine.settled("s", Duration.ofMillis(300))).isFalse();
    db.change(sql -> engine.cancel(sql, "s", Fault.conflict("deleted meanwhile")));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome.get("s")).contains("deleted meanwhile");
  }

  /** Work that is not recorded, before and after a step that is. */
  static class Sweep extends Workflow<String> {
    final List<String> done = new java.util.concurrent.CopyOnWriteArrayList<>();
    volatile boolean refuses;
    volatile Fault reason;

    Sweep() {
      super("sweep", 1, String.class, Duration.ofMinutes(1));
    }

    @Override
    public void run(Run run, String in) {
      run.again("before", () -> done.add("before"));
      run.step("record", () -> done.add("record"));
      run.again(
          "after",
          () -> {
            done.add("after");
            if (refuses) {
              refuses = false;
              throw Fault.conflict("not now");
            }
          });
      run.change("end", sql -> done.add("end"));
    }

    @Override
    public void failed(Sql sql, String in, Fault f) {
      reason = f;
    }
  }

  @Test
  void whatIsNotRecordedIsDoneAgainFromTheLastRecordOn() {
    engine.close();
    var sweep = new Sweep();
    var dying =
        new WorkflowEngine(
            db,
            InstantSource.system(),
            Ids.system(),
            8,
            new Probe() {
              @Override
              public void worked(String kind, String step) {
                if (step.equals("after")) {
                  throw new Crash();
                }
              }
            });
    dying.register(sweep);
    dying.start(true);
    db.change(sql -> dying.enqueue(sql, sweep, "s", "s"));
    assertThat(dying.settled("s", Duration.ofMillis(300))).isFalse();
    dying.halt();
    engine = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    engine.register(sweep);
    engine.start(true);
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(sweep.done).containsExactly("before", "record", "after", "after", "end");
  }

  @Test
  void thatItFailedIsRecorded() {
    engine.close();
    var sweep = new Sweep();
    sweep.refuses = true;
    engine = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    engine.register(sweep);
    engine.start(true);
    db.change(sql -> engine.enqueue(sql, sweep, "s", "s"));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(sweep.reason).hasMessage("not now");
    assertThat(sweep.done).doesNotContain("end");
  }

  @Test
  void aSignalLetsAWaitingWorkflowGoOn() {
    enqueue(new Input("s", false, true));
    assertThat(engine.signal("s", "plugged", Map.of("port", "p"))).isTrue();
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome).containsEntry("s", "ACTIVE");
  }

  /** Two attempts of work that is recorded late, and a step after it. */
  static class Late extends Workflow<String> {
    final List<String> done = new java.util.concurrent.CopyOnWriteArrayList<>();
    volatile boolean dies = true;

    Late() {
      super("late", 1, String.class, Duration.ofMinutes(1));
    }

    @Override
    public void run(Run run, String in) {
      for (var attempt : List.of("first", "second")) {
        var mark = run.mark();
        try {
          run.lazily("make", () -> done.add(attempt), () -> done.add("not " + attempt));
          if (attempt.equals("first")) {
            throw Fault.conflict("another time");
          }
        } catch (Fault f) {
          run.unwind(mark);
        }
      }
      run.step(
          "end",
          () -> {
            if (dies) {
              throw new Probe.Crash();
            }
          });
    }

    @Override
    public void failed(Sql sql, String in, Fault reason) {}
  }

  @Test
  void whatIsRecordedLateIsDoneAgainAndUndoneOnce() {
    engine.close();
    var late = new Late();
    var dying = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    dying.register(late);
    dying.start(true);
    db.change(sql -> dying.enqueue(sql, late, "s", "s"));
    assertThat(dying.settled("s", Duration.ofMillis(300))).isFalse();
    dying.halt();
    late.dies = false;
    engine = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    engine.register(late);
    engine.start(true);
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(late.done).containsExactly("first", "not first", "second", "second");
  }

  @Test
  void whatRunsHereIsToldWithoutAWrite() {
    assertThat(engine.tell("s", "plugged", Map.of())).isFalse();
    enqueue(new Input("s", false, true));
    assertThat(engine.tell("s", "plugged", Map.of("port", "p"))).isTrue();
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome).containsEntry("s", "ACTIVE");
  }

  @Test
  void stepsAndSignalsOfEndedWorkflowsGo() {
    enqueue(new Input("s", true, true));
    assertThat(engine.signal("s", "plugged", Map.of("port", "p"))).isTrue();
    enqueue(new Input("t", false, true));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(db.read(sql -> WorkflowReport.of(sql, "s")).getFirst().steps()).isEmpty();
    var end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (kept("s") > 0 && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(kept("s")).isZero();
    assertThat(kept("t")).isPositive();
  }

  long kept(String subject) {
    return db.read(
        sql ->
            sql.number(
                "SELECT COUNT(*) FROM workflow w JOIN (SELECT workflow_id FROM workflow_step UNION"
                    + " ALL SELECT workflow_id FROM workflow_signal) k ON k.workflow_id = w.id"
                    + " WHERE w.subject = ?",
                subject));
  }

  @Test
  void whatIsKnownIsToldOnlyToTheFirstRun() {
    var seen = new java.util.concurrent.CopyOnWriteArrayList<java.util.Optional<String>>();
    var reader =
        new Workflow<String>("reader", 1, String.class, Duration.ofMinutes(1)) {
          @Override
          public void run(Run run, String in) {
            seen.add(run.known(String.class));
            if (seen.size() == 1) {
              throw new Probe.Crash();
            }
          }

          @Override
          public void failed(Sql sql, String in, Fault f) {}
        };
    engine.close();
    var dying = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    dying.register(reader);
    dying.start(true);
    db.change(sql -> dying.enqueue(sql, reader, "s", "s", "as it is"));
    assertThat(dying.settled("s", Duration.ofMillis(300))).isFalse();
    dying.halt();
    engine = new WorkflowEngine(db, InstantSource.system(), Ids.system(), 8);
    engine.register(reader);
    engine.start(true);
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(seen).containsExactly(java.util.Optional.of("as it is"), java.util.Optional.empty());
  }

  @Test
  void cancellingUndoesEverythingAndTheNextWorkflowOfTheSubjectFollows() {
    enqueue(new Input("s", false, true));
    db.change(sql -> engine.cancel(sql, "s", Fault.conflict("deleted meanwhile")));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome.get("s")).contains("deleted meanwhile");
    assertThat(world).isEmpty();
    enqueue(new Input("s", false, false));
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome).containsEntry("s", "ACTIVE");
  }

  @Test
  void aCrashAfterAnyMomentIsResumedByTheNextEngine() throws Exception {
    for (var moment : List.of("working", "worked", "recorded")) {
      for (var step : List.of("disk", "claim", "spawn", "active")) {
        engine.close();
        world.clear();
        outcome.clear();
        var crashing =
            engine(
                new Probe() {
                  @Override
                  public void working(String kind, String name) {
                    crash("working", name);
                  }

                  @Override
                  public void worked(String kind, String name) {
                    crash("worked", name);
                  }

                  @Override
                  public void recorded(String kind, String name) {
                    crash("recorded", name);
                  }

                  void crash(String at, String name) {
                    if (at.equals(moment) && name.equals(step)) {
                      throw new Crash();
                    }
                  }
                });
        engine = crashing;
        enqueue(new Input("s", true, false));
        assertThat(crashing.settled("s", Duration.ofMillis(200)))
            .isEqualTo(moment.equals("worked") && step.equals("active"));
        crashing.close();
        engine = engine(Probe.NONE);
        assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
        assertThat(outcome).containsEntry("s", "ACTIVE");
        assertThat(world).containsEntry("s/guest", "b");
      }
    }
  }

  @Test
  void aCrashAfterUndoingAStepThatWasNeverDoneIsResumed() {
    engine.close();
    engine =
        engine(
            new Probe() {
              @Override
              public void undone(String kind, String name) {
                if (name.equals("disk")) {
                  throw new Crash();
                }
              }
            });
    enqueue(new Input("s", false, true));
    db.change(sql -> engine.cancel(sql, "s", Fault.conflict("deleted meanwhile")));
    assertThat(engine.settled("s", Duration.ofMillis(200))).isFalse();
    engine.close();
    engine = engine(Probe.NONE);
    assertThat(engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(outcome.get("s")).contains("deleted meanwhile");
    assertThat(world).isEmpty();
  }
}
