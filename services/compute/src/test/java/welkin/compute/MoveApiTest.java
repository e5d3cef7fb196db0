package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.InstanceState.PowerState;

/** The API of moves: who may, in which words of which microversion, and what is shown. */
class MoveApiTest {
  private final AtomicReference<Cloud> now = new AtomicReference<>();
  private final MovingHosts hosts =
      new MovingHosts((s, p) -> now.get().wired(s, p), "one", "two", "three");
  private Cloud cloud;

  @BeforeEach
  void open() {
    open("scheduler.max_attempts", 1);
  }

  private void open(Object... options) {
    cloud = new Cloud(options);
    now.set(cloud);
    cloud.start(hosts.agents);
    for (int size = 1; size <= 3; size++) {
      cloud.post(
          ADMIN,
          "/flavors",
          "{`flavor`:{`name`:`f%d`,`id`:`%d`,`ram`:%d,`vcpus`:%d,`disk`:%d}}"
              .formatted(size, size, 512 * size, size, size));
    }
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private String server(String flavor) {
    var told =
        cloud.post(
            ALICE,
            "/servers",
            "{`server`:{`name`:`s`,`imageRef`:`"
                + Neighbours.IMAGE
                + "`,`flavorRef`:`"
                + flavor
                + "`,`networks`:[{`uuid`:`"
                + Neighbours.NETWORK
                + "`}]}}");
    var id = told.text("/server/id");
    cloud.settled(id);
    return id;
  }

  private int act(String who, String version, String id, String body) {
    return cloud.call(who, version, "POST", "/servers/" + id + "/action", body).status();
  }

  private String status(String id) {
    return cloud.get(ADMIN, "/servers/" + id).text("/server/status");
  }

  private String host(String id) {
    return cloud.get(ADMIN, "/servers/" + id).text("/server/OS-EXT-SRV-ATTR:host");
  }

  @Test
  void onlyWhoMay() {
    var id = server("1");
    assertThat(act(ALICE, "2.1", id, "{`migrate`:null}")).isEqualTo(403);
    assertThat(act(ALICE, "2.30", id, "{`os-migrateLive`:{`host`:null,`block_migration`:`auto`}}"))
        .isEqualTo(403);
    assertThat(act(ALICE, "2.14", id, "{`evacuate`:{}}")).isEqualTo(403);
    assertThat(cloud.get(ALICE, "/os-migrations").status()).isEqualTo(403);
    assertThat(act(BOB, "2.1", id, "{`resize`:{`flavorRef`:`2`}}")).isEqualTo(404);
    assertThat(act(ADMIN, "2.1", id, "{`lock`:null}")).isEqualTo(202);
    assertThat(act(ALICE, "2.1", id, "{`resize`:{`flavorRef`:`2`}}")).isEqualTo(409);
    assertThat(act(ADMIN, "2.1", id, "{`unlock`:null}")).isEqualTo(202);
    assertThat(act(ALICE, "2.1", id, "{`resize`:{`flavorRef`:`2`}}")).isEqualTo(202);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("VERIFY_RESIZE");
    assertThat(act(ALICE, "2.1", id, "{`confirmResize`:null}")).isEqualTo(204);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("ACTIVE");
    assertThat(act(ALICE, "2.1", id, "{`resize`:{`flavorRef`:`1`}}")).isEqualTo(400);
  }

  @Test
  void theWordsOfEachTime() {
    var id = server("1");
    var old = "{`os-migrateLive`:{`host`:null,`block_migration`:true,`disk_over_commit`:false}}";
    var today = "{`os-migrateLive`:{`host`:null,`block_migration`:`auto`}}";
    var forced = "{`os-migrateLive`:{`host`:`two`,`block_migration`:`auto`,`force`:true}}";
    assertThat(act(ADMIN, "2.24", id, today)).isEqualTo(400);
    assertThat(act(ADMIN, "2.25", id, old)).isEqualTo(400);
    assertThat(act(ADMIN, "2.29", id, forced)).isEqualTo(400);
    assertThat(act(ADMIN, "2.68", id, forced)).isEqualTo(400);
    assertThat(
            act(
                ADMIN,
                "2.30",
                id,
                "{`os-migrateLive`:{`host`:null,`block_migration`:`auto`,`force`:true}}"))
        .isEqualTo(400);
    assertThat(act(ADMIN, "2.24", id, old)).isEqualTo(202);
    cloud.settled(id);
    assertThat(act(ADMIN, "2.25", id, today)).isEqualTo(202);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("ACTIVE");

    assertThat(act(ADMIN, "2.55", id, "{`migrate`:{`host`:`nowhere`}}")).isEqualTo(202);
    cloud.settled(id);
    assertThat(act(ADMIN, "2.1", id, "{`revertResize`:null}")).isEqualTo(202);
    cloud.settled(id);
    assertThat(act(ADMIN, "2.56", id, "{`migrate`:{`host`:`nowhere`}}")).isEqualTo(400);

    assertThat(act(ADMIN, "2.13", id, "{`evacuate`:{}}")).isEqualTo(400);
    assertThat(act(ADMIN, "2.14", id, "{`evacuate`:{`onSharedStorage`:false}}")).isEqualTo(400);
    assertThat(act(ADMIN, "2.68", id, "{`evacuate`:{`host`:`two`,`force`:true}}")).isEqualTo(400);
  }

  @Test
  void migrationsShowWhatEachTimeKnew() {
    var id = server("1");
    assertThat(act(ALICE, "2.1", id, "{`resize`:{`flavorRef`:`2`}}")).isEqualTo(202);
    cloud.settled(id);
    var old = cloud.call(ADMIN, "2.22", "GET", "/os-migrations", null).json();
    assertThat(old.at("/migrations/0").has("migration_type")).isFalse();
    assertThat(old.at("/migrations/0/old_instance_type_id").asInt()).isEqualTo(1);
    assertThat(old.at("/migrations/0/new_instance_type_id").asInt()).isEqualTo(2);
    var mid = cloud.call(ADMIN, "2.23", "GET", "/os-migrations", null).json();
    assertThat(mid.at("/migrations/0/migration_type").asString()).isEqualTo("resize");
    assertThat(mid.at("/migrations/0").has("uuid")).isFalse();
    var young = cloud.call(ADMIN, "2.80", "GET", "/os-migrations", null).json();
    assertThat(young.at("/migrations/0/user_id").asString()).isEqualTo("alice");
    assertThat(cloud.call(ADMIN, "2.59", "GET", "/os-migrations?nonsense=1", null).status())
        .isEqualTo(400);
    assertThat(cloud.call(ADMIN, "2.58", "GET", "/os-migrations?nonsense=1", null).status())
        .isEqualTo(200);
    assertThat(cloud.call(ADMIN, "2.22", "GET", "/servers/" + id + "/migrations", null).status())
        .isEqualTo(404);
    assertThat(cloud.get(ADMIN, "/servers/" + id + "/migrations").json().get("migrations"))
        .isEmpty();
  }

  @Test
  void whatIsNotConfirmedInTimeIsConfirmedByItself() {
    cloud.close();
    open("DEFAULT.resize_confirm_window", 1);
    var id = server("1");
    assertThat(act(ADMIN, "2.1", id, "{`migrate`:null}")).isEqualTo(202);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("VERIFY_RESIZE");
    long end = System.nanoTime() + 20_000_000_000L;
    while (!status(id).equals("ACTIVE") && System.nanoTime() < end) {
      cloud.compute.reconcile();
      cloud.settled(id);
    }
    assertThat(status(id)).isEqualTo("ACTIVE");
    assertThat(hosts.copies(id)).isEqualTo(1);
  }

  @Test
  void aDeletionComesBeforeEveryMove() {
    for (var body : new String[] {"{`migrate`:null}", "{`resize`:{`flavorRef`:`2`}}"}) {
      var id = server("1");
      assertThat(act(ADMIN, "2.1", id, body)).isEqualTo(202);
      assertThat(cloud.delete(ALICE, "/servers/" + id).status()).isEqualTo(204);
      cloud.settled(id);
      assertThat(cloud.get(ALICE, "/servers/" + id).status()).isEqualTo(404);
      assertThat(hosts.copies(id)).isZero();
      assertThat(neighbours().allocations).isEmpty();
    }
    assertThat(cloud.get(ALICE, "/limits").json().at("/limits/absolute/totalCoresUsed").asInt())
        .isZero();
  }

  private Neighbours neighbours() {
    return cloud.neighbours;
  }

  @Test
  void theHostThatComesBackHasNothingOfIt() {
    var id = server("1");
    var dead = host(id);
    hosts.world.hostDown(dead);
    var service = cloud.get(ADMIN, "/os-services?host=" + dead).text("/services/0/id");
    cloud.put(ADMIN, "/os-services/" + service, "{`forced_down`:true}");
    assertThat(act(ADMIN, "2.13", id, "{`evacuate`:{`onSharedStorage`:false}}")).isEqualTo(200);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("ACTIVE");
    assertThat(host(id)).isNotEqualTo(dead);
    hosts.world.hostUp(dead);
    assertThat(hosts.power(dead, id)).as("it never knew").isEqualTo(PowerState.RUNNING);
    cloud.put(ADMIN, "/os-services/" + service, "{`forced_down`:false}");
    cloud.beat(dead);
    cloud.compute.reconcile();
    assertThat(hosts.power(dead, id)).isNull();
    assertThat(hosts.copies(id)).isEqualTo(1);
    assertThat(cloud.get(ADMIN, "/os-migrations").text("/migrations/0/status"))
        .isEqualTo("completed");
  }
}
