package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import welkin.agents.contracts.HostChanges.Address;
import welkin.agents.contracts.HostChanges.Dhcp;
import welkin.agents.contracts.HostChanges.Floating;
import welkin.agents.contracts.HostChanges.Gateway;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Interface;
import welkin.agents.contracts.HostChanges.Lease;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Router;
import welkin.agents.contracts.HostChanges.Rule;
import welkin.agents.contracts.HostChanges.Subnet;
import welkin.agents.contracts.NetworkPlugin.PortOwner;
import welkin.core.Json;

/**
 * One network over three hosts, each with kernel namespaces and an agent program of its own: two
 * hypervisors and a network host, joined by a bridge. Real packets; needs root.
 */
@Tag("real")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ManyHostsRealTest {
  private static final String NET = "a0000001-0000-4000-8000-000000000001";
  private static final String EXT = "a0000002-0000-4000-8000-000000000002";
  private static final String ROUTER = "b0000001-0000-4000-8000-000000000001";
  private static final String SG = "c0000001-0000-4000-8000-000000000001";
  private static final String OTHER = "c0000002-0000-4000-8000-000000000002";
  private static final String DHCP = "e0000001-0000-4000-8000-000000000001";
  private static final String LEG4 = "f0000002-0000-4000-8000-000000000002";
  private static final String LEG6 = "f0000003-0000-4000-8000-000000000003";
  private static final Duration SOON = Duration.ofSeconds(10);

  /** Port id to host name, of everything on the network. */
  private final Map<String, String> places = new LinkedHashMap<>();

  private final Map<String, LabHost> hosts = new LinkedHashMap<>();
  private LabHost a;
  private LabHost b;
  private LabHost n;
  private LabHost wire;

  @BeforeAll
  void up(@TempDir Path directory) throws Exception {
    wire = new LabHost("w", "192.0.2.254", directory);
    for (var bridge : List.of("wire", "ext")) {
      wire.must(
          "ip link add " + bridge + " type bridge forward_delay 0 stp_state 0 mcast_snooping 0");
      wire.must("ip link set " + bridge + " up");
    }
    // the world outside stands on the external bridge
    wire.must("ip addr add 203.0.113.1/24 dev ext");
    int i = 0;
    for (var name : List.of("a", "b", "n")) {
      var host = new LabHost(name, "192.0.2." + ++i, directory);
      host.plug(wire, "wire", "eth0");
      host.must("ip addr add " + host.address + "/24 dev eth0");
      hosts.put(name, host);
    }
    a = hosts.get("a");
    b = hosts.get("b");
    n = hosts.get("n");
    for (var host : List.of(b, n)) {
      host.must("ip link add br-ex type bridge forward_delay 0 stp_state 0");
      host.must("ip link set br-ex up");
      host.plug(wire, "ext", "eth1");
      host.must("ip link set eth1 master br-ex");
    }
    places.putAll(
        Map.of(portId(1), "a", portId(2), "b", portId(3), "b", DHCP, "n", LEG4, "n", LEG6, "n"));
    groups(List.of("10.0.0.11", "10.0.0.12"));
    all(new Network(EXT, "flat", "external", 0, 1500, List.of(), null, List.of(), Map.of()), b, n);
    for (int g = 1; g <= 3; g++) {
      hosts.get(places.get(portId(g))).plugin.put(port(g));
      n.plugin.owners.put(ROUTER + " 10.0.0.1" + g, new PortOwner(portId(g), "server-" + g, "p"));
      b.plugin.owners.put(ROUTER + " 10.0.0.1" + g, new PortOwner(portId(g), "server-" + g, "p"));
    }
    n.plugin.put(router(List.of()));
    networks();
    a.agent("L2");
    b.agent("L2,L3", "external:br-ex");
    n.agent("L2,L3,DHCP", "external:br-ex");
  }

  @AfterAll
  void down() {
    hosts.values().forEach(LabHost::close);
    wire.close();
  }

  // ---- what the Network service would say ----

  private static void all(Object o, LabHost... to) {
    for (var h : to) {
      h.plugin.put(o);
    }
  }

  private void groups(List<String> members) {
    var in = new ArrayList<Rule>();
    in.add(rule("r1", true, 4, "icmp", null, SG));
    in.add(rule("r2", true, 6, "ipv6-icmp", null, SG));
    in.add(rule("r3", true, 4, "icmp", "203.0.113.0/24", null));
    in.addAll(
        List.of(rule("e4", false, 4, null, null, null), rule("e6", false, 6, null, null, null)));
    var six = new ArrayList<>(members);
    six.addAll(members.stream().map(m -> v6(m.charAt(m.length() - 1) - '0')).toList());
    all(new Group(SG, in, six), a, b);
    all(
        new Group(
            OTHER,
            List.of(rule("o4", false, 4, null, null, null), rule("o6", false, 6, null, null, null)),
            List.of("10.0.0.13")),
        a,
        b);
  }

  private static Rule rule(
      String id, boolean in, int version, String protocol, String cidr, String group) {
    return new Rule(id, in, version, protocol, -1, -1, cidr, group);
  }

  private static String portId(int i) {
    return "d000000" + i + "-0000-4000-8000-00000000000" + i;
  }

  private static String mac(int i) {
    return "fa:16:3e:00:01:0" + i;
  }

  private static String v6(int i) {
    return "fd00:1::f816:3eff:fe00:10" + i;
  }

  private static String macOf(String port) {
    return switch (port) {
      case DHCP -> "fa:16:3e:00:02:01";
      case LEG4 -> "fa:16:3e:00:03:02";
      case LEG6 -> "fa:16:3e:00:03:03";
      default -> mac(port.charAt(7) - '0');
    };
  }

  private static Port port(int i) {
    return new Port(
        portId(i),
        NET,
        "server-" + i,
        mac(i),
        true,
        true,
        List.of(new Address("s4", "10.0.0.1" + i), new Address("s6", v6(i))),
        List.of(i == 3 ? OTHER : SG),
        List.of());
  }

  /** Tells every host where the others' ports are. */
  private void networks() {
    for (var h : hosts.values()) {
      var fdb = new HashMap<String, String>();
      places.forEach(
          (port, place) -> {
            if (!place.equals(h.name)) {
              fdb.put(macOf(port), hosts.get(place).address);
            }
          });
      h.plugin.put(
          new Network(
              NET,
              "vxlan",
              null,
              1001,
              1450,
              List.of(
                  new Subnet(
                      "s4", "10.0.0.0/24", 4, "10.0.0.1", true, List.of(), List.of(), null, null),
                  new Subnet(
                      "s6",
                      "fd00:1::/64",
                      6,
                      "fd00:1::1",
                      true,
                      List.of(),
                      List.of(),
                      "slaac",
                      "slaac")),
              h == n
                  ? new Dhcp(
                      DHCP,
                      macOf(DHCP),
                      List.of("10.0.0.2/24"),
                      List.of(lease(1), lease(2), lease(3)),
                      false)
                  : null,
              List.copyOf(new TreeSet<>(fdb.values())),
              fdb));
    }
  }

  private static Lease lease(int i) {
    return new Lease(portId(i), mac(i), null, List.of(new Address("s4", "10.0.0.1" + i)), Map.of());
  }

  private static Router router(List<Floating> floating) {
    return router(floating, false);
  }

  private static Router router(List<Floating> floating, boolean standby) {
    return new Router(
        ROUTER,
        true,
        new Gateway(
            "f0000001-0000-4000-8000-000000000001",
            EXT,
            "fa:16:3e:00:03:01",
            List.of("203.0.113.10/24"),
            List.of("203.0.113.1"),
            true,
            1500),
        List.of(
            new Interface(LEG4, NET, macOf(LEG4), List.of("10.0.0.1/24"), List.of(), 1450),
            new Interface(
                LEG6, NET, macOf(LEG6), List.of("fd00:1::1/64"), List.of("fd00:1::/64"), 1450)),
        List.of(),
        floating,
        standby);
  }

  private void poke() {
    hosts.values().forEach(LabHost::poke);
  }

  private static String guest(int i) {
    return "g" + i;
  }

  private boolean outside(String address) {
    return wire.run("ping -c 1 -W 1 " + address).ok();
  }

  // ---- the tests ----

  @Test
  @Order(1)
  void guestsOnEveryHostLeaseFromTheNetworkHost() throws Exception {
    for (int i = 1; i <= 3; i++) {
      var host = hosts.get(places.get(portId(i)));
      var id = portId(i);
      assertThat(
              Lab.within(
                  Duration.ofSeconds(90), () -> host.run("test -e /run/netns/wkh-fabric").ok()))
          .isTrue();
      host.guest(guest(i), mac(i), id);
      assertThat(Lab.within(SOON, () -> host.plugin.up.contains(id))).as("port %s", i).isTrue();
    }
    assertThat(Lab.within(Duration.ofSeconds(30), () -> n.plugin.up.contains(DHCP))).isTrue();
    for (int i = 1; i <= 3; i++) {
      var host = hosts.get(places.get(portId(i)));
      var said = lease(host, guest(i));
      assertThat(said).contains("10.0.0.1" + i);
    }
    assertThat(a.plugin.agents).extracting("type").containsExactly("Linux bridge agent");
    assertThat(n.plugin.agents).extracting("type").hasSize(5);
  }

  private static String lease(LabHost host, String guest) {
    host.in(guest, "ip addr flush dev eth0 scope global");
    var said = host.in(guest, "busybox udhcpc -i eth0 -f -q -n -t 8 -T 1 -O mtu -s /bin/true");
    var text = said.out() + said.err();
    var at = text.indexOf("lease of ");
    if (at >= 0) {
      var ip = text.substring(at + 9).split("[ ,]")[0];
      host.in(guest, "ip addr add " + ip + "/24 dev eth0");
      host.in(guest, "ip link set eth0 mtu 1450");
      host.in(guest, "ip route replace default via 10.0.0.1");
    }
    return text;
  }

  @Test
  @Order(2)
  void guestsOfOneNetworkMeetAcrossHostsAsTheirGroupsAllow() throws Exception {
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), "10.0.0.12"))).isTrue();
    assertThat(Lab.within(SOON, () -> b.ping(guest(2), "10.0.0.11"))).isTrue();
    // group OTHER is no member of the remote group, wherever its guest is
    assertThat(b.ping(guest(3), "10.0.0.11")).isFalse();
    assertThat(a.ping(guest(1), "10.0.0.13")).isFalse();
    groups(List.of("10.0.0.11", "10.0.0.12", "10.0.0.13"));
    poke();
    assertThat(Lab.within(SOON, () -> b.ping(guest(3), "10.0.0.11"))).isTrue();
    groups(List.of("10.0.0.11", "10.0.0.12"));
    poke();
    assertThat(Lab.within(SOON, () -> !b.ping(guest(3), "10.0.0.11"))).isTrue();
  }

  @Test
  @Order(2)
  void aFrameOfTheNetworksFullSizeGoesThrough() {
    assertThat(a.in(guest(1), "ping -c 1 -W 1 -M do -s 1422 10.0.0.12").ok()).isTrue();
    assertThat(a.in(guest(1), "ping -c 1 -W 1 -M do -s 1423 10.0.0.12").ok()).isFalse();
  }

  @Test
  @Order(3)
  void nothingIsLearnedAndNothingKnownIsFlooded() throws Exception {
    var all = Json.parse(a.must("bridge -j -n wkh-fabric fdb show br " + Names.bridge(NET)));
    for (var e : all) {
      assertThat(e.path("state").asString("")).as("%s", e).isIn("permanent", "static");
    }
    var behind = a.must("bridge -n wkh-fabric fdb show dev " + Names.tunnel(NET));
    for (var port : places.keySet()) {
      if (!port.equals(portId(1))) {
        assertThat(behind)
            .contains(macOf(port) + " dst " + hosts.get(places.get(port)).address)
            .contains(macOf(port) + " master " + Names.bridge(NET) + " static");
      }
    }
    // the third guest hears nothing of what the first says to the second
    var before = received(b, guest(3));
    assertThat(a.in(guest(1), "ping -c 20 -i 0.02 -W 1 10.0.0.12").ok()).isTrue();
    assertThat(received(b, guest(3)) - before).isLessThan(10);
  }

  private static long received(LabHost host, String guest) {
    return Long.parseLong(
        host.in(guest, "cat /proc/net/dev").out().split("eth0:\\s*")[1].split("\\s+")[1]);
  }

  @Test
  @Order(4)
  void routerFloatingAddressAndMetadataServeGuestsElsewhere() throws Exception {
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), "203.0.113.1"))).as("SNAT").isTrue();
    assertThat(Lab.within(SOON, () -> b.ping(guest(2), "203.0.113.1"))).as("SNAT").isTrue();
    n.plugin.put(router(List.of(new Floating("fip", "203.0.113.21", "10.0.0.11"))));
    poke();
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).isTrue();
    for (int i = 1; i <= 2; i++) {
      var host = hosts.get(places.get(portId(i)));
      var guest = guest(i);
      var answer = "server-" + i + " 10.0.0.1" + i;
      assertThat(
              Lab.within(
                  SOON,
                  () ->
                      host.in(guest, "curl -s -m 3 http://169.254.169.254/latest")
                          .out()
                          .equals(answer)))
          .as("metadata of guest %s", i)
          .isTrue();
    }
  }

  @Test
  @Order(5)
  void guestsElsewhereMakeTheirIpv6AddressFromTheRoutersPrefix() throws Exception {
    for (int i = 1; i <= 2; i++) {
      var host = hosts.get(places.get(portId(i)));
      var guest = guest(i);
      var address = v6(i) + "/64";
      assertThat(
              Lab.within(
                  Duration.ofSeconds(20),
                  () ->
                      host.in(guest, "ip -6 addr show dev eth0 -tentative")
                          .out()
                          .contains(address)))
          .as(address)
          .isTrue();
    }
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), v6(2)))).isTrue();
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), "fd00:1::1"))).isTrue();
    assertThat(b.ping(guest(3), v6(1))).isFalse();
  }

  @Test
  @Order(6)
  void trafficFollowsAPortToItsNewHost() throws Exception {
    var ping = b.background(guest(2), "ping -n -i 0.05 -c 200 -W 1 10.0.0.11");
    move(1, a, b);
    var took = System.nanoTime();
    assertThat(Lab.within(SOON, () -> b.ping(guest(2), "10.0.0.11"))).as("same host").isTrue();
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).as("by the router").isTrue();
    System.out.println("moved to b: " + (System.nanoTime() - took) / 1_000_000 + " ms");
    move(1, b, a);
    took = System.nanoTime();
    assertThat(Lab.within(SOON, () -> b.ping(guest(2), "10.0.0.11"))).as("back").isTrue();
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).as("by the router").isTrue();
    System.out.println("moved back: " + (System.nanoTime() - took) / 1_000_000 + " ms");
    var said = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    System.out.println(said.lines().filter(l -> l.contains("received")).toList());
  }

  /** A guest leaves one host and appears on another, and then the service says so. */
  private void move(int i, LabHost from, LabHost to) throws Exception {
    from.must("ip netns del " + guest(i));
    to.guest(guest(i), mac(i), portId(i));
    to.must("ip -n " + guest(i) + " addr add 10.0.0.1" + i + "/24 dev eth0");
    to.must("ip -n " + guest(i) + " route add default via 10.0.0.1");
    places.put(portId(i), to.name);
    from.plugin.remove("port", portId(i));
    to.plugin.put(port(i));
    networks();
    poke();
    assertThat(Lab.within(SOON, () -> to.plugin.up.contains(portId(i)))).isTrue();
  }

  @Test
  @Order(7)
  void trafficOutlivesTheAgentsOfAllHosts() throws Exception {
    var across = b.background(guest(2), "ping -n -i 0.05 -c 100 -W 1 10.0.0.11");
    var out = a.background(guest(1), "ping -n -i 0.05 -c 100 -W 1 203.0.113.1");
    for (var h : hosts.values()) {
      h.killAgent();
      h.plugin.up.clear();
    }
    a.agent("L2");
    b.agent("L2,L3", "external:br-ex");
    n.agent("L2,L3,DHCP", "external:br-ex");
    for (var p : List.of(across, out)) {
      assertThat(new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("100 received");
    }
    assertThat(
            Lab.within(Duration.ofSeconds(30), () -> n.plugin.up.containsAll(List.of(DHCP, LEG4))))
        .isTrue();
    assertThat(Lab.within(Duration.ofSeconds(30), () -> a.plugin.up.contains(portId(1)))).isTrue();
    assertThat(Lab.within(Duration.ofSeconds(30), () -> b.plugin.up.contains(portId(2)))).isTrue();
    assertThat(b.ping(guest(3), "10.0.0.11")).isFalse();
  }

  @Test
  @Order(8)
  void aHostThatWasCutOffFindsItsWayBack() throws Exception {
    wire.must("ip link set wire-a down");
    assertThat(Lab.within(SOON, () -> !b.ping(guest(2), "10.0.0.11"))).isTrue();
    wire.must("ip link set wire-a up");
    assertThat(Lab.within(SOON, () -> b.ping(guest(2), "10.0.0.11"))).isTrue();
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).isTrue();
  }

  @Test
  @Order(9)
  void aRouterMovesToAnotherNetworkHost() throws Exception {
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).isTrue();
    places.put(LEG4, "b");
    places.put(LEG6, "b");
    n.plugin.remove("router", ROUTER);
    b.plugin.put(router(List.of(new Floating("fip", "203.0.113.21", "10.0.0.11"))));
    networks();
    var start = System.nanoTime();
    poke();
    assertThat(Lab.within(SOON, () -> b.plugin.up.contains(LEG4))).isTrue();
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).as("floating").isTrue();
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), "203.0.113.1"))).as("SNAT").isTrue();
    System.out.println("router moved: " + (System.nanoTime() - start) / 1_000_000 + " ms");
    assertThat(Lab.within(SOON, () -> a.ping(guest(1), "fd00:1::1"))).isTrue();
    assertThat(Lab.within(SOON, () -> !n.run("test -e /run/netns/wkh-qrouter-" + ROUTER).ok()))
        .as("the old host lets go")
        .isTrue();
  }

  /** The host it was at passes packets all the while, only its agent is gone. */
  @Test
  @Order(10)
  void aRouterIsMadeReadyBeforeItIsTakenFromAHostWithoutAgent() throws Exception {
    assertThat(Lab.within(SOON, () -> outside("203.0.113.21"))).isTrue();
    b.killAgent();
    n.plugin.up.removeAll(List.of(LEG4, LEG6));
    var floating = List.of(new Floating("fip", "203.0.113.21", "10.0.0.11"));
    var in = wire.background(null, "ping -n -i 0.05 -c 200 -W 1 203.0.113.21");
    var out = a.background(guest(1), "ping -n -i 0.05 -c 200 -W 1 203.0.113.1");
    n.plugin.put(router(floating, true));
    n.poke();
    assertThat(Lab.within(SOON, () -> n.plugin.up.contains(LEG4))).as("ready").isTrue();
    assertThat(n.must("ip -n wkh-fabric link show " + Names.peer(LEG4))).doesNotContain("master");

    n.plugin.up.removeAll(List.of(LEG4, LEG6));
    n.plugin.put(router(floating));
    n.poke();
    assertThat(Lab.within(SOON, () -> n.plugin.up.containsAll(List.of(LEG4, LEG6))))
        .as("joined")
        .isTrue();
    assertThat(n.must("ip -n wkh-fabric link show " + Names.peer(LEG4))).contains("master");
    places.put(LEG4, "n");
    places.put(LEG6, "n");
    networks();
    a.poke();
    n.poke();
    for (var p : List.of(in, out)) {
      var said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      var result = said.lines().filter(l -> l.contains("received")).findFirst().orElse(said);
      System.out.println("handed over: " + result);
      assertThat(Integer.parseInt(result.split(", ")[1].split(" ")[0])).isGreaterThanOrEqualTo(196);
    }
    b.plugin.remove("router", ROUTER);
    b.agent("L2,L3", "external:br-ex");
    assertThat(
            Lab.within(
                Duration.ofSeconds(30),
                () -> !b.run("test -e /run/netns/wkh-qrouter-" + ROUTER).ok()))
        .as("the old host lets go")
        .isTrue();
    assertThat(outside("203.0.113.21")).isTrue();
    assertThat(a.ping(guest(1), "203.0.113.1")).isTrue();
  }
}
