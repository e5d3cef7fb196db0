package welkin.network.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.NetworkAgent;
import welkin.bus.InProcessBus;
import welkin.core.Ids;
import welkin.network.agent.Agents;
import welkin.network.resource.Journal;
import welkin.network.stores.Stores;
import welkin.store.Database;
import welkin.store.Events;

/** Which hosts are poked because of what they say with their signs of life. */
class HostSignsTest {
  private final InProcessBus bus = new InProcessBus();
  private final Set<String> poked = ConcurrentHashMap.newKeySet();
  private final HostLog log = new HostLog();
  private final Map<String, Long> said = new HashMap<>();
  private Database db;
  private Agents agents;
  private HostAnswer answer;
  private HostSigns signs;

  @BeforeEach
  void start(@TempDir Path dir) {
    db = HostRows.open(dir);
    var clock = InstantSource.system();
    var journal = new Journal(clock, Ids.system(), new Events(clock));
    agents = new Agents(db, journal, 75);
    answer = new HostAnswer(db, new HostView(Stores.of(journal), agents), agents);
    signs = new HostSigns(db, answer, new HostPokes(db, bus, new HostLog()));
    port("h1", "n");
    port("h2", "n");
    port("h3", "o");
    rule("g-h3", "g-h1");
    for (var host : List.of("h1", "h2", "h3", "idle")) {
      bus.offer(NetworkAgent.class, host, () -> poked.add(host));
      ask(host);
    }
    assertThat(behind()).isEmpty();
  }

  private void port(String host, String network) {
    db.change(
        sql -> {
          HostRows.port(sql, host, network);
          log.touch(sql, host, HostLog.NETWORK, network);
        });
  }

  private void rule(String group, String remote) {
    db.change(
        sql -> {
          HostRows.rule(sql, group, remote);
          log.touchGroup(sql, group);
        });
  }

  @AfterEach
  void stop() {
    agents.close();
    bus.close();
    db.close();
  }

  private void ask(String host) {
    said.put(host, answer.changes(host, said.getOrDefault(host, 0L), true).cursor());
  }

  private long newest() {
    return db.read(HostStore::cursor).newest();
  }

  private Set<String> behind() {
    return signs.behind(said, newest());
  }

  @Test
  void whatIsForAHostItself() {
    long before = newest();
    db.change(sql -> log.touch(sql, "h1", HostLog.PORT, "p"));
    assertThat(behind()).containsExactly("h1");
    assertThat(signs.behind(said, before)).as("its own poke is on its way").isEmpty();
    ask("h1");
    db.change(sql -> log.touch(sql, "idle", HostLog.ROUTER, "r"));
    assertThat(behind()).contains("idle").doesNotContain("h2", "h3");
  }

  @Test
  void whatConcernsEveryHostOfANetworkOrGroup() {
    long before = newest();
    db.change(sql -> log.touchNetwork(sql, "n"));
    assertThat(behind()).containsExactlyInAnyOrder("h1", "h2");
    assertThat(signs.behind(said, before)).isEmpty();
    ask("h1");
    assertThat(behind()).containsExactly("h2");
    ask("h2");
    db.change(sql -> log.touchGroup(sql, "g-h1"));
    assertThat(behind()).as("rules of h3's name it").containsExactlyInAnyOrder("h1", "h3");
    ask("h1");
    ask("h3");
    assertThat(behind()).isEmpty();
    rule("g-h2", "g-h3");
    ask("h2");
    ask("h3");
    db.change(sql -> log.touchGroup(sql, "g-h3"));
    assertThat(behind()).contains("h2", "h3").doesNotContain("idle");
  }

  @Test
  void anIdleHostIsLeftAloneUntilItIsFarBehind() {
    for (int i = 0; i < 10; i++) {
      db.change(sql -> log.touchNetwork(sql, "elsewhere"));
    }
    assertThat(behind()).isEmpty();
    db.change(sql -> sql.update("UPDATE host_cursor SET seq = seq + 10000 WHERE id = 1"));
    assertThat(behind()).containsExactlyInAnyOrder("h1", "h2", "h3", "idle");
    List.of("h1", "h2", "h3", "idle").forEach(this::ask);
    assertThat(behind()).isEmpty();
  }

  /** Another process answered, or this one is new. */
  @Test
  void whatAHostHasIsAskedForWhenItIsNotKnown() {
    var journal =
        new Journal(InstantSource.system(), Ids.system(), new Events(InstantSource.system()));
    var other = new HostAnswer(db, new HostView(Stores.of(journal), agents), agents);
    var others = new HostSigns(db, other, new HostPokes(db, bus, new HostLog()));
    assertThat(others.behind(said, newest())).isEqualTo(said.keySet());
    said.replaceAll((host, cursor) -> other.changes(host, cursor, true).cursor());
    assertThat(others.behind(said, newest())).isEmpty();
    // h3 comes to n, and is answered there: what is known of it here is of before
    port("h3b", "n");
    db.change(
        sql -> {
          sql.update("UPDATE port SET host = 'h3' WHERE host = 'h3b'");
          log.touch(sql, "h3", HostLog.NETWORK, "n");
        });
    said.compute("h3", (host, cursor) -> other.changes(host, cursor, true).cursor());
    db.change(sql -> log.touchNetwork(sql, "n"));
    assertThat(others.behind(said, newest())).contains("h3");
    assertThat(behind()).contains("h3");
  }

  @Test
  void aHostThatMissedItsPokeIsPokedAfterItsSignOfLife() {
    signs.look();
    db.change(sql -> log.touchNetwork(sql, "n"));
    signs.heard("h1", said.get("h1"));
    signs.look();
    assertThat(poked).as("the poke is on its way").isEmpty();
    signs.heard("h1", said.get("h1"));
    signs.heard("h2", 0); // one that does not say, and asks by itself
    signs.heard("h3", said.get("h3"));
    signs.look();
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!poked.contains("h1")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
    assertThat(poked).containsExactly("h1");
  }
}
