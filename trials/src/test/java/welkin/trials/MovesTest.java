package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.ComputeReports;
import welkin.agents.contracts.InstanceAgent;
import welkin.agents.simulated.SimulatedWorld;
import welkin.core.Fault;
import welkin.core.Json;

/** Every way a server moves, through the door of a whole cloud with three simulated hosts. */
class MovesTest {
  private static final String SERVERS = "/compute/v2.1/servers/";

  @TempDir Path home;
  private TestCloud cloud;
  private TestCloud.Client admin;
  private SimulatedWorld world;
  private String image;
  private String flavor;
  private String network;

  @BeforeEach
  void open() {
    cloud = new TestCloud(home, 3);
    admin = cloud.admin();
    world = cloud.cloud().simulated();
    image = Things.image(admin);
    flavor = Things.flavor(admin);
    network = Things.network(admin, "net", "10.5.0.0/24");
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private String server() {
    var id = Things.boot(admin, image, flavor, network);
    Things.awaitStatus(admin, id, "ACTIVE");
    return id;
  }

  private JsonNode show(String id) {
    return admin.get(SERVERS + id).get("server");
  }

  private String host(String id) {
    return show(id).get("OS-EXT-SRV-ATTR:host").asString();
  }

  private void act(String id, String body, String... headers) {
    admin.call("POST", SERVERS + id + "/action", body.replace('\'', '"'), headers);
  }

  private JsonNode migration(String id) {
    return admin.get("/compute/v2.1/os-migrations?instance_uuid=" + id).get("migrations").get(0);
  }

  private void awaitMigration(String id, String status) {
    eventually(
        "migration " + status,
        Duration.ofSeconds(30),
        () -> migration(id).get("status").asString().equals(status),
        () -> migration(id).toString() + admin.get(SERVERS + id));
  }

  /** Every living host gives a sign of life now. */
  private void beat() {
    var bus = cloud.cloud().bus();
    for (var host : world.hosts()) {
      try {
        bus.client(ComputeReports.class, "")
            .alive(bus.client(InstanceAgent.class, host).describe());
      } catch (Fault down) {
        // it will beat when it is back
      }
    }
  }

  /** Hosts keep disks together or apart, and Compute knows it. */
  private void share(boolean shared) {
    world.shareStorage(shared);
    beat();
    eventually(
        "all have said where they keep disks",
        Duration.ofSeconds(60),
        () ->
            cloud
                    .database("compute")
                    .read(
                        sql ->
                            sql.list(
                                "SELECT report FROM compute_node",
                                r -> r.json("report").get("storageId").asString()))
                    .stream()
                    .distinct()
                    .count()
                == (shared ? 1 : 3),
        () -> "shared: " + shared);
  }

  /** The address that must never change. */
  private String address(String id) {
    return show(id).at("/addresses/net/0/addr").asString();
  }

  private void well() {
    eventually(
        "all is well",
        Duration.ofSeconds(20),
        () -> InvariantChecker.violations(cloud).isEmpty(),
        () -> String.join("\n", InvariantChecker.violations(cloud)));
  }

  private void service(String host, String body) {
    var id =
        admin
            .get("/compute/v2.1/os-services?binary=nova-compute&host=" + host)
            .at("/services/0/id")
            .asString();
    admin.call("PUT", "/compute/v2.1/os-services/" + id, body.replace('\'', '"'));
  }

  @Test
  void migratesAndIsConfirmed() {
    var id = server();
    var from = host(id);
    var address = address(id);
    act(id, "{'migrate': null}");
    Things.awaitStatus(admin, id, "VERIFY_RESIZE");
    assertThat(host(id)).isNotEqualTo(from);
    well();
    act(id, "{'confirmResize': null}");
    Things.awaitStatus(admin, id, "ACTIVE");
    eventually("confirmed", () -> migration(id).get("status").asString().equals("confirmed"));
    assertThat(migration(id).get("migration_type").asString()).isEqualTo("migration");
    assertThat(address(id)).isEqualTo(address);
    well();
    var actions = admin.get(SERVERS + id + "/os-instance-actions").get("instanceActions");
    assertThat(actions.findValuesAsString("action"))
        .containsExactly("confirmResize", "migrate", "create");
  }

  @Test
  void migratesToTheHostThatIsNamed() {
    var id = server();
    var hosts = new HashSet<>(world.hosts());
    hosts.remove(host(id));
    var to = hosts.iterator().next();
    act(id, "{'migrate': {'host': '" + to + "'}}");
    Things.awaitStatus(admin, id, "VERIFY_RESIZE");
    assertThat(host(id)).isEqualTo(to);
    act(id, "{'revertResize': null}");
    Things.awaitStatus(admin, id, "ACTIVE");
    assertThat(host(id)).isNotEqualTo(to);
    well();
  }

  @Test
  void resizesAndCountsWhatItTakes() {
    var big =
        admin
            .post(
                "/compute/v2.1/flavors",
                "{\"flavor\": {\"name\": \"big\", \"ram\": 128, \"vcpus\": 2, \"disk\": 2}}")
            .at("/flavor/id")
            .asString();
    var id = server();
    act(id, "{'resize': {'flavorRef': '" + big + "'}}");
    Things.awaitStatus(admin, id, "VERIFY_RESIZE");
    assertThat(show(id).at("/flavor/vcpus").asInt()).isEqualTo(2);
    well();
    act(id, "{'revertResize': null}");
    Things.awaitStatus(admin, id, "ACTIVE");
    assertThat(show(id).at("/flavor/vcpus").asInt()).isEqualTo(1);
    well();
    act(id, "{'resize': {'flavorRef': '" + big + "'}}");
    Things.awaitStatus(admin, id, "VERIFY_RESIZE");
    act(id, "{'confirmResize': null}");
    Things.awaitStatus(admin, id, "ACTIVE");
    well();
    // what is deleted while it waits leaves nothing either
    var other = server();
    act(other, "{'resize': {'flavorRef': '" + big + "'}}");
    Things.awaitStatus(admin, other, "VERIFY_RESIZE");
    admin.send("DELETE", SERVERS + other, null);
    eventually("deleted", () -> admin.send("GET", SERVERS + other, null).status() == 404);
    well();
  }

  @Test
  void resizeIsRefusedForGoodReasons() {
    var id = server();
    for (var body :
        List.of(
            "{'resize': {'flavorRef': '" + flavor + "'}}",
            "{'resize': {'flavorRef': 'nonesuch'}}",
            "{'migrate': {'host': 'nonesuch'}}",
            "{'migrate': {'host': '" + host(id) + "'}}",
            "{'os-migrateLive': {'host': 'nonesuch', 'block_migration': 'auto'}}",
            "{'evacuate': {}}")) {
      assertThat(admin.send("POST", SERVERS + id + "/action", body.replace('\'', '"')).status())
          .as(body)
          .isEqualTo(400);
    }
    assertThat(admin.send("POST", SERVERS + id + "/action", "{\"confirmResize\": null}").status())
        .isEqualTo(409);
    assertThat(
            admin
                .send("POST", SERVERS + id + "/action", "{\"evacuate\": {\"host\": \"none\"}}")
                .status())
        .isEqualTo(404);
    well();
  }

  @Test
  void aMoveThatFailsLeavesAllAsItWasAndSaysWhy() {
    var id = server();
    var from = host(id);
    for (var h : world.hosts()) {
      if (!h.equals(from)) {
        service(h, "{'status': 'disabled', 'disabled_reason': 'for the trial'}");
      }
    }
    act(id, "{'migrate': null}");
    awaitMigration(id, "error");
    Things.awaitStatus(admin, id, "ACTIVE");
    assertThat(host(id)).isEqualTo(from);
    var why = admin.get(SERVERS + id + "/why").toString();
    assertThat(why).contains("for the trial").contains("the server is there now");
    well();
  }

  @Test
  void migratesLiveWithItsDisksAndWithout() {
    var id = server();
    var address = address(id);
    for (boolean shared : List.of(false, true)) {
      share(shared);
      var from = host(id);
      act(id, "{'os-migrateLive': {'host': null, 'block_migration': 'auto'}}");
      eventually(
          "moved",
          Duration.ofSeconds(30),
          () -> !host(id).equals(from) && show(id).get("status").asString().equals("ACTIVE"),
          () -> show(id) + " " + migration(id));
      assertThat(migration(id).get("status").asString()).isEqualTo("completed");
      assertThat(address(id)).isEqualTo(address);
      well();
    }
    assertThat(show(id).get("OS-EXT-STS:power_state").asInt()).isEqualTo(1);
  }

  @Test
  void aLiveMigrationIsSeenAbortedAndForced() {
    var id = server();
    var from = host(id);
    world.migrationsTake(Duration.ofHours(1));
    act(id, "{'os-migrateLive': {'host': null, 'block_migration': true}}");
    var path = SERVERS + id + "/migrations";
    eventually(
        "running",
        Duration.ofSeconds(30),
        () -> admin.get(path).at("/migrations/0/status").asString("").equals("running"),
        () -> migration(id).toString());
    assertThat(show(id).get("status").asString()).isEqualTo("MIGRATING");
    var number = admin.get(path).at("/migrations/0/id").asString();
    eventually(
        "bytes",
        Duration.ofSeconds(20),
        () -> admin.get(path + "/" + number).at("/migration/memory_total_bytes").asLong(0) > 0,
        () -> admin.get(path + "/" + number).toString());
    assertThat(admin.send("DELETE", path + "/" + number, null).status()).isEqualTo(202);
    awaitMigration(id, "cancelled");
    Things.awaitStatus(admin, id, "ACTIVE");
    assertThat(host(id)).isEqualTo(from);
    well();

    act(id, "{'os-migrateLive': {'host': null, 'block_migration': true}}");
    eventually(
        "running again",
        Duration.ofSeconds(30),
        () -> admin.get(path).at("/migrations/0/status").asString("").equals("running"),
        () -> migration(id).toString());
    var next = admin.get(path).at("/migrations/0/id").asString();
    assertThat(
            admin
                .send("POST", path + "/" + next + "/action", "{\"force_complete\": null}")
                .status())
        .isEqualTo(202);
    awaitMigration(id, "completed");
    Things.awaitStatus(admin, id, "ACTIVE");
    assertThat(host(id)).isNotEqualTo(from);
    well();
  }

  @Test
  void isEvacuatedFromADeadHostWhichForgetsItWhenItReturns() {
    for (boolean shared : List.of(false, true)) {
      share(shared);
      var id = server();
      var address = address(id);
      var from = host(id);
      world.hostDown(from);
      service(from, "{'forced_down': true}");
      act(id, "{'evacuate': {}}");
      eventually(
          "evacuated",
          Duration.ofSeconds(30),
          () -> !host(id).equals(from) && show(id).get("status").asString().equals("ACTIVE"),
          () -> show(id) + " " + migration(id));
      assertThat(migration(id).get("status").asString()).isEqualTo("done");
      assertThat(address(id)).isEqualTo(address);
      // it comes back with its guest still there, and must not keep it
      world.hostUp(from);
      beat();
      service(from, "{'forced_down': false}");
      beat();
      cloud.reconcile();
      awaitMigration(id, "completed");
      well();
    }
    // since 2.95 it is left stopped
    var id = server();
    var from = host(id);
    service(from, "{'forced_down': true}");
    act(id, "{'evacuate': {}}", "openstack-api-version", "compute 2.95");
    Things.awaitStatus(admin, id, "SHUTOFF");
    assertThat(host(id)).isNotEqualTo(from);
  }

  @Test
  void groupsStayApartWhenTheyMove() {
    var group =
        admin
            .post(
                "/compute/v2.1/os-server-groups",
                "{\"server_group\": {\"name\": \"apart\", \"policy\": \"anti-affinity\"}}")
            .at("/server_group/id")
            .asString();
    Set<String> hosts = new HashSet<>();
    var first = "";
    for (int i = 0; i < 3; i++) {
      var id =
          admin
              .post(
                  "/compute/v2.1/servers",
                  """
                  {"server": {"name": "apart", "imageRef": "%s", "flavorRef": "%s",
                    "networks": [{"uuid": "%s"}]}, "os:scheduler_hints": {"group": "%s"}}
                  """
                      .formatted(image, flavor, network, group))
              .at("/server/id")
              .asString();
      Things.awaitStatus(admin, id, "ACTIVE");
      hosts.add(host(id));
      first = id;
    }
    assertThat(hosts).hasSize(3);
    var id = first;
    act(id, "{'migrate': null}");
    awaitMigration(id, "error");
    Things.awaitStatus(admin, id, "ACTIVE");
    var why = admin.get(SERVERS + id + "/why").toString();
    assertThat(why).contains("ServerGroupAntiAffinityFilter");
    well();
  }

  @Test
  void migrationsAreListedByPage() {
    var id = server();
    for (int i = 0; i < 3; i++) {
      act(id, "{'migrate': null}");
      Things.awaitStatus(admin, id, "VERIFY_RESIZE");
      act(id, "{'revertResize': null}");
      Things.awaitStatus(admin, id, "ACTIVE");
    }
    var page = admin.get("/compute/v2.1/os-migrations?limit=2");
    assertThat(page.get("migrations")).hasSize(2);
    var next = page.at("/migrations_links/0/href").asString();
    var rest = admin.get(next.substring(next.indexOf("/compute/")));
    assertThat(rest.get("migrations")).hasSize(1);
    assertThat(Json.text(rest)).contains("reverted");
    assertThat(admin.get("/compute/v2.1/os-migrations?status=confirmed").get("migrations"))
        .isEmpty();
    assertThat(admin.get("/compute/v2.1/os-migrations?migration_type=migration").get("migrations"))
        .hasSize(3);
  }
}
