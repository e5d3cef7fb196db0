package welkin.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AccessRuleTest {
  private static boolean allows(String path, String asked) {
    return new AccessRule("compute", "GET", path).allows("compute", "GET", asked);
  }

  @Test
  void wildcards() {
    assertThat(allows("/v2.1/servers", "/v2.1/servers")).isTrue();
    assertThat(allows("/v2.1/servers", "/v2.1/servers/7")).isFalse();
    assertThat(allows("/v2.1/servers", "/v2x1/servers")).isFalse();
    assertThat(allows("/v2.1/servers/*", "/v2.1/servers/7")).isTrue();
    assertThat(allows("/v2.1/servers/*", "/v2.1/servers/7/action")).isFalse();
    assertThat(allows("/v2.1/servers/{id}/action", "/v2.1/servers/7/action")).isTrue();
    assertThat(allows("/v2.1/**", "/v2.1/servers/7/action")).isTrue();
    assertThat(allows("/v2.1/**", "/v3/x")).isFalse();
    assertThat(allows("/a{", "/a{")).isTrue();
  }

  @Test
  void serviceAndMethod() {
    var rule = new AccessRule("compute", "GET", "/x");
    assertThat(rule.allows("image", "GET", "/x")).isFalse();
    assertThat(rule.allows("compute", "POST", "/x")).isFalse();
  }
}
