package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The main walk on simulated hosts: from nothing to an ACTIVE server with a port, and back to
 * nothing.
 */
class FirstServerTest {
  @TempDir Path home;

  private static String image(TestCloud.Client admin) {
    var image =
        admin.post(
            "/image/v2/images",
            "{\"name\": \"tiny\", \"disk_format\": \"raw\", \"container_format\": \"bare\","
                + " \"visibility\": \"public\"}");
    var id = image.get("id").asString();
    var answer =
        admin.send(
            "PUT",
            "/image/v2/images/" + id + "/file",
            "x".repeat(4096),
            "content-type",
            "application/octet-stream");
    assertThat(answer.status()).as(answer.body()).isEqualTo(204);
    return id;
  }

  private static String flavor(TestCloud.Client admin) {
    return admin
        .post(
            "/compute/v2.1/flavors",
            "{\"flavor\": {\"name\": \"nano\", \"ram\": 64, \"vcpus\": 1, \"disk\": 1}}")
        .at("/flavor/id")
        .asString();
  }

  private static String network(TestCloud.Client who, String name, String cidr) {
    var network =
        who.post("/network/v2.0/networks", "{\"network\": {\"name\": \"" + name + "\"}}")
            .at("/network/id")
            .asString();
    who.post(
        "/network/v2.0/subnets",
        "{\"subnet\": {\"network_id\": \"%s\", \"ip_version\": 4, \"cidr\": \"%s\"}}"
            .formatted(network, cidr));
    return network;
  }

  private static JsonNode awaitStatus(TestCloud.Client who, String server, String wanted) {
    var last = new JsonNode[1];
    eventually(
        "server " + wanted,
        java.time.Duration.ofSeconds(30),
        () -> {
          last[0] = who.get("/compute/v2.1/servers/" + server).get("server");
          var status = last[0].get("status").asString();
          return status.equals(wanted) || status.equals("ERROR");
        },
        () -> String.valueOf(last[0]));
    assertThat(last[0].get("status").asString()).as(last[0].toString()).isEqualTo(wanted);
    return last[0];
  }

  private static String boot(
      TestCloud.Client who, String image, String flavor, String network, String... headers) {
    return who.post(
            "/compute/v2.1/servers",
            """
            {"server": {"name": "first", "imageRef": "%s", "flavorRef": "%s", "networks": [{"uuid": "%s"}]}}
            """
                .formatted(image, flavor, network),
            headers)
        .at("/server/id")
        .asString();
  }

  @Test
  void aServerComesAndGoesAndLeavesNothing() {
    try (var cloud = new TestCloud(home, 2)) {
      var admin = cloud.admin();
      var image = image(admin);
      var flavor = flavor(admin);
      var tenant = cloud.newcomer("tenant", "member");
      var network = network(tenant, "net", "10.5.0.0/24");
      var server = boot(tenant, image, flavor, network);
      var active = awaitStatus(tenant, server, "ACTIVE");
      assertThat(active.at("/addresses/net/0/addr").asString()).startsWith("10.5.0.");
      assertThat(
              tenant
                  .get("/compute/v2.1/limits")
                  .at("/limits/absolute/totalInstancesUsed")
                  .intValue())
          .isEqualTo(1);
      assertThat(admin.get("/placement/allocations/" + server).get("allocations")).hasSize(1);
      var port = tenant.get("/network/v2.0/ports?device_id=" + server).get("ports").get(0);
      assertThat(port.get("status").asString()).isEqualTo("ACTIVE");

      for (var action :
          java.util.List.of(
              "os-stop:SHUTOFF",
              "os-start:ACTIVE",
              "pause:PAUSED",
              "unpause:ACTIVE",
              "suspend:SUSPENDED",
              "resume:ACTIVE")) {
        var parts = action.split(":");
        assertThat(
                tenant
                    .send(
                        "POST",
                        "/compute/v2.1/servers/" + server + "/action",
                        "{\"" + parts[0] + "\": null}")
                    .status())
            .as(action)
            .isEqualTo(202);
        awaitStatus(tenant, server, parts[1]);
      }

      assertThat(tenant.send("DELETE", "/compute/v2.1/servers/" + server, null).status())
          .isEqualTo(204);
      eventually(
          "server gone",
          () -> tenant.send("GET", "/compute/v2.1/servers/" + server, null).status() == 404);
      eventually(
          "ports gone",
          () -> tenant.get("/network/v2.0/ports?device_id=" + server).get("ports").isEmpty());
      assertThat(admin.get("/placement/allocations/" + server).get("allocations")).isEmpty();
      assertThat(
              tenant
                  .get("/compute/v2.1/limits")
                  .at("/limits/absolute/totalInstancesUsed")
                  .intValue())
          .isZero();
    }
  }

  @Test
  void theSameIdempotencyKeyMakesOneServer() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      var image = image(admin);
      var flavor = flavor(admin);
      var network = network(admin, "net", "10.6.0.0/24");
      Set<String> made = new HashSet<>();
      for (int i = 0; i < 3; i++) {
        made.add(boot(admin, image, flavor, network, "idempotency-key", "the-first"));
      }
      assertThat(made).hasSize(1);
      assertThat(
              admin
                  .send(
                      "POST",
                      "/compute/v2.1/os-keypairs",
                      "{\"keypair\": {\"name\": \"k\"}}",
                      "idempotency-key",
                      "the-first")
                  .status())
          .isEqualTo(422);
      awaitStatus(admin, made.iterator().next(), "ACTIVE");
    }
  }

  @Test
  void aRestartFindsEverythingAndEventsHaveNoGaps() {
    String server;
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      server = boot(admin, image(admin), flavor(admin), network(admin, "net", "10.7.0.0/24"));
      awaitStatus(admin, server, "ACTIVE");
    }
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      assertThat(admin.get("/compute/v2.1/servers/" + server).at("/server/id").asString())
          .isEqualTo(server);
      var answer = admin.send("GET", "/v1/events?since=0", null);
      assertThat(answer.status()).isEqualTo(200);
      var out = new java.io.ByteArrayOutputStream();
      try {
        answer.stream().write(out);
      } catch (java.io.IOException e) {
        throw new AssertionError(e);
      }
      assertThat(out.toString(java.nio.charset.StandardCharsets.UTF_8))
          .contains("compute.instance.create")
          .contains(server);
    }
  }
}
