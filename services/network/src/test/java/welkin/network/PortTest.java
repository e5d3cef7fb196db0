package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ports, their addresses and their groups. */
class PortTest {
  private final Cloud cloud = new Cloud("quotas.quota_port", 5000);

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void portGetsMacAddressAddressAndDefaultGroup() {
    var net = cloud.network("alice", "n");
    var sub = cloud.subnet("alice", net, "10.0.0.0/24");
    var said = cloud.post("alice", "/ports", "{'port': {'network_id': '" + net + "'}}");
    assertThat(said.status()).isEqualTo(201);
    assertThat(said.text("/port/mac_address")).startsWith("fa:16:3e:");
    assertThat(said.text("/port/fixed_ips/0/subnet_id")).isEqualTo(sub);
    assertThat(said.text("/port/fixed_ips/0/ip_address")).isEqualTo("10.0.0.2");
    assertThat(said.text("/port/status")).isEqualTo("DOWN");
    assertThat(said.at("/port/security_groups").size()).isEqualTo(1);
    assertThat(said.at("/port").has("binding:host_id")).isFalse();
    assertThat(said.text("/port/binding:vnic_type")).isEqualTo("normal");
    var asAdmin = cloud.get("admin", "/ports/" + said.text("/port/id"));
    assertThat(asAdmin.text("/port/binding:vif_type")).isEqualTo("unbound");
    var list = cloud.get("admin", "/ports?network_id=" + net);
    assertThat(list.text("/ports/0/binding:vif_type")).isEqualTo("unbound");
    assertThat(cloud.get("alice", "/ports").at("/ports/0").has("binding:vif_type")).isFalse();
    assertThat(cloud.get("bob", "/ports").at("/ports").size()).isZero();
    assertThat(cloud.get("bob", "/ports/" + said.text("/port/id")).type())
        .isEqualTo("PortNotFound");
  }

