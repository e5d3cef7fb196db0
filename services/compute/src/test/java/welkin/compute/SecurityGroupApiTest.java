package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SecurityGroupApiTest {
  private final Cloud cloud = new Cloud();

  SecurityGroupApiTest() {
    var project = ALICE.split("/")[1];
    cloud.neighbours.groups.add(
        Map.of("id", GROUP, "name", "web", "project_id", project, "description", "the web"));
  }

  private Cloud.Told get(String who, String path) {
    return cloud.call(who, "2.35", "GET", path, null);
  }

  private static final String GROUP = "0b1e7f0e-6a3c-4c55-9c9b-5b7d2a1f0e11";

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void clientsFindAGroupByItsName() {
    var list = get(ALICE, "/os-security-groups");
    assertThat(list.status()).isEqualTo(200);
    assertThat(list.text("/security_groups/0/id")).isEqualTo(GROUP);
    assertThat(list.text("/security_groups/0/name")).isEqualTo("web");
    assertThat(get(ALICE, "/os-security-groups/web").status()).isEqualTo(400);
    assertThat(get(BOB, "/os-security-groups/" + GROUP).status()).isEqualTo(404);
    assertThat(cloud.call(ALICE, "2.36", "GET", "/os-security-groups", null).status())
        .isEqualTo(404);
  }
}
