package welkin.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.Bus;
import welkin.bus.InProcessBus;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Sql;

/** Several processes, each with connections of its own, work on one schema. */
class TwoEnginesTest {
  record Input(String id, int number, boolean waits) {}

  /** Outside effects, each by the process that had it. */
  final List<String> effects = new CopyOnWriteArrayList<>();

  /** What a step waits for inside, to be caught there. */
  final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

  final AtomicReference<Instant> time =
      new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
  final InstantSource clock = time::get;

  @TempDir Path dir;
  final Bus bus = new InProcessBus();
  final List<Process> processes = new ArrayList<>();

  /** Everything that reads or writes stands still, as in a process that got no time. */
  static class Stallable implements Database {
    final Database database;
    volatile boolean stalled;

    Stallable(Database database) {
      this.database = database;
    }

    void pass() {
      while (stalled) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    @Override
    public <T> T read(Work<T> work) {
      pass();
      return database.read(work);
    }

    @Override
    public <T> T tx(Work<T> work) {
      pass();
      return database.tx(work);
    }

    @Override
    public void close() {
      database.close();
    }
  }

  /** A process: its own connections, its own engine. */
  class Process {
    final String name;
    final Stallable db;
    final WorkflowEngine engine;
    final Build build;

    Process(String name, Probe probe) {
      this(name, probe, 1);
    }

    Process(String name, Probe probe, int version) {
      this.name = name;
      db =
          new Stallable(
              Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, clock, List.of()));
      engine = new WorkflowEngine(db, clock, Ids.system(), 8, probe);
      build = new Build(name, version);
      engine.register(build);
      engine.hints(bus, "test");
      processes.add(this);
    }

    Process works() {
      engine.start(false);
      return this;
    }

    String enqueue(String subject, int number, boolean waits) {
      return db.tx(sql -> engine.enqueue(sql, build, subject, new Input(subject, number, waits)));
    }

    long recorded() {
      return db.read(sql -> sql.number("SELECT COUNT(*) FROM workflow_step"));
    }

    List<String> rows() {
      return db.read(
          sql -> sql.list("SELECT entry FROM made ORDER BY entry", r -> r.text("entry")));
    }
  }

  class Build extends Workflow<Input> {
    final String process;

    Build(String process, int version) {
      super("build", version, Input.class, Duration.ofMinutes(1));
      this.process = process;
    }

    @Override
    public void run(Run run, Input in) {
      var key = in.id + "/" + in.number;
      run.step("disk", () -> effect(key, "disk"), () -> effect(key, "no disk"));
      run.step("spawn", () -> effect(key, "spawn"), () -> effect(key, "no spawn"));
      if (in.waits) {
        run.await("plugged", Duration.ofMinutes(1));
      }
      run.change("made", sql -> sql.insert("made", "entry", key));
      run.answer(key);
    }

    void effect(String key, String what) {
      effects.add(process + " " + key + " " + what);
      var gate = gates.get(process + " " + what);
      if (gate != null) {
        try {
          gate.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public void failed(Sql sql, Input in, Fault reason) {
      sql.insert("made", "entry", in.id + "/" + in.number + " " + reason.getMessage());
    }
  }

  static class Dies implements Probe {
    final String step;
    final String moment;

    Dies(String step, String moment) {
      this.step = step;
      this.moment = moment;
    }

    void at(String now, String name) {
      if (now.equals(moment) && name.equals(step)) {
        throw new Crash();
      }
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
  }

  @BeforeEach
  void table() {
    try (var db = Database.sqlite(dir.resolve("t.db"), Database.Durability.OFF, List.of())) {
      db.change(sql -> sql.update("CREATE TABLE made (entry VARCHAR(64) PRIMARY KEY)"));
    }
  }

  @AfterEach
  void close() {
    gates.values().forEach(CountDownLatch::countDown);
    processes.forEach(p -> p.engine.close());
    processes.forEach(p -> p.db.close());
  }

  static void eventually(String what, BooleanSupplier state) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!state.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void aProcessThatOnlyEnqueuesHasItDoneElsewhereAtOnce() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    long begin = System.nanoTime();
    var id = api.enqueue("s", 1, false);
    assertThat(api.engine.result(id, String.class, Duration.ofSeconds(10))).hasValue("s/1");
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMillis(900));
    assertThat(api.rows()).containsExactly("s/1");
  }

  @Test
  void withoutAnyHintItIsFoundByLooking() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    bus.close();
    var id = api.enqueue("s", 1, false);
    assertThat(api.engine.result(id, String.class, Duration.ofSeconds(3))).hasValue("s/1");
  }

