package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** RBAC policies, idempotency keys, extensions and the small lists. */
class SharingTest {
  private final Cloud cloud = new Cloud();

  @AfterEach
  void close() {
    cloud.close();
  }

  private static String policy(String network, String target) {
    return "{'rbac_policy': {'object_type': 'network', 'object_id': '"
        + network
        + "', 'action': 'access_as_shared', 'target_tenant': '"
        + target
        + "'}}";
  }

  @Test
  void aPolicyLetsOneProjectIn() {
    var net = cloud.network("alice", "n");
    assertThat(cloud.get("bob", "/networks/" + net).status()).isEqualTo(404);
    assertThat(cloud.post("bob", "/rbac-policies", policy(net, "bob")).status()).isEqualTo(404);
    assertThat(cloud.post("alice", "/rbac-policies", policy(net, "*")).status()).isEqualTo(403);
    var made = cloud.post("alice", "/rbac-policies", policy(net, "bob"));
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.at("/rbac_policy").has("created_at")).isFalse();
    assertThat(cloud.get("bob", "/networks/" + net).at("/network/shared").asBoolean()).isTrue();
    assertThat(cloud.get("alice", "/networks/" + net).at("/network/shared").asBoolean()).isFalse();
    assertThat(cloud.get("bob", "/networks").at("/networks").size()).isEqualTo(1);
    assertThat(cloud.post("alice", "/rbac-policies", policy(net, "bob")).type())
        .isEqualTo("DuplicateRbacPolicy");
    var port = cloud.port("bob", net);
    var id = made.text("/rbac_policy/id");
    assertThat(cloud.delete("alice", "/rbac-policies/" + id).type()).isEqualTo("RbacPolicyInUse");
    cloud.delete("bob", "/ports/" + port);
    assertThat(cloud.delete("alice", "/rbac-policies/" + id).status()).isEqualTo(204);
    assertThat(cloud.get("bob", "/networks/" + net).status()).isEqualTo(404);
  }

  @Test
  void aListOfSomeAttributesShowsThemAsAListOfAllDoes() {
    var net = cloud.network("alice", "n");
    cloud.post("alice", "/rbac-policies", policy(net, "bob"));
    var group = cloud.make("alice", "security-groups", "{'security_group': {'name': 'web'}}");
    cloud.post(
        "alice", "/rbac-policies", policy(group, "bob").replace("'network'", "'security_group'"));
    for (var name : List.of("networks", "security-groups")) {
      var key = "/" + name.replace('-', '_');
      var all = cloud.get("bob", "/" + name).at(key);
      assertThat(all.findValuesAsString("id")).contains(name.equals("networks") ? net : group);
      for (var field : all.get(0).propertyNames()) {
        var some = cloud.get("bob", "/" + name + "?fields=id&fields=" + field).at(key);
        assertThat(some.size()).isEqualTo(all.size());
        for (int i = 0; i < all.size(); i++) {
          assertThat(some.get(i).get(field)).isEqualTo(all.get(i).get(field));
          assertThat(some.get(i).size()).isLessThan(3);
        }
      }
    }
  }

  @Test
  void anIdempotencyKeyStandsForThePort() {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var body = Cloud.json("{'port': {'network_id': '" + net + "'}}");
    var first = cloud.call("alice", "POST", "/v2.0/ports", body, "idempotency-key", "k");
    var again = cloud.call("alice", "POST", "/v2.0/ports", body, "idempotency-key", "k");
    assertThat(again.at("/port")).isEqualTo(first.at("/port"));
    var kept =
        cloud
            .database()
            .read(
                sql ->
                    sql.list(
                        "SELECT resource_id, status FROM idempotency WHERE at < " + Long.MAX_VALUE,
                        r -> r.text("resource_id") + " " + r.integer("status")));
    assertThat(kept).containsExactly(first.text("/port/id") + " 201");
  }

  @Test
  void smallLists() {
    assertThat(cloud.call(null, "GET", "/", null).text("/versions/0/id")).isEqualTo("v2.0");
    assertThat(cloud.get("alice", "/extensions/router").text("/extension/alias"))
        .isEqualTo("router");
    assertThat(cloud.get("alice", "/extensions/trunk").status()).isEqualTo(404);
    assertThat(cloud.get("alice", "/quotas/alice").at("/quota/port").asInt()).isEqualTo(500);
    assertThat(cloud.get("bob", "/quotas/alice").status()).isEqualTo(403);
    assertThat(cloud.get("alice", "/service-providers").status()).isEqualTo(200);
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    cloud.port("alice", net);
    var use = cloud.get("admin", "/network-ip-availabilities/" + net);
    assertThat(use.at("/network_ip_availability/used_ips").asInt()).isEqualTo(1);
    assertThat(use.at("/network_ip_availability/total_ips").asInt()).isEqualTo(253);
  }
}
