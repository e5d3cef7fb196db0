package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges.Interface;
import welkin.agents.contracts.NetworkAgent;

/** What hosts hear and say. */
class HostTest {
  private final Cloud cloud = new Cloud("quotas.quota_port", 5000);

  @AfterEach
  void close() {
    cloud.close();
  }

  private Cloud.Host host(String name) {
    var host = cloud.new Host(name);
    cloud.bus().offer(NetworkAgent.class, name, host); // before it is given anything to do
    return host.alive();
  }

  private String bound(String net, String host) {
    return cloud.make(
        "service",
        "ports",
        "{'port': {'network_id': '"
            + net
            + "', 'project_id': 'alice', 'device_id': 'server-1', 'device_owner': 'compute:nova',"
            + " 'binding:host_id': '"
            + host
            + "'}}");
  }

  @Test
  void fiveAgentsAreListed() {
    host("h1");
    var agents = cloud.get("admin", "/agents");
    assertThat(agents.at("/agents").findValuesAsString("agent_type"))
        .containsExactlyInAnyOrder(
            "Linux bridge agent", "L3 agent", "DHCP agent", "Metadata agent", "Metering agent");
    assertThat(agents.at("/agents/0/alive").asBoolean()).isTrue();
    assertThat(cloud.get("alice", "/agents").at("/agents").size()).isZero();
    assertThat(cloud.get("alice", "/availability_zones").at("/availability_zones").size())
        .isEqualTo(2);
  }

  @Test
  void networkWaitsForItsDhcpServer() {
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    assertThat(cloud.get("admin", "/ports?device_owner=network:dhcp").at("/ports").size()).isZero();
    var h1 = host("h1");
    Cloud.awaitTrue(
        () -> cloud.get("admin", "/ports?device_owner=network:dhcp").at("/ports").size() == 1);
    Cloud.awaitTrue(() -> h1.networks.containsKey(net));
    var dhcp = h1.networks.get(net).dhcp();
    assertThat(dhcp.addresses()).containsExactly("10.0.0.2/24");
    assertThat(dhcp.isolatedMetadata()).isTrue();
    assertThat(cloud.get("admin", "/networks/" + net + "/dhcp-agents").at("/agents").size())
        .isEqualTo(1);
    assertThat(cloud.delete("alice", "/networks/" + net).status()).isEqualTo(204);
    Cloud.awaitTrue(() -> !h1.networks.containsKey(net));
  }

  @Test
  void theDhcpServerOfANetworkWithoutTunnelsHearsOfPortsElsewhere() {
    var h1 = host("h1");
    var net =
        cloud.make(
            "admin",
            "networks",
            "{'network': {'provider:network_type': 'flat',"
                + " 'provider:physical_network': 'public'}}");
    cloud.subnet("admin", net, "10.0.0.0/24");
    Cloud.awaitTrue(() -> h1.networks.containsKey(net) && h1.networks.get(net).dhcp() != null);
    host("h2");
    var port = bound(net, "h2");
    Cloud.awaitTrue(
        () -> h1.networks.get(net).dhcp().leases().stream().anyMatch(l -> l.portId().equals(port)));
  }

  @Test
  void boundPortReachesItsHostAndComputeHearsOfIt() {
    var h1 = host("h1");
    var h2 = host("h2");
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var port = bound(net, "h1");
    var other = bound(net, "h2");
    assertThat(cloud.get("admin", "/ports/" + port).text("/port/binding:vif_type"))
        .isEqualTo("bridge");
    Cloud.awaitTrue(() -> h1.ports.containsKey(port) && h2.ports.containsKey(other));
    var group = h1.ports.get(port).groups().getFirst();
    Cloud.awaitTrue(
        () -> h1.groups.containsKey(group) && h1.groups.get(group).members().size() == 2);
    var mac = cloud.get("admin", "/ports/" + other).text("/port/mac_address");
    Cloud.awaitTrue(() -> h1.networks.get(net).fdb().containsKey(mac));
    assertThat(h1.networks.get(net).peers()).hasSize(1);

    h1.plugin.portsUp("h1", List.of(port));
    assertThat(cloud.get("alice", "/ports/" + port).text("/port/status")).isEqualTo("ACTIVE");
    Cloud.awaitTrue(
        () ->
            cloud.told.stream()
                .anyMatch(
                    e ->
                        e.get("name").stringValue().equals("network-vif-plugged")
                            && e.get("tag").stringValue().equals(port)));
    assertThat(
            h1.plugin.owner(net, null, h1.ports.get(port).addresses().getFirst().ip()).serverId())
        .isEqualTo("server-1");

    cloud.delete("alice", "/ports/" + port);
    Cloud.awaitTrue(() -> !h1.ports.containsKey(port));
    Cloud.awaitTrue(() -> h2.groups.get(group).members().size() == 1);
    // Compute is told what others delete, not what it deletes itself
    cloud.delete("service", "/ports/" + other);
    var last = bound(net, "h2");
    cloud.delete("alice", "/ports/" + last);
    Cloud.awaitTrue(() -> deleted().contains(last));
    assertThat(deleted()).contains(port).doesNotContain(other);
  }

