package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ADMIN;
import static welkin.compute.Cloud.ALICE;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long hosts are up: to 2.87 in a call of its own, from 2.88 in the view. */
class HypervisorApiTest {
  private static final String UP =
      " \\d\\d:\\d\\d:\\d\\d up 0 days, .* load average: 0.00, 0.00, 0.00";

  private final AtomicReference<Cloud> now = new AtomicReference<>();
  private final MovingHosts hosts = new MovingHosts((s, p) -> now.get().wired(s, p), "one");
  private Cloud cloud;

  @BeforeEach
  void open() {
    cloud = new Cloud();
    now.set(cloud);
    cloud.start(hosts.agents);
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private String id(String version) {
    return cloud.call(ADMIN, version, "GET", "/os-hypervisors", null).text("/hypervisors/0/id");
  }

  @Test
  void uptimeIsACallOfItsOwnAtFirst() {
    var told = cloud.call(ADMIN, "2.53", "GET", "/os-hypervisors/" + id("2.53") + "/uptime", null);
    assertThat(told.status()).isEqualTo(200);
    assertThat(told.text("/hypervisor/uptime")).matches(UP);
    assertThat(told.text("/hypervisor/hypervisor_hostname")).isEqualTo("one");
    assertThat(told.text("/hypervisor/state")).isEqualTo("up");
    assertThat(told.text("/hypervisor/status")).isEqualTo("enabled");
    assertThat(
            cloud
                .call(ADMIN, "2.88", "GET", "/os-hypervisors/" + id("2.88") + "/uptime", null)
                .status())
        .isEqualTo(404);
    assertThat(
            cloud
                .call(ALICE, "2.53", "GET", "/os-hypervisors/" + id("2.53") + "/uptime", null)
                .status())
        .isEqualTo(403);
  }

  @Test
  void laterItIsInTheView() {
    assertThat(
            cloud
                .call(ADMIN, "2.88", "GET", "/os-hypervisors/" + id("2.88"), null)
                .text("/hypervisor/uptime"))
        .matches(UP);
    assertThat(
            cloud
                .call(ADMIN, "2.88", "GET", "/os-hypervisors/detail", null)
                .text("/hypervisors/0/uptime"))
        .matches(UP);
  }
}
