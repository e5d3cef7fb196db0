package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Address;
import welkin.agents.contracts.HostChanges.Group;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Pair;
import welkin.agents.contracts.HostChanges.Port;
import welkin.agents.contracts.HostChanges.Rule;

class FirewallTest {
  private static final String NET = "aaaaaaaa-0000-4000-8000-000000000001";
  private static final String PORT = "bbbbbbbb-0000-4000-8000-000000000001";
  private static final String MAC = "fa:16:3e:00:00:01";

  private static Port port(boolean up, boolean secure, List<String> groups, List<Pair> pairs) {
    return new Port(
        PORT, NET, "s", MAC, up, secure, List.of(new Address("s", "10.0.0.5")), groups, pairs);
  }

  private static Desired desired(Port port, Group... groups) {
    var net = new Network(NET, "vxlan", null, 1, 1450, List.of(), null, List.of(), Map.of());
    return Desired.NONE.with(
        HostChanges.everything(1, List.of(net), List.of(port), List.of(groups), List.of()));
  }

  private static String compile(Desired d) {
    return Firewall.compile(d, id -> 7, id -> 3).replace();
  }

  @Test
  void aPortIsJudgedByItsGroupsAndDroppedOtherwise() {
    var g = new Group("g", List.of(new Rule("r", true, 4, "tcp", 22, 22, null, null)), List.of());
    assertThat(compile(desired(port(true, true, List.of("g"), List.of()), g)).lines())
        .contains(
            "add rule inet neutron i_bbbbbbbb000040008000000000000001 jump base_in",
            "add rule inet neutron i_bbbbbbbb000040008000000000000001 jump gi_g",
            "add rule inet neutron i_bbbbbbbb000040008000000000000001 drop",
            "add rule inet neutron gi_g meta nfproto ipv4 meta l4proto 6 th dport 22 accept",
            "add element bridge neutron ports { \"tapbbbbbbbb-00\" }",
            "add element bridge neutron good4 { \"tapbbbbbbbb-00\" . " + MAC + " . 10.0.0.5 }",
            "add element inet neutron zones { 0x10007 : 7, 0x3 : 7 }");
  }

  @Test
  void aPortWithoutSecurityIsLetThrough() {
    assertThat(compile(desired(port(true, false, List.of(), List.of()))))
        .contains("\"tapbbbbbbbb-00\" : 0x10007")
        .doesNotContain("add element bridge neutron ports");
  }

  @Test
  void aPortThatIsDownPassesNothing() {
    assertThat(compile(desired(port(false, true, List.of(), List.of()))))
        .contains("add element inet neutron egress { 0x3 : drop }")
        .contains("add element inet neutron ingress { 0x3 : drop }");
  }

  @Test
  void allowedPairsMayBeBlocks() {
    var pairs = List.of(new Pair(null, "10.9.0.0/16"), new Pair("fa:16:3e:00:00:09", "10.8.0.1"));
    assertThat(compile(desired(port(true, true, List.of(), pairs))))
        .contains("ether saddr " + MAC + " ether type ip ip saddr 10.9.0.0/16 return")
        .contains("\"tapbbbbbbbb-00\" . fa:16:3e:00:00:09 . 10.8.0.1")
        .contains("\"tapbbbbbbbb-00\" : goto s_");
  }

  @Test
  void onlyNarrowedPortsForgetDatagramStreams() {
    var wide = new Group("g", List.of(new Rule("r", true, 4, "udp", 5, 5, null, null)), List.of());
    var none = new Group("g", List.of(), List.of());
    var p = port(true, true, List.of("g"), List.of());
    assertThat(Cuts.between(desired(p, none), desired(p, wide))).isEmpty();
    assertThat(Cuts.between(desired(p, wide), desired(p, none)))
        .containsExactly(new Cuts(NET, "10.0.0.5", false));
    assertThat(Cuts.between(desired(p, wide), Desired.NONE))
        .containsExactly(new Cuts(NET, "10.0.0.5", true));
  }
}
