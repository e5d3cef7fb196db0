package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The main walk on simulated hosts: from nothing to an ACTIVE server with a port, and back to
 * nothing.
 */
class FirstServerTest {
  @TempDir Path home;

  @Test
  void aServerComesAndGoesAndLeavesNothing() {
    try (var cloud = new TestCloud(home, 2)) {
      var admin = cloud.admin();
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);
      var tenant = cloud.newcomer("tenant", "member");
      var network = Things.network(tenant, "net", "10.5.0.0/24");
      var server = Things.boot(tenant, image, flavor, network);
      var active = Things.awaitStatus(tenant, server, "ACTIVE");
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
        Things.awaitStatus(tenant, server, parts[1]);
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

  /** As a worker makes it that stood still while another undid its work. */
  @Test
  void whatIsClaimedForAServerThatIsGoneIsGivenBack() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);
      var network = Things.network(admin, "net", "10.7.0.0/24");
      var server = Things.boot(admin, image, flavor, network);
      Things.awaitStatus(admin, server, "ACTIVE");
      var held = admin.get("/placement/allocations/" + server).get("allocations");
      var host = held.propertyNames().iterator().next();
      admin.send("DELETE", "/compute/v2.1/servers/" + server, null);
      eventually(
          "server gone",
          () -> admin.send("GET", "/compute/v2.1/servers/" + server, null).status() == 404);
      var claim =
          """
          {"allocations": {"%s": {"resources": {"VCPU": 1}}}, "project_id": "p", "user_id": "u",
           "consumer_generation": null, "consumer_type": "INSTANCE"}
          """
              .formatted(host);
      assertThat(admin.send("PUT", "/placement/allocations/" + server, claim).status())
          .isEqualTo(204);
      eventually(
          "given back",
          () -> {
            cloud.reconcile();
            return admin.get("/placement/allocations/" + server).get("allocations").isEmpty();
          });
    }
  }

  @Test
  void theSameIdempotencyKeyMakesOneServer() {
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      var image = Things.image(admin);
      var flavor = Things.flavor(admin);
      var network = Things.network(admin, "net", "10.6.0.0/24");
      Set<String> made = new HashSet<>();
      for (int i = 0; i < 3; i++) {
        made.add(Things.boot(admin, image, flavor, network, "idempotency-key", "the-first"));
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
      Things.awaitStatus(admin, made.iterator().next(), "ACTIVE");
    }
  }

  @Test
  void aRestartFindsEverythingAndEventsHaveNoGaps() {
    String server;
    try (var cloud = new TestCloud(home, 1)) {
      var admin = cloud.admin();
      server =
          Things.boot(
              admin,
              Things.image(admin),
              Things.flavor(admin),
              Things.network(admin, "net", "10.7.0.0/24"));
      Things.awaitStatus(admin, server, "ACTIVE");
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