  private List<String> deleted() {
    return cloud.told.stream()
        .filter(e -> e.get("name").stringValue().equals("network-vif-deleted"))
        .map(e -> e.get("tag").stringValue())
        .toList();
  }

  @Test
  void bindingNeedsALivingAgent() {
    var net = cloud.network("alice", "n");
    var port = bound(net, "nowhere");
    assertThat(cloud.get("admin", "/ports/" + port).text("/port/binding:vif_type"))
        .isEqualTo("binding_failed");
    host("nowhere");
    var again = cloud.put("service", "/ports/" + port, "{'port': {'binding:host_id': 'nowhere'}}");
    assertThat(again.text("/port/binding:vif_type")).isEqualTo("bridge");
    var off = cloud.put("service", "/ports/" + port, "{'port': {'binding:host_id': ''}}");
    assertThat(off.text("/port/binding:vif_type")).isEqualTo("unbound");
  }

  @Test
  void portMovesBetweenHostsWithoutBeingLost() {
    var h1 = host("h1");
    var h2 = host("h2");
    var h3 = host("h3");
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var port = bound(net, "h1");
    bound(net, "h3");
    var path = "/ports/" + port + "/bindings";
    var mac = cloud.get("admin", "/ports/" + port).text("/port/mac_address");
    Cloud.awaitTrue(() -> h1.ports.containsKey(port));
    h1.plugin.portsUp("h1", List.of(port));
    Cloud.awaitTrue(
        () -> h3.networks.containsKey(net) && h3.networks.get(net).fdb().containsKey(mac));
    var before = h3.networks.get(net).fdb().get(mac);

    assertThat(cloud.post("alice", path, "{'binding': {'host': 'h2'}}").status()).isEqualTo(403);
    var made = cloud.post("service", path, "{'binding': {'host': 'h2'}}");
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("/binding/status")).isEqualTo("INACTIVE");
    assertThat(made.text("/binding/vif_type")).isEqualTo("bridge");
    assertThat(cloud.post("service", path, "{'binding': {'host': 'h2'}}").status()).isEqualTo(409);
    assertThat(cloud.post("service", path, "{'binding': {'host': 'h9'}}").status()).isEqualTo(500);
    // everything stands at the destination before the guest is there
    Cloud.awaitTrue(() -> h2.ports.containsKey(port) && h2.networks.containsKey(net));
    assertThat(h2.groups.keySet()).containsAll(h2.ports.get(port).groups());
    cloud.told.clear();
    h2.plugin.portsUp("h2", List.of(port));
    Cloud.awaitTrue(
        () -> cloud.told.stream().anyMatch(e -> e.get("tag").stringValue().equals(port)));
    assertThat(cloud.get("admin", path + "/h2").at("/binding/vif_details/plugged").asBoolean())
        .isTrue();
    assertThat(cloud.get("admin", "/ports/" + port).text("/port/binding:host_id")).isEqualTo("h1");

    assertThat(cloud.put("service", path + "/h2/activate", "{}").status()).isEqualTo(200);
    assertThat(cloud.put("service", path + "/h2/activate", "{}").status()).isEqualTo(409);
    var now = cloud.get("admin", "/ports/" + port);
    assertThat(now.text("/port/binding:host_id")).isEqualTo("h2");
    assertThat(now.text("/port/status")).isEqualTo("ACTIVE");
    Cloud.awaitTrue(() -> !before.equals(h3.networks.get(net).fdb().get(mac)));
    assertThat(cloud.get("admin", path).at("/bindings").findValuesAsString("status"))
        .containsExactly("ACTIVE", "INACTIVE");