  @Test
  void aWorkerKilledAtAnyMomentIsFollowedByAnotherWhenItsLeaseRanOut() {
    int number = 0;
    for (var step : List.of("disk", "spawn", "made")) {
      for (var moment : List.of("working", "worked", "recorded")) {
        var subject = "s" + ++number;
        var first = new Process("first" + number, new Dies(step, moment)).works();
        first.enqueue(subject, 1, false);
        var second = new Process("second" + number, Probe.NONE);
        boolean ends = moment.equals("worked") && step.equals("made"); // no such moment in a tx
        assertThat(first.engine.settled(subject, Duration.ofMillis(300))).isEqualTo(ends);
        first.engine.halt();
        second.works();
        if (!ends) {
          // its lease is respected, then it is over: not ten seconds after the death
          second.engine.look();
          assertThat(second.engine.settled(subject, Duration.ofMillis(100))).isFalse();
          time.updateAndGet(t -> t.plusSeconds(8));
          second.engine.look();
        }
        assertThat(second.engine.settled(subject, Duration.ofSeconds(10))).as(subject).isTrue();
        assertThat(second.rows()).contains(subject + "/1");
        second.engine.close();
        var key = subject + "/1";
        // an effect is repeated only where its record was lost
        for (var effect : List.of("disk", "spawn")) {
          long times = effects.stream().filter(e -> e.endsWith(key + " " + effect)).count();
          assertThat(times)
              .as(effect + " of " + subject)
              .isEqualTo(moment.equals("worked") && step.equals(effect) ? 2 : 1);
        }
      }
    }
  }

  @Test
  void oneThatWasPausedTooLongRecordsNothingMore() {
    var slow = new Process("slow", Probe.NONE).works();
    gates.put("slow spawn", new CountDownLatch(1));
    slow.enqueue("s", 1, false);
    eventually("in its step", () -> effects.contains("slow s/1 spawn"));
    // the whole process stands still: no lease is renewed, and time goes on
    slow.db.stalled = true;
    time.updateAndGet(t -> t.plusSeconds(8));
    var other = new Process("other", Probe.NONE).works();
    assertThat(other.engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(other.rows()).containsExactly("s/1");
    slow.db.stalled = false;
    gates.remove("slow spawn").countDown();
    slow.enqueue("t", 1, false);
    assertThat(slow.engine.settled("t", Duration.ofSeconds(10))).isTrue();
    assertThat(other.rows()).containsExactly("s/1", "t/1");
    assertThat(effects.stream().filter(e -> e.startsWith("slow s/1"))).hasSize(2);
  }

  @Test
  void aWorkerThatIsAliveKeepsItsWorkHoweverLongItTakes() {
    var slow = new Process("slow", Probe.NONE).works();
    gates.put("slow spawn", new CountDownLatch(1));
    slow.enqueue("s", 1, false);
    eventually("in its step", () -> effects.contains("slow s/1 spawn"));
    var other = new Process("other", Probe.NONE).works();
    for (int i = 0; i < 4; i++) {
      time.updateAndGet(t -> t.plusSeconds(4));
      var now = time.get();
      eventually("renewed", () -> other.db.read(sql -> lease(sql)).isAfter(now.plusSeconds(4)));
      other.engine.look();
    }
    gates.remove("slow spawn").countDown();
    assertThat(other.engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(effects).containsExactly("slow s/1 disk", "slow s/1 spawn");
  }

  static Instant lease(Sql sql) {
    return sql.one("SELECT lease_until FROM workflow", r -> r.time("lease_until")).orElseThrow();
  }

  @Test
  void aWorkerThatEndsGivesItsWorkAwayAtOnce() {
    var first = new Process("first", Probe.NONE).works();
    first.enqueue("s", 1, true);
    // a step that was done and not recorded yet is rightly done again
    eventually("recorded", () -> first.recorded() == 2);
    var second = new Process("second", Probe.NONE).works();
    first.engine.close();
    assertThat(second.engine.signal("s", "plugged", Map.of())).isTrue();
    assertThat(second.engine.settled("s", Duration.ofSeconds(10))).isTrue();
    assertThat(effects).containsExactly("first s/1 disk", "first s/1 spawn");
  }

  @Test
  void workOfOneSubjectIsDoneInOrderWhoeverDoesIt() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    new Process("two", Probe.NONE).works();
    for (int n = 0; n < 20; n++) {
      (n % 2 == 0 ? api : processes.get(1 + n / 2 % 2)).enqueue("s", n, false);
      api.enqueue("t", n, false);
    }
    assertThat(api.engine.settled("s", Duration.ofSeconds(20))).isTrue();
    assertThat(api.engine.settled("t", Duration.ofSeconds(20))).isTrue();
    for (var subject : List.of("s", "t")) {
      var order =
          effects.stream()
              .map(e -> e.substring(e.indexOf(' ') + 1))
              .filter(e -> e.startsWith(subject + "/"))
              .toList();
      var wanted = new ArrayList<String>();
      for (int n = 0; n < 20; n++) {
        wanted.add(subject + "/" + n + " disk");
        wanted.add(subject + "/" + n + " spawn");
      }
      assertThat(order).isEqualTo(wanted);
    }
  }

  @Test
  void cancellingAndSignalsReachWorkOfAnotherProcess() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    api.enqueue("s", 1, true);
    var t = api.enqueue("t", 1, true);
    eventually("begun", () -> effects.size() == 4);
    assertThat(api.engine.signal("s", "plugged", Map.of())).isTrue();
    assertThat(api.engine.settled("s", Duration.ofSeconds(10))).isTrue();
    api.db.change(sql -> api.engine.cancel(sql, "t", Fault.conflict("deleted meanwhile")));
    assertThatThrownBy(() -> api.engine.result(t, String.class, Duration.ofSeconds(10)))
        .hasMessage("deleted meanwhile");
    assertThat(api.rows()).containsExactly("s/1", "t/1 deleted meanwhile");
    assertThat(effects).endsWith("one t/1 no spawn", "one t/1 no disk");
  }

