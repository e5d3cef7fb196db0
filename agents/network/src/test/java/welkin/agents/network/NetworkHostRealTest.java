package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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
import welkin.agents.contracts.NetworkAgent;
import welkin.agents.contracts.NetworkPlugin;
import welkin.agents.contracts.NetworkPlugin.PortOwner;
import welkin.bus.InProcessBus;
import welkin.core.Exec;
import welkin.core.Secret;

/**
 * The agent against the kernel, with real packets: guests are namespaces whose device has the name
 * of a tap. Every "can" stands beside its "cannot". Needs root.
 */
@Tag("real")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NetworkHostRealTest {
  private static final String NET = "a0000001-0000-4000-8000-000000000001";
  private static final String EXT = "a0000002-0000-4000-8000-000000000002";
  private static final String LONE = "a0000003-0000-4000-8000-000000000003";
  private static final String ROUTER = "b0000001-0000-4000-8000-000000000001";
  private static final String SG = "c0000001-0000-4000-8000-000000000001";
  private static final String OTHER = "c0000002-0000-4000-8000-000000000002";
  private static final Duration SOON = Duration.ofSeconds(8);
  private Path state;

  private final MemoryPlugin plugin = new MemoryPlugin();
  private final InProcessBus bus = new InProcessBus();
  private NetworkHostConfig config;
  private NetworkHost host;
  private Lab lab;
  private HttpServer metadata;

  @BeforeAll
  void up(@TempDir Path directory) throws Exception {
    state = directory;
    metadata = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    metadata.createContext(
        "/",
        exchange -> {
          var h = exchange.getRequestHeaders();
          var body =
              String.join(
                  " ",
                  exchange.getRequestURI().getPath(),
                  h.getFirst("X-Instance-ID"),
                  h.getFirst("X-Tenant-ID"),
                  h.getFirst("X-Forwarded-For"),
                  h.getFirst("X-Instance-ID-Signature"));
          var bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    metadata.start();
    config =
        new NetworkHostConfig(
            "host-1",
            Lab.TAG,
            state.resolve("net"),
            "127.0.0.1",
            14789,
            Map.of("external", Lab.BRIDGE),
            NetworkHostConfig.ALL,
            URI.create("http://127.0.0.1:" + metadata.getAddress().getPort()),
            Secret.of("shared"));
    lab = new Lab(state);
    NetworkHost.teardown(config);
    lab.down();
    lab.up();
    bus.offer(NetworkPlugin.class, "", plugin);
    plugin.put(
        new Group(
            SG,
            List.of(egress("e4", 4), egress("e6", 6), rule("r1", 4, "icmp", -1, null, SG)),
            List.of("10.0.0.11", "10.0.0.12")));
    plugin.put(new Group(OTHER, List.of(egress("o4", 4), egress("o6", 6)), List.of("10.0.0.13")));
    plugin.put(network());
    plugin.put(new Network(EXT, "flat", "external", 0, 1500, List.of(), null, List.of(), Map.of()));
    plugin.put(lone());
    plugin.put(router(List.of()));
    for (int i = 1; i <= 3; i++) {
      plugin.put(port(i, NET, i == 3 ? OTHER : SG));
    }
    plugin.put(port(4, LONE, SG));
    host = new NetworkHost(config, bus).start();
  }

  @AfterAll
  void down() throws Exception {
    if (host != null) {
      host.close();
    }
    NetworkHost.teardown(config);
    lab.down();
    metadata.stop(0);
  }

  private static Rule egress(String id, int version) {
    return new Rule(id, false, version, null, -1, -1, null, null);
  }

  private static Rule rule(
      String id, int version, String protocol, int port, String cidr, String group) {
    return new Rule(id, true, version, protocol, port, port, cidr, group);
  }

  private static String portId(int i) {
    return "d000000" + i + "-0000-4000-8000-00000000000" + i;
  }

  private static String mac(int i) {
    return "fa:16:3e:00:01:0" + i;
  }

  private static String guest(int i) {
    return Lab.TAG + "-g" + i;
  }

  private static Port port(int i, String network, String group) {
    var v4 = network.equals(NET) ? "10.0.0.1" + i : "10.1.0.1" + i;
    var addresses = new ArrayList<>(List.of(new Address("s4", v4)));
    if (network.equals(NET)) {
      addresses.add(new Address("s6", "fd00:1::f816:3eff:fe00:10" + i));
    }
    return new Port(
        portId(i),
        network,
        "server-" + i,
        mac(i),
        true,
        true,
        addresses,
        group == null ? List.of() : List.of(group),
        List.of());
  }

  private static Lease lease(int i, String ip) {
    return new Lease(
        portId(i), mac(i), i == 2 ? "web" : null, List.of(new Address("s4", ip)), Map.of());
  }

  private static Network network() {
    return new Network(
        NET,
        "vxlan",
        null,
        1001,
        1450,
        List.of(
            new Subnet(
                "s4",
                "10.0.0.0/24",
                4,
                "10.0.0.1",
                true,
                List.of("9.9.9.9"),
                List.of(),
                null,
                null),
            new Subnet(
                "s6", "fd00:1::/64", 6, "fd00:1::1", true, List.of(), List.of(), "slaac", "slaac")),
        new Dhcp(
            "e0000001-0000-4000-8000-000000000001",
            "fa:16:3e:00:02:01",
            List.of("10.0.0.2/24"),
            List.of(lease(1, "10.0.0.11"), lease(2, "10.0.0.12"), lease(3, "10.0.0.13")),
            false),
        List.of(),
        Map.of());
  }

  private static Network lone() {
    return new Network(
        LONE,
        "vxlan",
        null,
        1002,
        1450,
        List.of(new Subnet("s4", "10.1.0.0/24", 4, null, true, List.of(), List.of(), null, null)),
        new Dhcp(
            "e0000003-0000-4000-8000-000000000003",
            "fa:16:3e:00:02:03",
            List.of("10.1.0.2/24"),
            List.of(lease(4, "10.1.0.14")),
            true),
        List.of(),
        Map.of());
  }

  private static Router router(List<Floating> floating) {
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
            new Interface(
                "f0000002-0000-4000-8000-000000000002",
                NET,
                "fa:16:3e:00:03:02",
                List.of("10.0.0.1/24"),
                List.of(),
                1450),
            new Interface(
                "f0000003-0000-4000-8000-000000000003",
                NET,
                "fa:16:3e:00:03:03",
                List.of("fd00:1::1/64"),
                List.of("fd00:1::/64"),
                1450)),
        List.of(),
        floating,
        false);
  }

  private void poke() {
    bus.client(NetworkAgent.class, "host-1").poke();
  }

  @Test
  @Order(1)
  void guestsAreWiredAndLeaseTheirAddress() throws Exception {
    for (int i = 1; i <= 4; i++) {
      var id = portId(i);
      if (i == 2) {
        assertThat(Lab.within(SOON, () -> plugin.up.size() > 1)).isTrue();
      }
      lab.guest(guest(i), mac(i), Names.tap(id));
      var start = System.nanoTime();
      assertThat(Lab.within(SOON, () -> plugin.up.contains(id))).as("port %s up", i).isTrue();
      System.out.println(
          "port " + i + " wired in " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }
    assertThat(Lab.within(SOON, () -> plugin.up.size() == 4 + 2 + 3)).isTrue();
    assertThat(lab.lease(guest(1))).contains("lease 10.0.0.11 mtu 1450 dns 9.9.9.9");
    assertThat(lab.lease(guest(1))).contains("name host-10-0-0-11");
    assertThat(lab.lease(guest(2))).contains("lease 10.0.0.12").contains("name web");
    assertThat(lab.lease(guest(3))).contains("lease 10.0.0.13");
    assertThat(lab.lease(guest(4))).contains("lease 10.1.0.14");
    assertThat(plugin.agents).extracting("type").hasSize(5).contains("DHCP agent");
  }

  @Test
  @Order(2)
  void remoteGroupMembersMayCallOthersMayNot() throws Exception {
    assertThat(Lab.within(SOON, () -> lab.ping(guest(1), "10.0.0.12"))).isTrue();
    assertThat(lab.ping(guest(3), "10.0.0.12")).isFalse();
    // group OTHER allows nothing in, but its guest may call out and hear the answer
    assertThat(lab.ping(guest(1), "10.0.0.13")).isFalse();
    assertThat(Lab.within(SOON, () -> lab.ping(guest(3), "10.0.0.1"))).isTrue();
  }

  @Test
  @Order(3)
  void aRuleThatGoesCutsTheLiveConnection() throws Exception {
    lab.background(guest(1), "busybox", "nc", "-ll", "-p", "7000", "-e", "cat");
    assertThat(
            lab.run(guest(3), "busybox", "nc", "-w", "1", "10.0.0.11", "7000", "-e", "true").ok())
        .isFalse();
    var open = group(rule("tcp", 4, "tcp", 7000, "10.0.0.0/24", null));
    plugin.put(open);
    poke();
    assertThat(
            Lab.within(
                SOON,
                () ->
                    lab.run(guest(3), "busybox", "nc", "-w", "1", "10.0.0.11", "7000", "-e", "true")
                        .ok()))
        .isTrue();
    assertThat(
            lab.run(guest(3), "busybox", "nc", "-w", "1", "10.0.0.11", "7001", "-e", "true").ok())
        .isFalse();
    var client = lab.background(guest(3), "busybox", "nc", "10.0.0.11", "7000");
    assertThat(echo(client, "one")).isEqualTo("one");
    plugin.put(group());
    poke();
    assertThat(
            Lab.within(
                SOON,
                () ->
                    !lab.run(
                            guest(3), "busybox", "nc", "-w", "1", "10.0.0.11", "7000", "-e", "true")
                        .ok()))
        .isTrue();
    assertThat(echo(client, "two")).isNull();
  }

  @Test
  @Order(3)
  void membershipAndPortSecurityChangeAtOnce() throws Exception {
    var group = group();
    plugin.put(new Group(SG, group.rules(), List.of("10.0.0.11", "10.0.0.12", "10.0.0.13")));
    poke();
    assertThat(Lab.within(SOON, () -> lab.ping(guest(3), "10.0.0.12"))).isTrue();
    plugin.put(group);
    poke();
    assertThat(Lab.within(SOON, () -> !lab.ping(guest(3), "10.0.0.12"))).isTrue();

    plugin.put(port(3, NET, null));
    poke();
    assertThat(Lab.within(SOON, () -> !lab.ping(guest(3), "10.0.0.1"))).isTrue();
    assertThat(lab.lease(guest(3))).contains("lease 10.0.0.13");

    var p = port(3, NET, null);
    plugin.put(
        new Port(p.id(), NET, "s", p.mac(), true, false, p.addresses(), List.of(), List.of()));
    poke();
    assertThat(Lab.within(SOON, () -> lab.ping(guest(3), "10.0.0.1"))).isTrue();
    Netns.ip(guest(3), List.of("addr add 10.0.0.77/24 dev eth0"));
    assertThat(Lab.within(SOON, () -> lab.ping(guest(3), "10.0.0.1", "-I", "10.0.0.77")))
        .as("unfiltered")
        .isTrue();
    Netns.ip(guest(3), List.of("addr del 10.0.0.77/24 dev eth0"));
    plugin.put(port(3, NET, OTHER));
    poke();
  }

  @Test
  @Order(9)
  void otherHostsOfANetworkAreReachedByTunnel() throws Exception {
    var n = network();
    var fdb = Map.of("fa:16:3e:00:07:07", "127.0.0.3");
    plugin.put(withPeers(n, List.of("127.0.0.2", "127.0.0.3"), fdb));
    poke();
    var ns = config.names().fabric();
    var device = Names.tunnel(NET);
    assertThat(
            Lab.within(
                SOON,
                () -> {
                  var said = Exec.run("bridge", "-n", ns, "fdb", "show", "dev", device).out();
                  return said.contains("00:00:00:00:00:00 dst 127.0.0.2")
                      && said.contains("00:00:00:00:00:00 dst 127.0.0.3")
                      && said.contains("fa:16:3e:00:07:07 dst 127.0.0.3");
                }))
        .isTrue();
    assertThat(Exec.must("ip", "-n", ns, "-d", "link", "show", device)).contains("vxlan id 1001");
    plugin.put(withPeers(n, List.of("127.0.0.2"), Map.of()));
    poke();
    assertThat(
            Lab.within(
                SOON,
                () ->
                    !Exec.run("bridge", "-n", ns, "fdb", "show", "dev", device)
                        .out()
                        .contains("127.0.0.3")))
        .isTrue();
    plugin.put(n);
    poke();
    assertThat(Lab.within(SOON, () -> !Exec.must("ip", "-n", ns, "link").contains(device)))
        .isTrue();
  }

  private static Network withPeers(Network n, List<String> peers, Map<String, String> fdb) {
    return new Network(
        n.id(), n.type(), null, n.segmentationId(), n.mtu(), n.subnets(), n.dhcp(), peers, fdb);
  }

  private static Group group(Rule... more) {
    var rules =
        new ArrayList<>(
            List.of(egress("e4", 4), egress("e6", 6), rule("r1", 4, "icmp", -1, null, SG)));
    rules.addAll(List.of(more));
    return new Group(SG, rules, List.of("10.0.0.11", "10.0.0.12"));
  }

  private static String echo(Process client, String line) throws Exception {
    client.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    client.getOutputStream().flush();
    var reader = new BufferedReader(new InputStreamReader(client.getInputStream()));
    var answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return reader.readLine();
              } catch (java.io.IOException e) {
                return null;
              }
            });
    try {
      return answer.get(2, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      return null;
    }
  }

  @Test
  @Order(4)
  void aGuestSpeaksOnlyFromItsOwnAddresses() throws Exception {
    Netns.ip(guest(1), List.of("addr add 10.0.0.99/24 dev eth0"));
    assertThat(lab.ping(guest(1), "10.0.0.1", "-I", "10.0.0.99")).isFalse();
    Netns.ip(guest(1), List.of("addr del 10.0.0.99/24 dev eth0"));
    assertThat(Lab.within(SOON, () -> lab.ping(guest(1), "10.0.0.1"))).isTrue();
    Netns.ip(guest(2), List.of("link set eth0 address fa:16:3e:00:09:09"));
    assertThat(lab.ping(guest(2), "10.0.0.1")).isFalse();
    Netns.ip(guest(2), List.of("link set eth0 address " + mac(2)));
    assertThat(Lab.within(SOON, () -> lab.ping(guest(2), "10.0.0.1"))).isTrue();
  }

  @Test
  @Order(5)
  void theRouterTranslatesOutwardAndFloatingAddressesInward() throws Exception {
    assertThat(Lab.within(SOON, () -> lab.ping(guest(1), "203.0.113.1"))).isTrue();
    assertThat(lab.ping(Lab.OUTSIDE, "203.0.113.21")).isFalse();
    plugin.put(router(List.of(new Floating("fip", "203.0.113.21", "10.0.0.11"))));
    plugin.put(group(rule("in", 4, "icmp", -1, "203.0.113.0/24", null)));
    poke();
    assertThat(Lab.within(SOON, () -> lab.ping(Lab.OUTSIDE, "203.0.113.21"))).isTrue();
    assertThat(Lab.within(SOON, () -> lab.ping(guest(2), "203.0.113.21")))
        .as("from inside")
        .isTrue();
    plugin.put(group());
    poke();
    assertThat(Lab.within(SOON, () -> !lab.ping(Lab.OUTSIDE, "203.0.113.21"))).isTrue();
    plugin.put(router(List.of()));
    plugin.put(group(rule("in", 4, "icmp", -1, "203.0.113.0/24", null)));
    poke();
    var ns = config.names().router(ROUTER);
    assertThat(Lab.within(SOON, () -> !lab.run(ns, "ip", "addr").out().contains("203.0.113.21")))
        .isTrue();
    assertThat(Lab.within(SOON, () -> !lab.ping(Lab.OUTSIDE, "203.0.113.21"))).isTrue();
  }

  @Test
  @Order(6)
  void metadataKnowsWhoAsks() throws Exception {
    assertThat(curl(guest(1))).contains("404");
    plugin.owners.put(ROUTER + " 10.0.0.11", new PortOwner(portId(1), "server-1", "project-1"));
    plugin.owners.put(LONE + " 10.1.0.14", new PortOwner(portId(4), "server-4", "project-4"));
    assertThat(curl(guest(1)))
        .contains("/latest server-1 project-1 10.0.0.11 ")
        .contains(MetadataAgent.sign(Secret.of("shared"), "server-1"));
    assertThat(Lab.within(SOON, () -> curl(guest(4)).contains("server-4 project-4 10.1.0.14")))
        .isTrue();
  }

  private String curl(String ns) {
    return lab.run(
            ns, "curl", "-s", "-m", "3", "-w", " %{http_code}", "http://169.254.169.254/latest")
        .out();
  }

  @Test
  @Order(7)
  void guestsMakeTheirIpv6AddressFromTheRoutersPrefix() throws Exception {
    assertThat(
            Lab.within(
                Duration.ofSeconds(20),
                () ->
                    lab.run(guest(1), "ip", "-6", "addr", "show", "dev", "eth0", "-tentative")
                        .out()
                        .contains("fd00:1::f816:3eff:fe00:101/64")))
        .isTrue();
    assertThat(Lab.within(SOON, () -> lab.ping(guest(1), "fd00:1::1"))).isTrue();
    assertThat(lab.run(guest(1), "ip", "-6", "route").out()).contains("default via fe80::");
    Netns.ip(guest(1), List.of("addr add fd00:1::99/64 dev eth0 nodad"));
    assertThat(lab.ping(guest(1), "fd00:1::1", "-I", "fd00:1::99")).isFalse();
    Netns.ip(guest(1), List.of("addr del fd00:1::99/64 dev eth0"));
  }

  @Test
  @Order(8)
  void aDeadProgramIsReplaced() throws Exception {
    var pidFile = state.resolve("net/daemons/" + Dnsmasq.dhcpKey(NET) + "/pid");
    var old = Files.readString(pidFile).strip();
    ProcessHandle.of(Long.parseLong(old)).orElseThrow().destroyForcibly();
    assertThat(
            Lab.within(
                SOON,
                () -> {
                  try {
                    return Files.exists(pidFile) && !Files.readString(pidFile).strip().equals(old);
                  } catch (java.io.IOException e) {
                    return false;
                  }
                }))
        .isTrue();
    Netns.ip(guest(2), List.of("addr flush dev eth0"));
    assertThat(lab.lease(guest(2))).contains("lease 10.0.0.12");
  }

  @Test
  @Order(9)
  void aRestartedAgentLeavesTrafficAlone() throws Exception {
    var ping = lab.background(guest(1), "ping", "-i", "0.05", "-c", "80", "-W", "1", "203.0.113.1");
    host.close();
    plugin.up.clear();
    host = new NetworkHost(config, bus).start();
    assertThat(Lab.within(SOON, () -> plugin.up.size() == 4 + 2 + 3)).isTrue();
    var said = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(said).contains("80 received");
    assertThat(lab.ping(guest(3), "10.0.0.12")).isFalse();
  }

  @Test
  @Order(10)
  void aGuestStartedAnewIsWiredAnew() throws Exception {
    Netns.delete(guest(2));
    assertThat(Lab.within(SOON, () -> !plugin.up.contains(portId(2)))).isTrue();
    lab.guest(guest(2), mac(2), Names.tap(portId(2)));
    assertThat(Lab.within(SOON, () -> plugin.up.contains(portId(2)))).isTrue();
    assertThat(lab.lease(guest(2))).contains("lease 10.0.0.12");
    assertThat(Lab.within(SOON, () -> lab.ping(guest(1), "10.0.0.12"))).isTrue();
  }

  /** A true tap: it is left alone until a program holds it, and goes when nobody wants it. */
  @Test
  @Order(11)
  void aTapIsTakenOverFromTheProgramThatHoldsIt() throws Exception {
    assumeThat(Exec.run("qemu-system-x86_64", "--version").ok()).isTrue();
    var tap = Names.tap(portId(5));
    plugin.put(port(5, NET, SG));
    poke();
    Exec.must("ip", "tuntap", "add", "dev", tap, "mode", "tap");
    var holder = hold(tap);
    assertThat(Lab.within(SOON, () -> plugin.up.contains(portId(5)))).isTrue();
    assertThat(Taps.present(tap)).isFalse();
    assertThat(holder.isAlive()).isTrue();
    holder.destroyForcibly().waitFor();
    assertThat(Lab.within(SOON, () -> !plugin.up.contains(portId(5)))).isTrue();
    // the guest comes back with a new tap of the same name
    Exec.must("ip", "tuntap", "add", "dev", tap, "mode", "tap");
    holder = hold(tap);
    assertThat(Lab.within(SOON, () -> plugin.up.contains(portId(5)))).isTrue();
    holder.destroyForcibly().waitFor();
    plugin.remove("port", portId(5));
    poke();
    assertThat(
            Lab.within(
                SOON, () -> !Exec.must("ip", "-n", config.names().fabric(), "link").contains(tap)))
        .isTrue();
  }

  private Process hold(String tap) throws Exception {
    return lab.background(
        null,
        "qemu-system-x86_64",
        "-machine",
        "none",
        "-nodefaults",
        "-display",
        "none",
        "-netdev",
        "tap,id=n0,ifname=" + tap + ",script=no,downscript=no");
  }

  @Test
  @Order(12)
  void aPortThatGoesIsCutOff() throws Exception {
    assertThat(lab.ping(guest(3), "10.0.0.1")).isTrue();
    plugin.remove("port", portId(3));
    poke();
    assertThat(Lab.within(SOON, () -> !lab.ping(guest(3), "10.0.0.1"))).isTrue();
    plugin.remove("network", LONE);
    plugin.remove("port", portId(4));
    poke();
    assertThat(Lab.within(SOON, () -> !Netns.exists(config.names().dhcp(LONE)))).isTrue();
  }

  @Test
  @Order(13)
  void tearingDownLeavesNothing() throws Exception {
    host.close();
    host = null;
    NetworkHost.teardown(config);
    assertThat(Netns.list(Lab.TAG + "-"))
        .allMatch(n -> n.equals(Lab.OUTSIDE) || n.startsWith(Lab.TAG + "-g"));
    assertThat(
            Lab.within(
                SOON,
                () -> {
                  var links = Exec.must("ip", "-o", "link");
                  return !links.contains("pr" + Names.cut(EXT)) && !links.contains("tapd0000");
                }))
        .isTrue();
    assertThat(
            ProcessHandle.allProcesses()
                .map(p -> p.info().commandLine().orElse(""))
                .filter(c -> c.contains(config.stateDirectory().toString()) && !c.contains("java")))
        .isEmpty();
  }
}
