package welkin.network.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.core.Ids;
import welkin.network.resource.Journal;
import welkin.network.stores.Stores;
import welkin.store.Database;
import welkin.store.Events;

class AgentsTest {
  @Test
  void anAgentThatAnotherProcessMetIsThereAtOnce(@TempDir Path dir) {
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, Stores.MIGRATIONS);
    var clock = InstantSource.system();
    var journal = new Journal(clock, Ids.system(), new Events(clock));
    try (var one = new Agents(db, journal, 75);
        var other = new Agents(db, journal, 75)) {
      one.alive("h1", List.of(new AgentReport("L3 agent", "l3", "{}")), sql -> {});
      var id = one.all().getFirst().id();
      assertThat(other.find(id)).hasValueSatisfying(a -> assertThat(a.host()).isEqualTo("h1"));
      assertThat(other.find("nobody")).isEmpty();
    }
    db.close();
  }

  @Test
  void thatAnAgentDiedIsNoticedOnce(@TempDir Path dir) {
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, Stores.MIGRATIONS);
    var clock = InstantSource.system();
    var journal = new Journal(clock, Ids.system(), new Events(clock));
    try (var agents = new Agents(db, journal, 1)) {
      agents.follow(() -> true);
      agents.alive("h1", List.of(new AgentReport("L3 agent", "l3", "{}")), sql -> {});
      assertThat(agents.died()).isFalse();
      long deadline = System.nanoTime() + 15_000_000_000L;
      boolean died = false;
      while (!died && System.nanoTime() < deadline) {
        LockSupport.parkNanos(20_000_000);
        died = agents.died();
      }
      assertThat(died).isTrue();
      assertThat(agents.died()).isFalse();
    }
    db.close();
  }

  @Test
  void whatAnotherProcessWritesIsSeenAtTheNextLook(@TempDir Path dir) {
    var db = Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, Stores.MIGRATIONS);
    var clock = InstantSource.system();
    var journal = new Journal(clock, Ids.system(), new Events(clock));
    try (var one = new Agents(db, journal, 75);
        var other = new Agents(db, journal, 75)) {
      one.follow(() -> true);
      for (var host : List.of("h1", "h2", "h3")) {
        say(one, host, "10.0.0.1");
      }
      other.beat();
      assertThat(other.all()).isEqualTo(one.all()).hasSize(3);

      // a sign of life, and nothing else
      say(one, "h2", "10.0.0.1");
      one.beat();
      other.beat();
      assertThat(other.all()).isEqualTo(one.all());

      // what an administrator wants is no sign of life
      var h1 = other.find(one.all().getFirst().id()).orElseThrow();
      one.update(h1, false, "repair");
      other.beat();
      assertThat(other.find(h1.id()).orElseThrow().adminUp()).isFalse();

      // one goes and another comes
      one.delete(h1);
      say(one, "h4", "10.0.0.4");
      other.beat();
      assertThat(other.all()).isEqualTo(one.all()).hasSize(3).doesNotContain(h1);
      assertThat(other.tunnels()).containsEntry("h4", "10.0.0.4").doesNotContainKey(h1.host());
      say(one, "h4", "10.0.0.5");
      other.beat();
      assertThat(other.tunnels()).containsEntry("h4", "10.0.0.5");
    }
    db.close();
  }

  private static void say(Agents agents, String host, String ip) {
    var text = "{\"tunneling_ip\":\"" + ip + "\"}";
    var report = new AgentReport("Linux bridge agent", "neutron-linuxbridge-agent", text);
    agents.alive(host, List.of(report), sql -> {});
  }
}
