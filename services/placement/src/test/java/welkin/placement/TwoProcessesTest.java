package welkin.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Secret;
import welkin.http.Door;
import welkin.http.Metrics;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.placement.PlacementPeer.Inventory;
import welkin.testkit.TestDatabases;

/** Two processes answer for one schema; whatever one is told, the other knows. */
class TwoProcessesTest {
  private static final Caller SERVICE =
      new Caller(
          "u",
          "user",
          "default",
          "p",
          "project",
          "default",
          null,
          false,
          List.of("admin", "service"),
          null,
          null);

  @TempDir Path home;
  private final List<PlacementService> services = new ArrayList<>();

  private PlacementPeer process() {
    var clock = InstantSource.system();
    var metrics = new Metrics();
    var door = new Door(t -> SERVICE, Ids.system(), metrics);
    var peers = new Peers(Transport.direct(door), "http://test", () -> Secret.of("service"));
    var service =
        new PlacementService(
            new Platform(
                home,
                Config.empty(),
                clock,
                Ids.system(),
                new InProcessBus(),
                door,
                metrics,
                TestDatabases.in(home, clock),
                "http://test",
                peers));
    services.add(service);
    service.apis().forEach(door::mount);
    service.start();
    return new PlacementPeer(peers);
  }

  @AfterEach
  void close() {
    services.forEach(PlacementService::close);
  }

  private static List<String> rooms(PlacementPeer peer, long vcpus) {
    return peer.candidates(PlacementPeer.Request.of(Map.of("VCPU", vcpus), 1000)).list().stream()
        .map(c -> c.allocations().keySet().iterator().next())
        .sorted()
        .toList();
  }

  @Test
  void bothProposeTheSameAfterEveryChange() {
    var both = List.of(process(), process());
    var random = new Random(7);
    var hosts = new ArrayList<String>();
    var claims = new ArrayList<String>();
    for (int i = 0; i < 200; i++) {
      var at = both.get(random.nextInt(2));
      int what = hosts.isEmpty() ? 0 : random.nextInt(10);
      if (what < 2) {
        var host = UUID.randomUUID().toString();
        at.ensureProvider(host, "h" + i, null);
        at.setInventory(host, Map.of("VCPU", Inventory.of(4, 0, 1.0)));
        hosts.add(host);
      } else if (what < 7) {
        var room = rooms(at, 1);
        if (!room.isEmpty()) {
          var consumer = UUID.randomUUID().toString();
          at.claim(
              consumer,
              Map.of(room.get(random.nextInt(room.size())), Map.of("VCPU", 1L)),
              "p",
              "u",
              "INSTANCE");
          claims.add(consumer);
        }
      } else if (!claims.isEmpty()) {
        at.release(claims.removeLast());
      }
      assertThat(rooms(both.get(0), 1)).isEqualTo(rooms(both.get(1), 1));
      assertThat(rooms(both.get(0), 4)).isEqualTo(rooms(both.get(1), 4));
    }
    assertThat(claims).isNotEmpty();
  }

  @Test
  void whoFellFarBehindReadsEverything() {
    var one = process();
    var two = process();
    for (int i = 0; i < 5; i++) {
      var host = UUID.randomUUID().toString();
      one.ensureProvider(host, "h" + i, null);
      one.setInventory(host, Map.of("VCPU", Inventory.of(4, 0, 1.0)));
    }
    services
        .getFirst()
        .database()
        .change(
            sql ->
                sql.update(
                    "DELETE FROM provider_change WHERE seq < ?",
                    sql.number("SELECT MAX(seq) FROM provider_change")));
    assertThat(rooms(two, 1)).hasSize(5);
  }
}
