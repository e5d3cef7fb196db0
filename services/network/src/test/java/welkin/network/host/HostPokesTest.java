package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.NetworkAgent;
import welkin.bus.InProcessBus;
import welkin.store.Database;

/** Who is poked of what concerns many hosts. */
class HostPokesTest {
  private final InProcessBus bus = new InProcessBus();
  private final Map<String, Integer> poked = new ConcurrentHashMap<>();
  private final HostLog log = new HostLog();
  private Database db;
  private HostPokes pokes;

  @BeforeEach
  void start(@TempDir Path dir) {
    db = HostRows.open(dir);
    pokes = new HostPokes(db, bus, log);
    pokes.start();
    for (var host : List.of("h1", "h2", "h3")) {
      bus.offer(NetworkAgent.class, host, () -> poked.merge(host, 1, Integer::sum));
      db.change(sql -> HostRows.port(sql, host, "n"));
    }
    db.change(sql -> HostRows.rule(sql, "g-h3", "g-h1"));
  }

  @AfterEach
  void stop() {
    pokes.close();
    bus.close();
    db.close();
  }

  private void await(String host, int times) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (poked.getOrDefault(host, 0) < times) {
      assertThat(System.nanoTime()).as("%s poked, of %s", host, poked).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  private void changeNetwork(int times) {
    db.change(sql -> log.touchNetwork(sql, "n"));
    await("h2", times);
  }

  @Test
  void whoAskedSinceIsNotPokedAgain() {
    changeNetwork(1);
    await("h1", 1);
    await("h3", 1);
    pokes.answered("h1", System.nanoTime() + TimeUnit.HOURS.toNanos(1));
    pokes.answered("h2", System.nanoTime()); // before the next change
    changeNetwork(2);
    changeNetwork(3);
    await("h3", 3);
    assertThat(poked).containsEntry("h1", 1);
    // a late answer of an earlier reading changes nothing
    pokes.answered("h1", System.nanoTime());
    changeNetwork(4);
    changeNetwork(5);
    assertThat(poked).containsEntry("h1", 1);
  }

  @Test
  void hostsOfGroupsThatNameAGroupHearOfIt() {
    db.change(sql -> log.touchGroup(sql, "g-h1"));
    await("h1", 1);
    await("h3", 1);
    pokes.answered("h3", System.nanoTime() + TimeUnit.HOURS.toNanos(1));
    db.change(sql -> log.touchGroup(sql, "g-h1"));
    await("h1", 2);
    db.change(sql -> log.touchGroup(sql, "g-h1"));
    await("h1", 3);
    assertThat(poked).containsEntry("h3", 1).doesNotContainKey("h2");
  }
}