  @Test
  void aHintThatGotLostCostsNoMoreThanALook() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    api.enqueue("s", 1, true);
    var t = api.enqueue("t", 1, true);
    eventually("begun", () -> effects.size() == 4);
    bus.close();
    api.engine.signal("s", "plugged", Map.of());
    api.db.change(sql -> api.engine.cancel(sql, "t", Fault.conflict("deleted meanwhile")));
    assertThat(api.engine.settled("s", Duration.ofSeconds(3))).isTrue();
    assertThatThrownBy(() -> api.engine.result(t, String.class, Duration.ofSeconds(3)))
        .hasMessage("deleted meanwhile");
  }

  @Test
  void workOfAnotherReleaseIsLeftToItsWorkers() {
    var api = new Process("api", Probe.NONE, 1);
    var next = new Process("next", Probe.NONE, 2).works();
    var id = api.enqueue("s", 1, false);
    next.enqueue("t", 1, false);
    assertThat(next.engine.settled("t", Duration.ofSeconds(10))).isTrue();
    assertThat(next.engine.settled("s", Duration.ofMillis(100))).isFalse();
    new Process("one", Probe.NONE, 1).works();
    assertThat(api.engine.result(id, String.class, Duration.ofSeconds(10))).hasValue("s/1");
    assertThat(effects).contains("one s/1 spawn", "next t/1 spawn");
    // when there are none it is undone, rather than left
    processes.get(2).engine.close();
    var last = api.enqueue("u", 1, false);
    time.updateAndGet(t -> t.plusSeconds(31));
    assertThatThrownBy(() -> api.engine.result(last, String.class, Duration.ofSeconds(10)))
        .hasMessageContaining("another version");
  }

  @Test
  void twoWorkersDoManyEachOnce() {
    var api = new Process("api", Probe.NONE);
    new Process("one", Probe.NONE).works();
    new Process("two", Probe.NONE).works();
    for (int i = 0; i < 200; i++) {
      processes.get(i % 3).enqueue("s" + i, 1, false);
    }
    eventually("all done", () -> api.rows().size() == 200);
    assertThat(effects).hasSize(400);
    assertThat(effects.stream().map(e -> e.substring(e.indexOf(' '))).distinct()).hasSize(400);
    assertThat(effects.stream().map(e -> e.substring(0, 3)).distinct()).hasSize(2);
  }
}
