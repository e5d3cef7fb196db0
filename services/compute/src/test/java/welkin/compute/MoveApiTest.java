package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
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

  private static String live(String host, Object block) {
    return "{`os-migrateLive`:{`host`:%s,`block_migration`:%s}}"
        .formatted(host == null ? "null" : "`" + host + "`", block);
  }

  private void refused(String version, String id, String body, int status, String words) {
    var told = cloud.call(ADMIN, version, "POST", "/servers/" + id + "/action", body);
    assertThat(told.status()).as(version + " " + body).isEqualTo(status);
    assertThat(told.json().toString()).as(version + " " + body).contains(words);
  }

  private String others(String host) {
    return hosts.agents.keySet().stream().filter(h -> !h.equals(host)).findFirst().orElseThrow();
  }

  private void service(String host, String body) {
    var service = cloud.get(ADMIN, "/os-services?host=" + host).text("/services/0/id");
    assertThat(cloud.put(ADMIN, "/os-services/" + service, body).status()).isEqualTo(200);
  }

  private JsonNode latestMigration() {
    return cloud.get(ADMIN, "/os-migrations").json().at("/migrations/0");
  }

  /** What the last thing done with a server says of itself. */
  private String told(String id) {
    var path = "/servers/" + id + "/os-instance-actions";
    var request = cloud.get(ADMIN, path).text("/instanceActions/0/request_id");
    return cloud.get(ADMIN, path + "/" + request).text("/instanceAction/events/0/details");
  }

  /** Until 2.34 the answer to a live migration waits until it is known that it can be. */
  @Test
  void whatCannotGoLiveIsRefusedAtOnceInOldVersions() {
    var id = server("1");
    var from = host(id);
    var to = others(from);
    for (var version : new String[] {"2.25", "2.29", "2.30", "2.33"}) {
      refused(
          version,
          id,
          live(from, "`auto`"),
          400,
          "Unable to migrate instance (" + id + ") to current host (" + from + ").");
      refused(version, id, live("mars", true), 400, "Compute host mars could not be found.");
      refused(version, id, live(to, false), 400, to + " is not on shared storage");
      refused(version, id, live(null, false), 400, "is not on shared storage");
    }
    refused(
        "2.24",
        id,
        "{`os-migrateLive`:{`host`:`%s`,`block_migration`:true,`disk_over_commit`:false}}"
            .formatted(from),
        400,
        "to current host");
    service(to, "{`forced_down`:true}");
    refused("2.33", id, live(to, true), 400, "Compute service of " + to + " is unavailable");
    service(to, "{`forced_down`:false}");
    hosts.agents.keySet().stream()
        .filter(h -> !h.equals(from))
        .forEach(h -> service(h, "{`status`:`disabled`}"));
    refused("2.33", id, live(null, true), 400, "No valid host was found.");
    refused("2.33", id, live(to, true), 400, "No valid host was found.");
    service(from, "{`forced_down`:true}");
    refused("2.33", id, live(to, true), 400, "Compute service of " + from + " is unavailable");
    refused("2.34", id, live(to, true), 409, "Service is unavailable at this time.");
    assertThat(cloud.get(ADMIN, "/os-migrations").json().get("migrations")).isEmpty();
    assertThat(status(id)).isEqualTo("ACTIVE");
  }

  @Test
  void onSharedStorageNothingIsToBeCopied() {
    cloud.close();
    hosts.world.shareStorage(true);
    open("scheduler.max_attempts", 1);
    var id = server("1");
    var to = others(host(id));
    refused("2.33", id, live(to, true), 400, to + " is not on local storage");
    refused("2.33", id, live(null, true), 400, "is not on local storage");
    assertThat(act(ADMIN, "2.33", id, live(to, false))).isEqualTo(202);
    cloud.settled(id);
    assertThat(host(id)).isEqualTo(to);
  }

  /** Since 2.34 it is begun, and the migration and the server's actions say why it could not be. */
  @Test
  void whatCannotGoLiveSaysSoAfterwardsInLaterVersions() {
    var id = server("1");
    var from = host(id);
    refused("2.96", id, live("mars", true), 400, "Compute host mars could not be found.");
    for (var version : new String[] {"2.34", "2.96"}) {
      assertThat(act(ADMIN, version, id, live(from, true))).isEqualTo(202);
      cloud.settled(id);
      assertThat(status(id)).isEqualTo("ACTIVE");
      assertThat(latestMigration().get("status").asString()).isEqualTo("error");
      assertThat(told(id))
          .startsWith("No valid host was found.")
          .contains(from + ": IgnoredHosts: the server is there now")
          .doesNotContain(others(from));
    }
    assertThat(act(ADMIN, "2.96", id, live(others(from), false))).isEqualTo(202);
    cloud.settled(id);
    assertThat(status(id)).isEqualTo("ACTIVE");
    assertThat(host(id)).isEqualTo(from);
    assertThat(latestMigration().get("status").asString()).isEqualTo("failed");
    assertThat(told(id)).contains("do not share their storage");
    assertThat(act(ADMIN, "2.96", id, live(others(from), true))).isEqualTo(202);
    cloud.settled(id);
    assertThat(host(id)).isEqualTo(others(from));
  }

  @Test
  void whatIsWrongWithTheHostComesBeforeTheServersState() {
    var id = server("1");
    var from = host(id);
    assertThat(act(ALICE, "2.1", id, "{`os-stop`:null}")).isEqualTo(202);
    cloud.settled(id);
    refused(
        "2.96",
        id,
        live(null, "`auto`"),
        409,
        "Cannot 'os-migrateLive' instance " + id + " while it is in vm_state stopped");
    refused(
        "2.96",
        id,
        "{`migrate`:{`host`:`%s`}}".formatted(from),
        400,
        "Cannot migrate to the host where the server exists.");
    refused("2.96", id, "{`migrate`:{`host`:`mars`}}", 400, "Compute host mars could not be found");
    refused("2.96", id, "{`evacuate`:{}}", 400, "Compute service of " + from + " is still in use.");
    assertThat(act(ALICE, "2.1", id, "{`os-start`:null}")).isEqualTo(202);
    cloud.settled(id);
    assertThat(act(ALICE, "2.1", id, "{`pause`:null}")).isEqualTo(202);
    cloud.settled(id);
    refused("2.96", id, "{`evacuate`:{`host`:`mars`}}", 404, "Compute host mars not found.");
    refused(
        "2.96",
        id,
        "{`evacuate`:{`host`:`%s`}}".formatted(from),
        400,
        "The target host can't be the same one.");
    refused("2.96", id, "{`evacuate`:{}}", 409, "while it is in vm_state paused");
  }

  @Test
  void whereANewServerMayNotBeIsRefusedAtOnce() {
    var body =
        "{`server`:{`name`:`s`,`imageRef`:`%s`,`flavorRef`:`1`,`networks`:[{`uuid`:`%s`}],%s}}";
    String[][] wrong = {
      {"`availability_zone`:`nova:mars`", "Compute host mars could not be found."},
      {"`availability_zone`:`nova::mars`", "Compute host mars could not be found."},
      {"`availability_zone`:`a:b:c:d`", "Unable to parse availability_zone"},
      {"`availability_zone`:`mars`", "The requested availability zone is not available"},
      {"`host`:`mars`", "Compute host mars could not be found."},
      {"`hypervisor_hostname`:`mars`", "Compute host mars could not be found."},
      {"`host`:`one`,`availability_zone`:`nova:two`", "are mutually exclusive"},
    };
    for (var w : wrong) {
      var told =
          cloud.post(ADMIN, "/servers", body.formatted(Neighbours.IMAGE, Neighbours.NETWORK, w[0]));
      assertThat(told.status()).as(w[0]).isEqualTo(400);
      assertThat(told.text("/badRequest/message")).contains(w[1]);
    }
    // a host that is named wins against a zone it is not in
    var told =
        cloud.post(
            ADMIN,
            "/servers",
            body.formatted(Neighbours.IMAGE, Neighbours.NETWORK, "`availability_zone`:`mars:two`"));
    assertThat(told.status()).isEqualTo(202);
    cloud.settled(told.text("/server/id"));
    var server = cloud.get(ADMIN, "/servers/" + told.text("/server/id"));
    assertThat(server.text("/server/status")).isEqualTo("ACTIVE");
    assertThat(server.text("/server/OS-EXT-SRV-ATTR:host")).isEqualTo("two");
    assertThat(server.text("/server/OS-EXT-AZ:availability_zone")).isEqualTo("nova");
    assertThat(server.json().at("/server/pinned_availability_zone").isNull()).isTrue();
    // a zone whose hosts are all disabled is not offered
    hosts.agents.keySet().forEach(h -> service(h, "{`status`:`disabled`}"));
    told =
        cloud.post(
            ADMIN,
            "/servers",
            body.formatted(Neighbours.IMAGE, Neighbours.NETWORK, "`availability_zone`:`nova`"));
    assertThat(told.status()).isEqualTo(400);
    assertThat(told.text("/badRequest/message"))
        .isEqualTo("The requested availability zone is not available");
  }
}
