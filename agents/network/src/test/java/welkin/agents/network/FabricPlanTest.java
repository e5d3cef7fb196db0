package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Forwarding;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Port;

class FabricPlanTest {
  private static final String NET = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String PORT = "bbbbbbbb-0000-4000-8000-000000000001";
  private static final String ALIAS = "network=" + NET + ",zone=7";
  private static final NetworkHostConfig CONFIG =
      new NetworkHostConfig(
          "h",
          "t",
          Path.of("/tmp/t"),
          "192.0.2.1",
          4789,
          Map.of("ext", "br-ex"),
          NetworkHostConfig.ALL,
          null,
          null);

  private static Desired desired(String type, List<String> peers) {
    var net = new Network(NET, type, "ext", 42, 1450, List.of(), null, peers, Map.of());
    var port =
        new Port(PORT, NET, "s", "fa:16:3e:00:00:01", true, true, List.of(), List.of(), List.of());
    return Desired.NONE.with(
        HostChanges.everything(1, List.of(net), List.of(port), List.of(), List.of()));
  }

  private static FabricPlan plan(Desired d, Map<String, Link> links) {
    var plan = new FabricPlan(CONFIG, links);
    plan.networks(d, id -> 7, name -> name.equals("br-ex"));
    return plan;
  }

  private static Link link(String name, boolean carrier, String master, String alias) {
    return new Link(name, true, carrier, 1450, "", master, alias, Set.of());
  }

  @Test
  void aNetworkIsABridgeAndATunnelWhenItHasOtherHosts() {
    assertThat(plan(desired("vxlan", List.of()), Map.of()).root).isEmpty();
    var plan = plan(desired("vxlan", List.of("192.0.2.2")), Map.of());
    assertThat(plan.root)
        .containsExactly(
            "link add vxaaaaaaaa-00 type vxlan id 42 dstport 4789 local 192.0.2.1 nolearning",
            "link set dev vxaaaaaaaa-00 netns t-fabric");
    assertThat(plan.inside)
        .contains(
            "link set dev brqaaaaaaaa-00 alias " + ALIAS,
            "link set dev vxaaaaaaaa-00 mtu 1450 master brqaaaaaaaa-00 up");
  }

  @Test
  void whatStandsIsLeftAlone() {
    var have = Map.of("brqaaaaaaaa-00", link("brqaaaaaaaa-00", true, null, ALIAS));
    var plan = plan(desired("vxlan", List.of()), have);
    assertThat(plan.inside).isEmpty();
    assertThat(plan(Desired.NONE, have).inside).containsExactly("link del brqaaaaaaaa-00");
  }

  @Test
  void aTypeTheKernelDriverLacksIsRefusedWithItsReason() {
    var plan = plan(desired("geneve", List.of()), Map.of());
    assertThat(plan.refused.get(NET)).contains("geneve");
    assertThat(plan.inside).isEmpty();
  }

  @Test
  void aTapIsKeptWhileAProgramHoldsIt() {
    var held = Map.of("tapcccccccc-00", link("tapcccccccc-00", true, "brqx", ""));
    var plan = new FabricPlan(CONFIG, held);
    plan.taps(desired("vxlan", List.of()), Set.of(NET), Set.of(), new HashMap<>());
    assertThat(plan.inside).containsExactly("link set dev tapcccccccc-00 nomaster");
    var free =
        new FabricPlan(CONFIG, Map.of("tapcccccccc-00", link("tapcccccccc-00", false, null, "")));
    free.taps(desired("vxlan", List.of()), Set.of(NET), Set.of(), new HashMap<>());
    assertThat(free.inside).containsExactly("link del tapcccccccc-00");
  }

  @Test
  void aTapJustMovedIsJoinedWithItsAddressFixed() {
    var plan = new FabricPlan(CONFIG, Map.of());
    plan.taps(desired("vxlan", List.of()), Set.of(NET), Set.of("tapbbbbbbbb-00"), new HashMap<>());
    assertThat(plan.inside)
        .containsExactly(
            "link set dev tapbbbbbbbb-00 mtu 1450 master brqaaaaaaaa-00",
            "link set dev tapbbbbbbbb-00 type bridge_slave learning off",
            "link set dev tapbbbbbbbb-00 up");
    assertThat(plan.bridge)
        .containsExactly("fdb replace fa:16:3e:00:00:01 dev tapbbbbbbbb-00 master static");
  }

  @Test
  void aGuestOnItsWayHereIsReachedWhereItComesFrom() {
    var fixed = new HashMap<String, String>();
    var arrived = desired("vxlan", List.of("192.0.2.2"));
    var n = arrived.networks().get(NET);
    var there =
        new Forwarding(
            NET, Map.of("fa:16:3e:00:00:01", "192.0.2.2"), List.of(), List.of(), List.of());
    var coming =
        arrived.with(
            new HostChanges(
                2,
                false,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(there),
                List.of()));
    assertThat(coming.networks().get(NET).peers()).isEqualTo(n.peers());
    var plan = new FabricPlan(CONFIG, Map.of());
    plan.taps(coming, Set.of(NET), Set.of("tapbbbbbbbb-00"), fixed);
    assertThat(plan.bridge).isEmpty();
    var flood =
        "link set dev tapbbbbbbbb-00 type bridge_slave flood %1$s mcast_flood %1$s bcast_flood"
            + " %1$s";
    assertThat(plan.inside).contains(flood.formatted("off"));
    var have = Map.of("tapbbbbbbbb-00", link("tapbbbbbbbb-00", true, "brqaaaaaaaa-00", ""));
    plan = new FabricPlan(CONFIG, have);
    plan.taps(arrived, Set.of(NET), Set.of(), fixed);
    assertThat(plan.bridge)
        .containsExactly("fdb replace fa:16:3e:00:00:01 dev tapbbbbbbbb-00 master static");
    assertThat(plan.inside).containsExactly(flood.formatted("on"));
    plan = new FabricPlan(CONFIG, have);
    plan.taps(arrived, Set.of(NET), Set.of(), fixed);
    assertThat(plan.bridge).isEmpty();
  }
}
