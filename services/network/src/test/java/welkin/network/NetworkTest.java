package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Networks and subnets as a client meets them. */
class NetworkTest {
  private final Cloud cloud = new Cloud("ml2_type_vxlan.vni_ranges", "10:12");

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void networkIsMadeShownChangedAndDeleted() {
    var made = cloud.post("alice", "/networks", "{'network': {'name': 'n', 'mtu': 1400}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("/network/project_id")).isEqualTo("alice");
    assertThat(made.text("/network/status")).isEqualTo("ACTIVE");
    assertThat(made.at("/network/mtu").asInt()).isEqualTo(1400);
    assertThat(made.at("/network").has("provider:network_type")).isFalse();
    var id = made.text("/network/id");

    var asAdmin = cloud.get("admin", "/networks/" + id);
    assertThat(asAdmin.text("/network/provider:network_type")).isEqualTo("vxlan");
    assertThat(asAdmin.at("/network/provider:segmentation_id").asInt()).isEqualTo(10);

    var changed = cloud.put("alice", "/networks/" + id, "{'network': {'name': 'm'}}");
    assertThat(changed.text("/network/name")).isEqualTo("m");
    assertThat(changed.at("/network/revision_number").asInt()).isEqualTo(2);

    assertThat(cloud.delete("bob", "/networks/" + id).status()).isEqualTo(404);
    assertThat(cloud.delete("alice:reader", "/networks/" + id).status()).isEqualTo(403);
    assertThat(cloud.delete("alice", "/networks/" + id).status()).isEqualTo(204);
    assertThat(cloud.get("alice", "/networks/" + id).type()).isEqualTo("NetworkNotFound");
  }

  @Test
  void administratorsAttributesAreRefused() {
    var said = cloud.post("alice", "/networks", "{'network': {'shared': true}}");
    assertThat(said.status()).isEqualTo(403);
    assertThat(said.message())
        .isEqualTo("(rule:create_network and rule:create_network:shared) is disallowed by policy");
    assertThat(cloud.post("alice", "/networks", "{'network': {'shared': false}}").status())
        .isEqualTo(201);
  }

  @Test
  void sharedNetworksAreSeenByAll() {
    var id = cloud.make("admin", "networks", "{'network': {'name': 's', 'shared': true}}");
    assertThat(cloud.get("bob", "/networks?shared=true").text("/networks/0/id")).isEqualTo(id);
    assertThat(cloud.get("bob", "/networks?shared=false").at("/networks").size()).isZero();
    assertThat(cloud.put("bob", "/networks/" + id, "{'network': {'name': 'x'}}").status())
        .isEqualTo(403);
  }

  @Test
  void wrongBodiesAreNamed() {
    assertThat(cloud.post("alice", "/networks", "{'network': {'nam': 'x'}}").message())
        .isEqualTo("Unrecognized attribute(s) 'nam'");
    assertThat(cloud.post("alice", "/networks", "{'net': {}}").message())
        .isEqualTo("Unable to find 'network' in request body");
    assertThat(
            cloud.post("alice", "/networks", "{'network': {'admin_state_up': 'maybe'}}").message())
        .isEqualTo(
            "Invalid input for admin_state_up. Reason: 'maybe' cannot be converted to boolean.");
    assertThat(cloud.get("alice", "/networks?colour=red").message())
        .isEqualTo("['colour'] is invalid attribute for filtering");
    assertThat(cloud.get("alice", "/networks?limit=-1").status()).isEqualTo(400);
    assertThat(cloud.call(null, "GET", "/v2.0/networks", null).status()).isEqualTo(401);
  }

  @Test
  void segmentsRunOut() {
    for (int i = 0; i < 3; i++) {
      cloud.network("alice", "n" + i);
    }
    var said = cloud.post("alice", "/networks", "{'network': {}}");
    assertThat(said.status()).isEqualTo(503);
    assertThat(said.type()).isEqualTo("NoNetworkAvailable");
  }

  @Test
  void providerNetworks() {
    var flat =
        "{'network': {'router:external': true, 'provider:network_type': 'flat',"
            + " 'provider:physical_network': 'public'}}";
    var made = cloud.post("admin", "/networks", flat);
    assertThat(made.at("/network/mtu").asInt()).isEqualTo(1500);
    assertThat(made.at("/network/is_default").asBoolean()).isFalse();
    assertThat(cloud.post("admin", "/networks", flat).type()).isEqualTo("FlatNetworkInUse");
    assertThat(cloud.get("bob", "/networks?router:external=True").at("/networks").size())
        .isEqualTo(1);
    assertThat(
            cloud
                .post("admin", "/networks", "{'network': {'provider:network_type': 'token'}}")
                .type())
        .isEqualTo("InvalidInput");
  }

  @Test
  void bulkIsAllOrNothing() {
    var said = cloud.post("alice", "/networks", "{'networks': [{'name': 'a'}, {'name': 'b'}]}");
    assertThat(said.status()).isEqualTo(201);
    assertThat(said.at("/networks").size()).isEqualTo(2);
    var wrong = cloud.post("alice", "/networks", "{'networks': [{'name': 'c'}, {'shared': true}]}");
    assertThat(wrong.status()).isEqualTo(403);
    assertThat(cloud.get("alice", "/networks").at("/networks").size()).isEqualTo(2);
  }

  @Test
  void subnetHasUpstreamsDefaults() {
    var net = cloud.network("alice", "n");
    var said =
        cloud.post(
            "alice",
            "/subnets",
            "{'subnet': {'network_id': '" + net + "', 'ip_version': 4, 'cidr': '10.0.0.0/24'}}");
    assertThat(said.status()).isEqualTo(201);
    assertThat(said.text("/subnet/gateway_ip")).isEqualTo("10.0.0.1");
    assertThat(said.text("/subnet/allocation_pools/0/start")).isEqualTo("10.0.0.2");
    assertThat(said.text("/subnet/allocation_pools/0/end")).isEqualTo("10.0.0.254");
    assertThat(said.at("/subnet/enable_dhcp").asBoolean()).isTrue();
    assertThat(cloud.get("alice", "/networks/" + net).text("/network/subnets/0"))
        .isEqualTo(said.text("/subnet/id"));
    var overlap =
        cloud.post(
            "alice",
            "/subnets",
            "{'subnet': {'network_id': '" + net + "', 'ip_version': 4, 'cidr': '10.0.0.0/25'}}");
    assertThat(overlap.type()).isEqualTo("InvalidInput");
    assertThat(cloud.get("bob", "/subnets").at("/subnets").size()).isZero();
  }

  @Test
  void subnetIsChecked() {
    var net = cloud.network("alice", "n");
    var start = "{'subnet': {'network_id': '" + net + "', 'ip_version': ";
    assertThat(cloud.post("alice", "/subnets", start + "4, 'cidr': '10.0.0.1/24'}}").message())
        .contains("'10.0.0.0/24' is recommended");
    assertThat(cloud.post("alice", "/subnets", start + "6, 'cidr': '10.0.0.0/24'}}").type())
        .isEqualTo("InvalidInput");
    assertThat(
            cloud
                .post(
                    "alice",
                    "/subnets",
                    start
                        + "4, 'cidr': '10.0.0.0/24', 'allocation_pools':"
                        + " [{'start': '10.0.0.1', 'end': '10.0.0.9'}]}}")
                .type())
        .isEqualTo("GatewayConflictWithAllocationPools");
    assertThat(
            cloud
                .post(
                    "alice",
                    "/subnets",
                    start
                        + "4, 'cidr': '10.0.0.0/24', 'allocation_pools':"
                        + " [{'start': '10.0.1.2', 'end': '10.0.1.9'}]}}")
                .status())
        .isEqualTo(400);
    assertThat(
            cloud
                .post(
                    "alice",
                    "/subnets",
                    start
                        + "6, 'cidr': 'fd00::/60', 'ipv6_ra_mode': 'slaac', 'ipv6_address_mode':"
                        + " 'slaac'}}")
                .type())
        .isEqualTo("InvalidInput");
    var sub = cloud.subnet("alice", net, "10.0.0.0/24");
    assertThat(
            cloud.put("alice", "/subnets/" + sub, "{'subnet': {'cidr': '10.1.0.0/24'}}").message())
        .isEqualTo("Cannot update read-only attribute cidr");
    var port = cloud.port("alice", net);
    assertThat(cloud.delete("alice", "/subnets/" + sub).type()).isEqualTo("SubnetInUse");
    assertThat(cloud.delete("alice", "/networks/" + net).type()).isEqualTo("NetworkInUse");
    assertThat(cloud.delete("alice", "/ports/" + port).status()).isEqualTo(204);
    assertThat(cloud.delete("alice", "/networks/" + net).status()).isEqualTo(204);
    assertThat(cloud.get("alice", "/subnets/" + sub).status()).isEqualTo(404);
  }

  @Test
  void quotaIsCounted() {
    assertThat(
            cloud
                .call("admin", "PUT", "/v2.0/quotas/alice", Cloud.json("{'quota': {'network': 1}}"))
                .at("/quota/network")
                .asInt())
        .isEqualTo(1);
    var one = cloud.network("alice", "n");
    var said = cloud.post("alice", "/networks", "{'network': {}}");
    assertThat(said.status()).isEqualTo(409);
    assertThat(said.type()).isEqualTo("OverQuota");
    assertThat(said.message()).isEqualTo("Quota exceeded for resources: ['network'].");
    assertThat(cloud.get("admin", "/quotas/alice/details").at("/quota/network/used").asInt())
        .isEqualTo(1);
    cloud.delete("alice", "/networks/" + one);
    assertThat(cloud.post("alice", "/networks", "{'network': {}}").status()).isEqualTo(201);
  }

  @Test
  void pagesTagsAndRevisions() {
    for (int i = 0; i < 3; i++) {
      cloud.network("alice", "n" + i);
    }
    var first = cloud.get("alice", "/networks?limit=2&sort_key=name&sort_dir=desc");
    assertThat(first.text("/networks/0/name")).isEqualTo("n2");
    assertThat(first.text("/networks_links/0/rel")).isEqualTo("next");
    var next = first.text("/networks_links/0/href");
    var second = cloud.get("alice", next.substring(next.indexOf("/networks")));
    assertThat(second.text("/networks/0/name")).isEqualTo("n0");
    assertThat(second.at("/networks_links").findValuesAsString("rel")).containsExactly("previous");

    var id = first.text("/networks/0/id");
    assertThat(cloud.put("alice", "/networks/" + id + "/tags/red", "{}").status()).isEqualTo(201);
    assertThat(cloud.get("alice", "/networks?tags=red").at("/networks").size()).isEqualTo(1);
    assertThat(cloud.get("alice", "/networks?not-tags=red").at("/networks").size()).isEqualTo(2);
    assertThat(cloud.get("alice", "/networks/" + id + "/tags/blue").type())
        .isEqualTo("TagNotFound");
    assertThat(
            cloud
                .call(
                    "alice",
                    "PUT",
                    "/v2.0/networks/" + id,
                    Cloud.json("{'network': {'name': 'x'}}"),
                    "if-match",
                    "revision_number=1")
                .status())
        .isEqualTo(412);
    assertThat(cloud.get("alice", "/networks?fields=id&name=n1").at("/networks/0").size())
        .isEqualTo(1);
  }
}
