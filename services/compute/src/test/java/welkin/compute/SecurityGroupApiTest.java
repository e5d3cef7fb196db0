package welkin.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.compute.Cloud.ALICE;
import static welkin.compute.Cloud.BOB;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SecurityGroupApiTest {
  private final Cloud cloud = new Cloud();

  SecurityGroupApiTest() {
    var project = ALICE.split("/")[1];
    cloud.neighbours.groups.add(
        Map.of("id", "g1", "name", "web", "project_id", project, "description", "the web"));
    cloud.neighbours.rules.addAll(
        List.of(
            rule("r1", "egress", Map.of()),
            rule("r2", "ingress", Map.of("protocol", "icmp")),
            rule(
                "r3",
                "ingress",
                Map.of("protocol", "tcp", "port_range_min", 22, "port_range_max", 22)),
            rule("r4", "ingress", Map.of("remote_group_id", "g1"))));
  }

  private static Map<String, Object> rule(String id, String direction, Map<String, Object> more) {
    var out = new HashMap<String, Object>(more);
    out.put("id", id);
    out.put("direction", direction);
    out.put("security_group_id", "g1");
    return out;
  }

  private Cloud.Told get(String who, String path) {
    return cloud.call(who, "2.35", "GET", path, null);
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void clientsFindAGroupByItsName() {
    var list = get(ALICE, "/os-security-groups");
    assertThat(list.status()).isEqualTo(200);
    assertThat(list.text("/security_groups/0/id")).isEqualTo("g1");
    assertThat(list.text("/security_groups/0/name")).isEqualTo("web");
    assertThat(get(ALICE, "/os-security-groups/web").status()).isEqualTo(404);
    assertThat(get(BOB, "/os-security-groups/g1").status()).isEqualTo(404);
    assertThat(cloud.call(ALICE, "2.36", "GET", "/os-security-groups", null).status())
        .isEqualTo(404);
  }

  @Test
  void showsIncomingRulesAsComputeKnewThem() {
    var rules = get(ALICE, "/os-security-groups/g1").json().get("security_group").get("rules");
    assertThat(rules).hasSize(3);
    assertThat(rules.get(0).get("from_port").intValue()).isEqualTo(-1);
    assertThat(rules.get(1).get("to_port").intValue()).isEqualTo(22);
    assertThat(rules.get(1).get("ip_range").get("cidr").asString()).isEqualTo("0.0.0.0/0");
    assertThat(rules.get(2).get("from_port").isNull()).isTrue();
    assertThat(rules.get(2).get("group").get("name").asString()).isEqualTo("web");
  }
}
