package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.HostReport;
import welkin.bus.Bus;
import welkin.bus.InProcessBus;
import welkin.compute.host.Hosts;
import welkin.compute.scheduler.Placement;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.testkit.ManualClock;

/** Several processes hear hosts and tell the same of them. */
class SignsOfLifeTest {
  @TempDir Path dir;
  final ManualClock time = new ManualClock(Instant.parse("2026-01-01T00:00:00Z"));
  final List<Process> processes = new ArrayList<>();
  final Cloud neighbours = new Cloud();

  /** What the bus of all says of itself. */
  String trouble;

  class Process {
    final Database db =
        Database.sqlite(
            dir.resolve("compute.db"),
            Database.Durability.OFF,
            time,
            List.of(
                "/welkin/compute/V001__keypairs_and_flavors.sql",
                "/welkin/compute/V002__servers_and_hosts.sql",
                "/welkin/compute/V004__signs_of_life.sql"));
    final Hosts hosts =
        new Hosts(
            db,
            Ids.system(),
            new TroubledBus(),
            new Placement(neighbours.platform.peers()),
            new Hosts.Settings(Duration.ofSeconds(60), "nova", 4, 1, 1, 0, 0));

    Process() {
      processes.add(this);
    }

    Process listens(String name) {
      hosts.listen(name, List.of("nova-conductor"));
      return this;
    }
  }

  class TroubledBus implements Bus {
    final Bus bus = new InProcessBus();

    @Override
    public <T> Registration offer(Class<T> type, String host, T endpoint) {
      return bus.offer(type, host, endpoint);
    }

    @Override
    public <T> T client(Class<T> type, String host, Duration patience) {
      return bus.client(type, host, patience);
    }

    @Override
    public boolean awaitHost(Class<?> type, String host, Duration limit) {
      return bus.awaitHost(type, host, limit);
    }

    @Override
    public String trouble() {
      return trouble;
    }

    @Override
    public void close() {
      bus.close();
    }
  }

  static HostReport report(String host, int vcpus) {
    return new HostReport(
        host, "fake", 1, "{}", vcpus, 1024, 0, 10, 0, "10.0.0.1", List.of(), "tcg", null, null);
  }

  Process api;
  Process one;
  Process two;

  @BeforeEach
  void open() {
    api = new Process();
    one = new Process().listens("control1");
    two = new Process().listens("control2");
  }

  @AfterEach
  void close() {
    processes.forEach(p -> p.db.close());
    neighbours.close();
  }

  /** Time passes, three seconds a step, and processes live through it. */
  void pass(int seconds, Process... alive) {
    for (int i = 0; i < seconds; i += 3) {
      time.advance(Duration.ofSeconds(3));
      for (var p : alive) {
        p.hosts.beat();
      }
    }
  }

  @Test
  void aHostHeardByOneWorkerIsUpForAll() {
    one.hosts.alive(report("h", 4));
    api.hosts.beat();
    two.hosts.beat();
    assertThat(api.hosts.up("h")).isTrue();
    assertThat(two.hosts.up("h")).isTrue();
    // its signs of life go to whoever is asked next
    for (int i = 0; i < 10; i++) {
      pass(12, one, two);
      (i % 2 == 0 ? one : two).hosts.alive(report("h", 4));
    }
    pass(3, one, two, api);
    assertThat(api.hosts.up("h")).isTrue();
    // and when there are none it is down for all, in time
    pass(57, one, two, api);
    assertThat(api.hosts.up("h")).isTrue();
    pass(6, one, two, api);
    assertThat(api.hosts.up("h")).isFalse();
    assertThat(one.hosts.up("h")).isFalse();
    assertThat(api.hosts.silence(api.hosts.find("h").orElseThrow())).isBetween(60L, 66L);
    two.hosts.alive(report("h", 4));
    two.hosts.beat();
    api.hosts.beat();
    assertThat(api.hosts.up("h")).isTrue();
  }

  @Test
  void noHostIsDownBecauseNobodyListened() {
    one.hosts.alive(report("h", 4));
    pass(3, one, two);
    // all workers are away for an hour, and come back
    time.advance(Duration.ofHours(1));
    pass(30, one, api);
    assertThat(api.hosts.up("h")).isTrue();
    // one of them is paused, the other listens: that counts
    pass(36, two, api);
    assertThat(api.hosts.up("h")).isFalse();
  }

  @Test
  void noHostIsDownBecauseTheBusWas() {
    one.hosts.alive(report("h", 4));
    pass(3, one, two);
    trouble = "the broker is away";
    pass(300, one, two, api);
    trouble = null;
    pass(30, one, two, api);
    assertThat(api.hosts.up("h")).isTrue();
  }

  @Test
  void aThousandHostsCostOneTransaction() {
    for (int i = 0; i < 200; i++) {
      one.hosts.alive(report("h" + i, 4));
    }
    pass(45, one);
    for (int i = 0; i < 200; i++) {
      one.hosts.alive(report("h" + i, 4));
    }
    pass(30, one, api);
    assertThat(api.hosts.list()).hasSize(200).allMatch(api.hosts::up);
  }

  @Test
  void whatOneProcessChangesTheOthersSee() {
    one.hosts.alive(report("h", 4));
    one.hosts.alive(report("gone", 4));
    api.hosts.beat();
    api.hosts.change(
        api.hosts.find("h").orElseThrow(), Map.of("disabled", true, "disabled_reason", "repair"));
    two.hosts.built("h", false);
    two.hosts.built("h", false);
    api.db.change(sql -> sql.update("DELETE FROM compute_node WHERE host = 'gone'"));
    one.hosts.alive(report("h", 8));
    pass(3, one, two, api);
    var seen = one.hosts.find("h").orElseThrow();
    assertThat(seen.disabledReason()).isEqualTo("repair");
    assertThat(seen.buildFailures()).isEqualTo(2);
    assertThat(api.hosts.find("h").orElseThrow().report().vcpus()).isEqualTo(8);
    assertThat(one.hosts.find("gone")).isEmpty();
    one.hosts.built("h", true);
    two.hosts.beat();
    assertThat(two.hosts.find("h").orElseThrow().buildFailures()).isZero();
  }
}