    assertThat(cloud.delete("service", path + "/h1").status()).isEqualTo(204);
    assertThat(cloud.delete("service", path + "/h1").status()).isEqualTo(404);
    Cloud.awaitTrue(() -> !h1.ports.containsKey(port));
    assertThat(h2.ports).containsKey(port);
  }

  @Test
  void groupsRulesReachTheHostsThatUseThem() {
    var h1 = host("h1");
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/24");
    var port = bound(net, "h1");
    Cloud.awaitTrue(() -> h1.ports.containsKey(port));
    var group = h1.ports.get(port).groups().getFirst();
    Cloud.awaitTrue(() -> h1.groups.containsKey(group));
    var rule =
        cloud.make(
            "alice",
            "security-group-rules",
            "{'security_group_rule': {'security_group_id': '"
                + group
                + "', 'direction': 'ingress', 'protocol': 'icmp'}}");
    Cloud.awaitTrue(() -> h1.groups.get(group).rules().size() == 5);
    assertThat(h1.groups.get(group).rules())
        .anyMatch(r -> "icmp".equals(r.protocol()) && r.portMin() == -1);
    cloud.delete("alice", "/security-group-rules/" + rule);
    Cloud.awaitTrue(() -> h1.groups.get(group).rules().size() == 4);
  }

  @Test
  void routerIsPlacedWithItsLegs() {
    var h1 = host("h1");
    var external =
        cloud.make(
            "admin",
            "networks",
            "{'network': {'router:external': true, 'provider:network_type': 'flat',"
                + " 'provider:physical_network': 'public'}}");
    cloud.make(
        "admin",
        "subnets",
        "{'subnet': {'network_id': '"
            + external
            + "', 'ip_version': 4, 'cidr': '203.0.113.0/24', 'enable_dhcp': false}}");
    var net = cloud.network("alice", "n");
    var sub = cloud.subnet("alice", net, "10.0.0.0/24");
    var router =
        cloud.make(
            "alice",
            "routers",
            "{'router': {'external_gateway_info': {'network_id': '" + external + "'}}}");
    cloud.put(
        "alice", "/routers/" + router + "/add_router_interface", "{'subnet_id': '" + sub + "'}");
    var port = cloud.port("alice", net);
    var floating =
        cloud.make(
            "alice",
            "floatingips",
            "{'floatingip': {'floating_network_id': '"
                + external
                + "', 'port_id': '"
                + port
                + "'}}");
    Cloud.awaitTrue(
        () ->
            h1.routers.containsKey(router)
                && h1.routers.get(router).interfaces().size() == 1
                && h1.routers.get(router).floating().size() == 1);
    var r = h1.routers.get(router);
    assertThat(r.gateway().gateways()).containsExactly("203.0.113.1");
    assertThat(r.interfaces().getFirst().addresses()).containsExactly("10.0.0.1/24");
    Cloud.awaitTrue(() -> h1.networks.containsKey(external));
    Cloud.awaitTrue(
        () ->
            h1.networks.get(net).dhcp() != null && !h1.networks.get(net).dhcp().isolatedMetadata());
    var agent = cloud.get("admin", "/routers/" + router + "/l3-agents").at("/agents/0");
    assertThat(agent.get("host").asString()).isEqualTo("h1");
    var routers = "/agents/" + agent.get("id").asString() + "/l3-routers";
    assertThat(cloud.delete("admin", routers + "/" + router).status()).isEqualTo(204);
    assertThat(cloud.get("alice", "/floatingips/" + floating).text("/floatingip/status"))
        .as("nobody plays its router")
        .isEqualTo("DOWN");
    cloud.post("admin", routers, "{'router_id': '" + router + "'}");
    assertThat(cloud.get("alice", "/floatingips/" + floating).text("/floatingip/status"))
        .isEqualTo("ACTIVE");
  }

  @Test
  void manyPortsCostFewPulls() {
    var first = host("h0");
    for (int h = 1; h < 10; h++) {
      host("h" + h);
    }
    var net = cloud.network("alice", "n");
    cloud.subnet("alice", net, "10.0.0.0/16");
    for (int i = 0; i < 300; i++) {
      bound(net, "h" + i % 10);
    }
    Cloud.awaitTrue(() -> first.ports.size() == 30 && first.networks.get(net).fdb().size() >= 270);
    assertThat(first.pulls).isLessThan(150);
  }

  /**
   * A cloud where an agent is dead after a second, and a network with DHCP and router on host h1,
   * which then says nothing more.
   */
  private static final class Rescue implements AutoCloseable {
    final Cloud cloud = new Cloud("network.agent_down_time", 1);
    final Cloud.Host first = cloud.host("h1");
    final String net;
    final String router;
    final List<Cloud.Host> others = new ArrayList<>();

    Rescue() {
      cloud.bus().offer(NetworkAgent.class, "h1", first);
      net = cloud.network("alice", "n");
      var sub = cloud.subnet("alice", net, "10.0.0.0/24");
      router = cloud.make("alice", "routers", "{'router': {'name': 'r'}}");
      cloud.put(
          "alice", "/routers/" + router + "/add_router_interface", "{'subnet_id': '" + sub + "'}");
      Cloud.awaitTrue(() -> first.networks.containsKey(net) && first.routers.containsKey(router));
    }

    /** An agent that appears makes the service look. */
    void another() {
      others.add(cloud.host("h" + (2 + others.size())));
      others.forEach(Cloud.Host::pull);
    }

    /** The host that is to make the router ready, once there is one. */
    Cloud.Host next() {
      var found = new AtomicReference<Cloud.Host>();
      Cloud.awaitTrue(
          () -> {
            another();
            others.stream()
                .filter(h -> h.routers.containsKey(router) && h.routers.get(router).standby())
                .forEach(found::set);
            return found.get() != null;
          });
      return found.get();
    }

    List<String> legs(Cloud.Host host) {
      return host.routers.get(router).interfaces().stream().map(Interface::portId).toList();
    }

    String player() {
      return cloud.get("admin", "/routers/" + router + "/l3-agents").text("/agents/0/host");
    }

    @Override
    public void close() {
      cloud.close();
    }
  }

  /** Moves by itself what a dead host had, with addresses and ports as they were. */
  @Test
  void whatADeadHostPlayedGoesToALivingOne() {
    try (var r = new Rescue()) {
      var before = r.first.networks.get(r.net).dhcp();
      assertThat(before).isNotNull();
      var taken = new AtomicReference<String>();
      Cloud.awaitTrue(
          () -> {
            r.another();
            taken.set(
                r.cloud.get("admin", "/networks/" + r.net + "/dhcp-agents").text("/agents/0/host"));
            return !"h1".equals(taken.get());
          });
      var saviour = r.cloud.new Host(taken.get());
      saviour.pull();
      assertThat(saviour.networks.get(r.net).dhcp().portId()).isEqualTo(before.portId());
      assertThat(saviour.networks.get(r.net).dhcp().addresses()).isEqualTo(before.addresses());

      Cloud.awaitTrue(
          () -> {
            var next = r.next();
            assertThat(r.player()).as("until all stands elsewhere").isEqualTo("h1");
            var legs = r.legs(next);
            var mac = next.routers.get(r.router).interfaces().getFirst().mac();
            assertThat(next.networks.get(r.net).fdb()).containsKey(mac);
            next.plugin.portsUp(next.name, legs);
            if (!next.name.equals(r.player())) {
              return false; // it was silent for too long itself
            }
            next.pull();
            assertThat(next.routers.get(r.router).standby()).isFalse();
            assertThat(next.networks.get(r.net).fdb())
                .as("until it has joined the networks")
                .containsKey(mac);
            next.plugin.portsUp(next.name, legs);
            next.pull();
            assertThat(next.networks.get(r.net).fdb()).doesNotContainKey(mac);
            assertThat(r.cloud.get("admin", "/ports/" + legs.getFirst()).text("/port/status"))
                .isEqualTo("ACTIVE");
            return true;
          });
      r.first.pull();
      assertThat(r.first.routers).isEmpty();
      assertThat(r.first.networks).isEmpty();
    }
  }

  /** An agent that was away a little too long keeps what its host never ceased to play. */
  @Test
  void aRouterStaysWhereItIsWhenItsAgentIsBackBeforeAnotherIsReady() {
    try (var r = new Rescue()) {
      var next = r.next();
      var legs = r.legs(next);
      r.first.alive();
      Cloud.awaitTrue(
          () -> {
            next.pull();
            return next.routers.isEmpty();
          });
      next.plugin.portsUp(next.name, legs);
      assertThat(r.player()).isEqualTo("h1");
      assertThat(r.cloud.get("admin", "/ports/" + legs.getFirst()).text("/port/binding:host_id"))
          .isEqualTo("h1");
    }
  }
}
