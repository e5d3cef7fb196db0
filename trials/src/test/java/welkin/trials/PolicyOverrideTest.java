package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operator's policy files in the state folder decide who may; a mistake in one stops the start.
 */
class PolicyOverrideTest {
  private static final String FLAVOR =
      "{\"flavor\": {\"name\": \"own\", \"ram\": 64, \"vcpus\": 1, \"disk\": 1}}";
  private static final String NETWORK = "{\"network\": {\"name\": \"own\"}}";

  @TempDir Path home;

  private void policy(String file, String text) throws IOException {
    Files.createDirectories(home.resolve("policy"));
    Files.writeString(home.resolve("policy").resolve(file), text);
  }

  @Test
  void aFileWidensAndNarrowsWhoMay() throws IOException {
    try (var cloud = new TestCloud(home, 1)) {
      var member = cloud.newcomer("tenant", "member");
      assertThat(member.send("POST", "/compute/v2.1/flavors", FLAVOR).status()).isEqualTo(403);
      assertThat(member.send("POST", "/network/v2.0/networks", NETWORK).status()).isEqualTo(201);
    }
    policy("compute.yaml", "\"os_compute_api:os-flavor-manage:create\": \"role:member\"\n");
    policy("network.yaml", "\"create_network\": \"role:admin\"\n");
    try (var cloud = new TestCloud(home, 1)) {
      var member = cloud.login("tenant", "secret", "tenant");
      assertThat(member.send("POST", "/compute/v2.1/flavors", FLAVOR).status()).isEqualTo(200);
      assertThat(member.send("POST", "/network/v2.0/networks", NETWORK).status()).isEqualTo(403);
    }
  }

  @Test
  void aRuleThatDoesNotExistStopsTheStart() throws IOException {
    policy("compute.yaml", "\"os_compute_api:os-flavor-manage:creat\": \"role:member\"\n");
    assertThatThrownBy(() -> new TestCloud(home, 1).close())
        .hasMessageContaining("compute.yaml")
        .hasMessageContaining("os_compute_api:os-flavor-manage:create");
  }
}
