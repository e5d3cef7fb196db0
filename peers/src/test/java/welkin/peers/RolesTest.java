package welkin.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RolesTest {
  private static Roles of(String... words) {
    return Roles.parse(List.of(words));
  }

  @Test
  void allIsEverything() {
    assertThat(Roles.ALL.all()).isTrue();
    assertThat(Roles.ALL.api("image")).isTrue();
    assertThat(Roles.ALL.worker("compute")).isTrue();
    assertThat(Roles.ALL.compute()).isTrue();
    assertThat(Roles.ALL.networkAgent()).isTrue();
    assertThat(Roles.ALL.hostOnly()).isFalse();
    assertThat(Roles.ALL).hasToString("all");
  }

  @Test
  void aControlHostPlaysNoHost() {
    var roles = of("api", " worker");
    assertThat(roles.api("identity")).isTrue();
    assertThat(roles.worker("compute")).isTrue();
    assertThat(roles.host()).isFalse();
    assertThat(roles.all()).isFalse();
  }

  @Test
  void aServiceAlone() {
    var roles = of("identity:api", "compute:worker");
    assertThat(roles.api("identity")).isTrue();
    assertThat(roles.worker("identity")).isFalse();
    assertThat(roles.has("compute")).isTrue();
    assertThat(roles.api("compute")).isFalse();
    assertThat(roles.has("image")).isFalse();
    assertThat(roles.named()).containsExactly("compute", "identity");
    assertThat(roles).hasToString("compute:worker,identity:api");
  }

  @Test
  void agentsAlone() {
    var roles = of("compute", "network-agent");
    assertThat(roles.hostOnly()).isTrue();
    assertThat(roles.has("compute")).isFalse();
    assertThat(of("compute").networkAgent()).isFalse();
    assertThat(of("compute", "image:api").hostOnly()).isFalse();
  }

  @Test
  void aWrongWordIsToldWithTheNearest() {
    assertThatThrownBy(() -> of("workers")).hasMessageContaining("did you mean 'worker'?");
    assertThatThrownBy(() -> of("identity:compute")).hasMessageContaining("write 'compute'");
    assertThatThrownBy(() -> of()).hasMessageContaining("no roles");
  }
}