  @Test
  void addressesAreUniqueWhenManyAsk() throws Exception {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    Set<String> ips = ConcurrentHashMap.newKeySet();
    Set<Integer> statuses = ConcurrentHashMap.newKeySet();
    try (var all = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        all.submit(
            () -> {
              var said = cloud.post("alice", "/ports", "{'port': {'network_id': '" + net + "'}}");
              statuses.add(said.status());
              ips.add(said.text("/port/fixed_ips/0/ip_address"));
            });
      }
    }
    assertThat(statuses).containsExactly(201);
    assertThat(ips).hasSize(200);
  }

  @Test
  void smallSubnetIsUsedUpAndRefilled() {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/29");
    var ports = new java.util.ArrayList<String>();
    for (int i = 0; i < 5; i++) {
      ports.add(cloud.port("alice", net));
    }
    var full = cloud.post("alice", "/ports", "{'port': {'network_id': '" + net + "'}}");
    assertThat(full.status()).isEqualTo(409);
    assertThat(full.type()).isEqualTo("IpAddressGenerationFailure");
    cloud.delete("alice", "/ports/" + ports.get(2));
    assertThat(
            cloud
                .post("alice", "/ports", "{'port': {'network_id': '" + net + "'}}")
                .text("/port/fixed_ips/0/ip_address"))
        .isEqualTo("10.0.0.4");
  }

  @Test
  void wantedAddressesAreGivenOnce() {
    var net = cloud.network("alice", "n");
    var sub = cloud.subnet("alice", net, "10.0.0.0/24");
    var body =
        "{'port': {'network_id': '"
            + net
            + "', 'fixed_ips': [{'subnet_id': '"
            + sub
            + "', 'ip_address': '10.0.0.77'}]}}";
    var id = cloud.make("alice", "ports", body);
    assertThat(cloud.post("alice", "/ports", body).type()).isEqualTo("IpAddressAlreadyAllocated");
    assertThat(cloud.post("alice", "/ports", body.replace("10.0.0.77", "10.9.0.1")).type())
        .isEqualTo("InvalidIpForSubnet");
    assertThat(cloud.get("alice", "/ports?fixed_ips=ip_address%3D10.0.0.77").text("/ports/0/id"))
        .isEqualTo(id);
    var moved =
        cloud.put(
            "alice", "/ports/" + id, "{'port': {'fixed_ips': [{'ip_address': '10.0.0.78'}]}}");
    assertThat(moved.text("/port/fixed_ips/0/ip_address")).isEqualTo("10.0.0.78");
    assertThat(cloud.post("alice", "/ports", body).status()).isEqualTo(201);
    assertThat(
            cloud
                .post("alice", "/ports", "{'port': {'network_id': '" + net + "', 'fixed_ips': 7}}")
                .type())
        .isEqualTo("HTTPBadRequest");
  }

  @Test
  void selfConfiguringAddressesFollowTheMacAddress() {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var before = cloud.port("alice", net);
    cloud.make(
        "alice",
        "subnets",
        "{'subnet': {'network_id': '"
            + net
            + "', 'ip_version': 6, 'cidr': 'fd00:1::/64', 'ipv6_ra_mode': 'slaac',"
            + " 'ipv6_address_mode': 'slaac'}}");
    assertThat(cloud.get("alice", "/ports/" + before).at("/port/fixed_ips").size()).isEqualTo(2);
    var said =
        cloud.post(
            "alice",
            "/ports",
            "{'port': {'network_id': '" + net + "', 'mac_address': 'fa:16:3e:01:02:03'}}");
    assertThat(said.at("/port/fixed_ips").findValuesAsString("ip_address"))
        .contains("fd00:1::f816:3eff:fe01:203");
    assertThat(
            cloud
                .post(
                    "alice",
                    "/ports",
                    "{'port': {'network_id': '" + net + "', 'mac_address': 'fa:16:3e:01:02:03'}}")
                .type())
        .isEqualTo("MacAddressInUse");
  }

  @Test
  void strangersCannotUseANetwork() {
    var net = cloud.network("alice", "n");
    var said = cloud.post("bob", "/ports", "{'port': {'network_id': '" + net + "'}}");
    assertThat(said.status()).isIn(403, 404);
    var bound =
        cloud.post(
            "alice", "/ports", "{'port': {'network_id': '" + net + "', 'binding:host_id': 'h'}}");
    assertThat(bound.status()).isEqualTo(403);
  }

  @Test
  void portSecurityAndGroups() {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var open =
        cloud.make(
            "alice",
            "ports",
            "{'port': {'network_id': '" + net + "', 'port_security_enabled': false}}");
    assertThat(cloud.get("alice", "/ports/" + open).at("/port/security_groups").size()).isZero();
    var port = cloud.port("alice", net);
    assertThat(
            cloud
                .put("alice", "/ports/" + port, "{'port': {'port_security_enabled': false}}")
                .type())
        .isEqualTo("PortSecurityPortHasSecurityGroup");
    var group = cloud.make("alice", "security-groups", "{'security_group': {'name': 'web'}}");
    var said =
        cloud.put("alice", "/ports/" + port, "{'port': {'security_groups': ['" + group + "']}}");
    assertThat(said.text("/port/security_groups/0")).isEqualTo(group);
    assertThat(cloud.delete("alice", "/security-groups/" + group).type())
        .isEqualTo("SecurityGroupInUse");
    var foreign = cloud.make("bob", "security-groups", "{'security_group': {'name': 'b'}}");
    assertThat(
            cloud
                .put(
                    "alice", "/ports/" + port, "{'port': {'security_groups': ['" + foreign + "']}}")
                .status())
        .isEqualTo(404);
  }

  @Test
  void rulesOfGroups() {
    var list = cloud.get("alice", "/security-groups");
    assertThat(list.text("/security_groups/0/name")).isEqualTo("default");
    assertThat(list.at("/security_groups/0/security_group_rules").size()).isEqualTo(4);
    var id = list.text("/security_groups/0/id");
    var rule =
        "{'security_group_rule': {'security_group_id': '"
            + id
            + "', 'direction': 'ingress', 'protocol': 'tcp', 'port_range_min': 22,"
            + " 'port_range_max': 22, 'remote_ip_prefix': '0.0.0.0/0'}}";
    var made = cloud.post("alice", "/security-group-rules", rule);
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("/security_group_rule/normalized_cidr")).isEqualTo("0.0.0.0/0");
    assertThat(made.at("/security_group_rule").has("fingerprint")).isFalse();
    assertThat(cloud.post("alice", "/security-group-rules", rule).type())
        .isEqualTo("SecurityGroupRuleExists");
    assertThat(
            cloud
                .post(
                    "alice",
                    "/security-group-rules",
                    rule.replace("'port_range_max': 22", "'port_range_max': 21"))
                .type())
        .isEqualTo("SecurityGroupInvalidPortRange");
    assertThat(
            cloud.post("alice", "/security-group-rules", rule.replace("'tcp'", "'tcpip'")).type())
        .isEqualTo("SecurityGroupRuleInvalidProtocol");
    assertThat(cloud.post("bob", "/security-group-rules", rule).status()).isEqualTo(404);
    assertThat(cloud.delete("alice", "/security-groups/" + id).type())
        .isEqualTo("SecurityGroupCannotRemoveDefault");
    assertThat(
            cloud
                .delete("alice", "/security-group-rules/" + made.text("/security_group_rule/id"))
                .status())
        .isEqualTo(204);
  }

  @Test
  void macAddressesDiffer() {
    var net = cloud.network("alice", "n");
    var macs = new HashSet<String>();
    for (int i = 0; i < 20; i++) {
      macs.add(
          cloud
              .post("alice", "/ports", "{'port': {'network_id': '" + net + "'}}")
              .text("/port/mac_address"));
    }
    assertThat(macs).hasSize(20);
  }
}
