package welkin.placement;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Ids;
import welkin.core.Secret;
import welkin.http.Door;
import welkin.http.HttpRequest;
import welkin.http.Metrics;
import welkin.peers.Peers;
import welkin.peers.Platform;
import welkin.peers.Transport;
import welkin.store.Database;
import welkin.testkit.TestDatabases;

/** What candidates and claims cost with 6,000 providers; printed, not asserted. */
class CandidateSpeedTest {
  private static final int PROVIDERS = 6000;

  @Test
  void sixThousandProviders(@TempDir Path home) {
    var clock = InstantSource.system();
    var metrics = new Metrics();
    var caller =
        new Caller(
            "u", "u", "default", "p", "p", "default", null, false, List.of("admin"), null, null);
    var door = new Door(t -> caller, Ids.system(), metrics);
    var peers = new Peers(Transport.direct(door), "http://test", () -> Secret.of("t"));
    var platform =
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
            peers);
    try (var service = new PlacementService(platform)) {
      service.apis().forEach(door::mount);
      fill(service.database());
      service.start();
      for (var query : List.of("", "&limit=1000", "&limit=1", "&required=HW_CPU_X86_AVX2")) {
        measure(
            "candidates" + query,
            () -> {
              var answer =
                  door.handle(
                      HttpRequest.of(
                          "GET",
                          "/placement/allocation_candidates?resources=VCPU:1,MEMORY_MB:512,DISK_GB:1"
                              + query,
                          Map.of("x-auth-token", "t", "openstack-api-version", "placement 1.39"),
                          null,
                          "http://test"));
              assertThat(answer.status()).isEqualTo(200);
            });
      }
      var uuids =
          service
              .database()
              .read(sql -> sql.list("SELECT uuid FROM provider LIMIT 100", r -> r.text("uuid")));
      var peer = new PlacementPeer(peers);
      int[] n = {0};
      measure(
          "claim, then candidates&limit=1",
          () -> {
            var on = uuids.get(n[0]++ % 100);
            peer.claim(
                UUID.randomUUID().toString(),
                Map.of(on, Map.of("VCPU", 1L, "MEMORY_MB", 1L)),
                "p",
                "u",
                "INSTANCE");
            peer.candidates(PlacementPeer.Request.of(Map.of("VCPU", 1L), 1));
          });
    }
  }

  private static void fill(Database database) {
    database.change(
        sql -> {
          for (int i = 0; i < PROVIDERS; i++) {
            var uuid = UUID.randomUUID().toString();
            sql.insert(
                "provider",
                "uuid",
                uuid,
                "name",
                "host" + i,
                "generation",
                1,
                "root",
                uuid,
                "created_at",
                0,
                "updated_at",
                0);
            for (var rc : List.of("VCPU", "MEMORY_MB", "DISK_GB")) {
              sql.insert(
                  "inventory",
                  "provider",
                  uuid,
                  "class",
                  rc,
                  "total",
                  100000,
                  "reserved",
                  0,
                  "min_unit",
                  1,
                  "max_unit",
                  100000,
                  "step_size",
                  1,
                  "allocation_ratio",
                  1.0,
                  "used",
                  0,
                  "updated_at",
                  0);
            }
            int t = 0;
            for (var trait : Names.TRAITS) {
              if (t++ % 12 == 1 && !trait.equals(Names.SHARING)
                  || i % 10 == 0 && trait.equals("HW_CPU_X86_AVX2")) {
                sql.insertIfAbsent("provider_trait", "provider", uuid, "trait", trait);
              }
            }
          }
        });
  }

  private static void measure(String what, Runnable work) {
    var thread = ManagementFactory.getThreadMXBean();
    for (int i = 0; i < 60; i++) {
      work.run();
    }
    long cpu = thread.getCurrentThreadCpuTime();
    long wall = System.nanoTime();
    int rounds = 60;
    for (int i = 0; i < rounds; i++) {
      work.run();
    }
    System.out.printf(
        "%-40s %.2f ms CPU, %.2f ms%n",
        what,
        (thread.getCurrentThreadCpuTime() - cpu) / 1e6 / rounds,
        (System.nanoTime() - wall) / 1e6 / rounds);
  }
}
