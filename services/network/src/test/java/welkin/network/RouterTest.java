package welkin.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Routers and floating addresses. */
class RouterTest {
  private final Cloud cloud = new Cloud();
  private String external;
  private String net;
  private String sub;
  private String router;

  @BeforeEach
  void networks() {
    external =
        cloud.make(
            "admin",
            "networks",
            "{'network': {'name': 'public', 'router:external': true,"
                + " 'provider:network_type': 'flat', 'provider:physical_network': 'public'}}");
    cloud.make(
        "admin",
        "subnets",
        "{'subnet': {'network_id': '"
            + external
            + "', 'ip_version': 4, 'cidr': '203.0.113.0/24', 'enable_dhcp': false}}");
    net = cloud.network("alice", "n");
    sub = cloud.subnet("alice", net, "10.0.0.0/24");
    router = cloud.make("alice", "routers", "{'router': {'name': 'r'}}");
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private Cloud.Said gateway() {
    return cloud.put(
        "alice",
        "/routers/" + router,
        "{'router': {'external_gateway_info': {'network_id': '" + external + "'}}}");
  }

  private Cloud.Said add(String body) {
    return cloud.put("alice", "/routers/" + router + "/add_router_interface", body);
  }

  @Test
  void gatewayIsSetAndCleared() {
    var said = gateway();
    assertThat(said.status()).isEqualTo(200);
    assertThat(said.text("/router/external_gateway_info/network_id")).isEqualTo(external);
    assertThat(said.at("/router/external_gateway_info/enable_snat").asBoolean()).isTrue();
    assertThat(said.text("/router/external_gateway_info/external_fixed_ips/0/ip_address"))
        .isEqualTo("203.0.113.2");
    assertThat(said.at("/router").has("distributed")).isFalse();
    assertThat(cloud.get("admin", "/ports?device_owner=network:router_gateway").at("/ports").size())
        .isEqualTo(1);
    assertThat(
            cloud
                .put(
                    "alice",
                    "/routers/" + router,
                    "{'router': {'external_gateway_info': {'network_id': '"
                        + external
                        + "', 'enable_snat': false}}}")
                .status())
        .isEqualTo(403);
    var cleared =
        cloud.put("alice", "/routers/" + router, "{'router': {'external_gateway_info': {}}}");
    assertThat(cleared.at("/router/external_gateway_info").isNull()).isTrue();
    assertThat(cloud.get("admin", "/ports?device_owner=network:router_gateway").at("/ports").size())
        .isZero();
    assertThat(
            cloud
                .put(
                    "alice",
                    "/routers/" + router,
                    "{'router': {'external_gateway_info': {'network_id': '" + net + "'}}}")
                .message())
        .isEqualTo("Bad router request: Network " + net + " is not an external network.");
  }

  @Test
  void interfacesComeAndGo() {
    var said = add("{'subnet_id': '" + sub + "'}");
    assertThat(said.status()).isEqualTo(200);
    assertThat(said.text("/subnet_ids/0")).isEqualTo(sub);
    var port = cloud.get("alice", "/ports/" + said.text("/port_id"));
    assertThat(port.text("/port/fixed_ips/0/ip_address")).isEqualTo("10.0.0.1");
    assertThat(port.text("/port/device_owner")).isEqualTo("network:router_interface");
    assertThat(port.at("/port/security_groups").size()).isZero();
    assertThat(add("{'subnet_id': '" + sub + "'}").status()).isEqualTo(400);
    assertThat(add("{}").type()).isEqualTo("BadRequest");
    assertThat(cloud.delete("alice", "/ports/" + said.text("/port_id")).type())
        .isEqualTo("ServicePortInUse");
    assertThat(cloud.delete("alice", "/routers/" + router).type()).isEqualTo("RouterInUse");
    assertThat(cloud.delete("alice", "/subnets/" + sub).type()).isEqualTo("SubnetInUse");
    assertThat(cloud.put("bob", "/routers/" + router + "/remove_router_interface", "{}").status())
        .isEqualTo(404);
    var gone =
        cloud.put(
            "alice",
            "/routers/" + router + "/remove_router_interface",
            "{'subnet_id': '" + sub + "'}");
    assertThat(gone.status()).isEqualTo(200);
    assertThat(cloud.delete("alice", "/routers/" + router).status()).isEqualTo(204);
    assertThat(cloud.delete("alice", "/networks/" + net).status()).isEqualTo(204);
  }

  @Test
  void portBecomesInterfaceAndRoutesAreChecked() {
    var port = cloud.port("alice", net);
    assertThat(add("{'port_id': '" + port + "'}").status()).isEqualTo(200);
    var ok =
        cloud.put(
            "alice",
            "/routers/" + router,
            "{'router': {'routes': [{'destination': '10.9.0.0/24', 'nexthop': '10.0.0.9'}]}}");
    assertThat(ok.status()).isEqualTo(200);
    var wrong =
        cloud.put(
            "alice",
            "/routers/" + router,
            "{'router': {'routes': [{'destination': '10.9.0.0/24', 'nexthop': '10.7.0.9'}]}}");
    assertThat(wrong.type()).isEqualTo("InvalidRoutes");
    var more =
        cloud.put(
            "alice",
            "/routers/" + router + "/add_extraroutes",
            "{'router': {'routes': [{'destination': '10.8.0.0/24', 'nexthop': '10.0.0.9'}]}}");
    assertThat(more.at("/router/routes").size()).isEqualTo(2);
    assertThat(
            cloud
                .put(
                    "alice",
                    "/routers/" + router + "/remove_router_interface",
                    "{'port_id': '" + port + "'}")
                .type())
        .isEqualTo("RouterInterfaceInUseByRoute");
  }

  @Test
  void floatingAddressFollowsItsPort() {
    gateway();
    var port = cloud.port("alice", net);
    var body =
        "{'floatingip': {'floating_network_id': '" + external + "', 'port_id': '" + port + "'}}";
    assertThat(cloud.post("alice", "/floatingips", body).type())
        .isEqualTo("ExternalGatewayForFloatingIPNotFound");
    add("{'subnet_id': '" + sub + "'}");
    var made = cloud.post("alice", "/floatingips", body);
    assertThat(made.status()).isEqualTo(201);
    assertThat(made.text("/floatingip/status")).isEqualTo("ACTIVE");
    assertThat(made.text("/floatingip/router_id")).isEqualTo(router);
    assertThat(made.text("/floatingip/fixed_ip_address")).isEqualTo("10.0.0.2");
    assertThat(made.text("/floatingip/port_details/network_id")).isEqualTo(net);
    assertThat(cloud.post("alice", "/floatingips", body).type())
        .isEqualTo("FloatingIPPortAlreadyAssociated");
    assertThat(
            cloud
                .put(
                    "alice",
                    "/routers/" + router + "/remove_router_interface",
                    "{'subnet_id': '" + sub + "'}")
                .type())
        .isEqualTo("RouterInterfaceInUseByFloatingIP");
    assertThat(
            cloud
                .put("alice", "/routers/" + router, "{'router': {'external_gateway_info': {}}}")
                .type())
        .isEqualTo("RouterExternalGatewayInUseByFloatingIp");
    var id = made.text("/floatingip/id");
    assertThat(cloud.get("alice", "/floatingips?port_id=" + port).text("/floatingips/0/id"))
        .isEqualTo(id);
    assertThat(cloud.delete("alice", "/ports/" + port).status()).isEqualTo(204);
    var left = cloud.get("alice", "/floatingips/" + id);
    assertThat(left.at("/floatingip/port_id").isNull()).isTrue();
    assertThat(left.text("/floatingip/status")).isEqualTo("DOWN");
    assertThat(cloud.delete("alice", "/floatingips/" + id).status()).isEqualTo(204);
    assertThat(cloud.get("admin", "/ports?device_owner=network:floatingip").at("/ports").size())
        .isZero();
  }

  @Test
  void floatingNetworkMustBeExternal() {
    assertThat(
            cloud
                .post(
                    "alice",
                    "/floatingips",
                    "{'floatingip': {'floating_network_id': '" + net + "'}}")
                .message())
        .isEqualTo("Bad floatingip request: Network " + net + " is not a valid external network.");
    assertThat(
            cloud
                .post(
                    "alice",
                    "/floatingips",
                    "{'floatingip': {'floating_network_id': '"
                        + external
                        + "', 'floating_ip_address': '203.0.113.9'}}")
                .status())
        .isEqualTo(403);
  }
}
