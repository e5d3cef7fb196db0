package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits in the strict two-level model: a domain's bounds those of its projects. */
class StrictLimitsTest {
  private static final Object[] STRICT = {"unified_limit.enforcement_model", "strict_two_level"};

  @TempDir Path home;
  private TestIdentity cloud;

  @AfterEach
  void close() {
    if (cloud != null) {
      cloud.close();
    }
  }

  private String registered;

  private String start(long defaultLimit) {
    cloud = new TestIdentity(home, STRICT);
    var service = cloud.get("/v3/services?type=compute", cloud.admin()).body().at("/services/0/id");
    registered =
        cloud
            .call(
                "POST",
                "/v3/registered_limits",
                cloud.admin(),
                Map.of(
                    "registered_limits",
                    List.of(
                        Map.of(
                            "service_id",
                            service.asString(),
                            "resource_name",
                            "servers",
                            "default_limit",
                            defaultLimit))))
            .body()
            .at("/registered_limits/0/id")
            .asString();
    return service.asString();
  }

  private static Map<String, Object> limit(String service, String noun, String owner, long n) {
    var out = new HashMap<String, Object>();
    out.put("service_id", service);
    out.put("resource_name", "servers");
    out.put("resource_limit", n);
    out.put(noun, owner);
    return out;
  }

  @SafeVarargs
  private TestIdentity.Said limits(Map<String, Object>... all) {
    return cloud.call("POST", "/v3/limits", cloud.admin(), Map.of("limits", List.of(all)));
  }

  @Test
  void aProjectsLimitIsNoBiggerThanItsDomains() {
    var service = start(10);
    assertThat(cloud.get("/v3/limits/model", cloud.admin()).body().at("/model/name").asString())
        .isEqualTo("strict_two_level");
    var domain = cloud.make("domain", Map.of("name", "acme"));
    var one = cloud.make("project", Map.of("name", "one", "domain_id", domain));
    var two = cloud.make("project", Map.of("name", "two", "domain_id", domain));

    var over = limits(limit(service, "project_id", one, 11));
    assertThat(over.status()).isEqualTo(403);
    assertThat(over.message())
        .contains("project_id: " + one, "resource_limit: 11", "satisfy current hierarchy model");
    assertThat(limits(limit(service, "project_id", one, -1)).status()).isEqualTo(403);

    // its domain's limit may come with it, in any order
    var both =
        limits(limit(service, "project_id", one, 15), limit(service, "domain_id", domain, 20));
    assertThat(both.status()).isEqualTo(201);
    var own = both.body().at("/limits/0/id").asString();
    var domains = both.body().at("/limits/1/id").asString();
    assertThat(both.body().at("/limits/1/domain_id").asString()).isEqualTo(domain);
    assertThat(limits(limit(service, "project_id", two, 21)).status()).isEqualTo(403);
    assertThat(patch("/v3/limits/" + own, "limit", "resource_limit", 21)).isEqualTo(403);
    assertThat(patch("/v3/limits/" + own, "limit", "resource_limit", 20)).isEqualTo(200);
    assertThat(patch("/v3/limits/" + domains, "limit", "resource_limit", 19)).isEqualTo(403);
    assertThat(patch("/v3/limits/" + domains, "limit", "resource_limit", -1)).isEqualTo(200);
    assertThat(limits(limit(service, "project_id", two, -1)).status()).isEqualTo(201);
  }

  @Test
  void theDefaultBoundsProjectsWhoseDomainHasNone() {
    var service = start(10);
    var domain = cloud.make("domain", Map.of("name", "acme"));
    var one = cloud.make("project", Map.of("name", "one", "domain_id", domain));
    assertThat(limits(limit(service, "project_id", one, 8)).status()).isEqualTo(201);
    var path = "/v3/registered_limits/" + registered;
    assertThat(patch(path, "registered_limit", "default_limit", 7)).isEqualTo(403);
    assertThat(patch(path, "registered_limit", "default_limit", 8)).isEqualTo(200);
  }

  private int patch(String path, String noun, String field, long value) {
    return cloud.call("PATCH", path, cloud.admin(), Map.of(noun, Map.of(field, value))).status();
  }

  private List<String> tree(int levels) {
    var ids = new ArrayList<String>();
    for (int i = 0; i < levels; i++) {
      var parent = i == 0 ? "default" : ids.getLast();
      ids.add(cloud.make("project", Map.of("name", "level" + i, "parent_id", parent)));
    }
    return ids;
  }

  @Test
  void treesAreTwoLevelsDeep() {
    start(10);
    var ids = tree(2);
    var said =
        cloud.call(
            "POST",
            "/v3/projects",
            cloud.admin(),
            Map.of("project", Map.of("name", "third", "parent_id", ids.getLast())));
    assertThat(said.status()).isEqualTo(403);
    assertThat(said.message()).contains("Max hierarchy depth reached for " + ids.getLast());
  }

  @Test
  void aDeeperTreeStopsTheStart() {
    cloud = new TestIdentity(home);
    var deepest = tree(3).getLast();
    cloud.close();
    cloud = null;
    assertThatThrownBy(() -> new TestIdentity(home, STRICT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(deepest)
        .hasMessageContaining("enforcement_model");
  }
}
