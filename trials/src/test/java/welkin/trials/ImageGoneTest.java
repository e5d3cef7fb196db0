package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An image is deleted while servers are built from it, each time a little later: every server is
 * ACTIVE, or ERROR with a reason, and nothing of it is left over afterwards.
 */
class ImageGoneTest {
  private static final int MOMENTS = 10;
  @TempDir Path home;

  @Test
  void atAnyMoment() {
    try (var cloud = new TestCloud(home, 2)) {
      var admin = cloud.admin();
      var flavor = Things.flavor(admin);
      var tenant = cloud.newcomer("tenant", "member");
      var network = Things.network(tenant, "net", "10.5.0.0/24");
      var servers = new ArrayList<String>();
      int active = 0;
      for (int moment = 0; moment < MOMENTS; moment++) {
        var image = Things.image(admin);
        var server = Things.boot(tenant, image, flavor, network);
        servers.add(server);
        for (int i = 0; i < moment; i++) {
          tenant.get("/compute/v2.1/servers/" + server);
        }
        assertThat(admin.send("DELETE", "/image/v2/images/" + image, null).status()).isEqualTo(204);
        var status = settled(tenant, server);
        if (status.equals("ERROR")) {
          var fault = tenant.get("/compute/v2.1/servers/" + server).at("/server/fault/message");
          assertThat(fault.asString()).isNotBlank();
        } else {
          active++;
        }
      }
      assertThat(active).as("servers that were quicker than the deletion").isPositive();
      for (var server : servers) {
        assertThat(tenant.send("DELETE", "/compute/v2.1/servers/" + server, null).status())
            .isEqualTo(204);
      }
      eventually(
          "nothing is left of them",
          Duration.ofSeconds(30),
          () ->
              tenant.get("/compute/v2.1/servers").get("servers").isEmpty()
                  && InvariantChecker.violations(cloud).isEmpty(),
          () -> InvariantChecker.violations(cloud).toString());
    }
  }

  private static String settled(TestCloud.Client who, String server) {
    var last = new String[1];
    eventually(
        "server is built or not",
        Duration.ofSeconds(30),
        () -> {
          last[0] = who.get("/compute/v2.1/servers/" + server).at("/server/status").asString();
          return !last[0].equals("BUILD");
        },
        () -> last[0]);
    assertThat(last[0]).isIn("ACTIVE", "ERROR");
    return last[0];
  }
}
