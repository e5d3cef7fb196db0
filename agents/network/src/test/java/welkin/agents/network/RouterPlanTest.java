package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges.Floating;
import welkin.agents.contracts.HostChanges.Gateway;
import welkin.agents.contracts.HostChanges.HostRoute;
import welkin.agents.contracts.HostChanges.Router;

class RouterPlanTest {
  private static final String PORT = "ffffffff-0000-4000-8000-000000000001";
  private static final String MAC = "fa:16:3e:00:00:01";

  private static Router router(boolean snat) {
    return router(snat, false);
  }

  private static Router router(boolean snat, boolean standby) {
    return new Router(
        "r",
        true,
        new Gateway(
            PORT,
            "ext-net-00001",
            MAC,
            List.of("203.0.113.10/24"),
            List.of("203.0.113.1"),
            snat,
            1500),
        List.of(),
        List.of(new HostRoute("10.9.0.0/24", "10.0.0.9")),
        List.of(new Floating("f", "203.0.113.21", "10.0.0.5")),
        standby);
  }

  @Test
  void aNewLegIsMadeWithItsFloatingAddressesAndAnnounced() {
    var plan = new RouterPlan("ns", "fabric");
    plan.legs(RouterPlan.legs(router(true), id -> true), Map.of());
    assertThat(plan.root)
        .containsExactly(
            "link add dev qg-ffffffff-00 netns ns address "
                + MAC
                + " type veth peer name pp-ffffffff-00 netns fabric");
    assertThat(plan.inside)
        .containsExactly(
            "link set dev qg-ffffffff-00 mtu 1500 up",
            "addr add 203.0.113.10/24 dev qg-ffffffff-00",
            "addr add 203.0.113.21/32 dev qg-ffffffff-00",
            "link set dev qg-ffffffff-00 address " + MAC);
  }

  @Test
  void whatIsThereAlreadyStays() {
    var link =
        new Link(
            "qg-ffffffff-00",
            true,
            true,
            1500,
            MAC,
            null,
            "",
            Set.of("203.0.113.10/24", "203.0.113.99/32", "203.0.113.21/32"));
    var plan = new RouterPlan("ns", "fabric");
    plan.legs(RouterPlan.legs(router(true), id -> true), Map.of(link.name(), link));
    assertThat(plan.root).isEmpty();
    assertThat(plan.inside).isEmpty();
    assertThat(plan.removals).containsExactly("addr del 203.0.113.99/32 dev qg-ffffffff-00");
  }

  @Test
  void aRouterOnStandbyIsAllThereButItsPlacesOnTheBridges() {
    var cut = new RouterPlan("ns", "fabric");
    cut.legs(RouterPlan.legs(router(true, true), id -> true), Map.of());
    assertThat(cut.fabric).containsExactly("link set dev pp-ffffffff-00 mtu 1500 nomaster up");
    assertThat(cut.inside).contains("addr add 203.0.113.21/32 dev qg-ffffffff-00");

    var link =
        new Link(
            "qg-ffffffff-00",
            true,
            true,
            1500,
            MAC,
            null,
            "",
            Set.of("203.0.113.10/24", "203.0.113.21/32"));
    var joined = new RouterPlan("ns", "fabric");
    joined.legs(
        RouterPlan.legs(router(true), id -> true, RouterPlan.Way.ANNOUNCED),
        Map.of(link.name(), link));
    assertThat(joined.fabric)
        .containsExactly(
            "link set dev pp-ffffffff-00 mtu 1500 master " + Names.bridge("ext-net-00001") + " up");
    assertThat(joined.inside).containsExactly("link set dev qg-ffffffff-00 address " + MAC);
  }

  @Test
  void routesAreDefaultAndExtra() {
    var plan = new RouterPlan("ns", "fabric");
    plan.routes(
        RouterPlan.routes(router(true), id -> true),
        Set.of(new RouterPlan.Route("10.8.0.0/24", "10.0.0.8", "qr-x")));
    assertThat(plan.removals)
        .containsExactly("route del 10.8.0.0/24 via 10.0.0.8 dev qr-x proto static");
    assertThat(plan.inside)
        .containsExactlyInAnyOrder(
            "route replace default via 203.0.113.1 dev qg-ffffffff-00 onlink proto static",
            "route replace 10.9.0.0/24 via 10.0.0.9 proto static");
  }

  @Test
  void sourceIsTranslatedOnlyWhenAsked() {
    assertThat(RouterPlan.firewall(router(true)).replace())
        .contains("snat to 203.0.113.10")
        .contains("add element ip neutron fipd { 203.0.113.21 : 10.0.0.5 }");
    assertThat(RouterPlan.firewall(router(false)).replace()).doesNotContain("snat to 203.0.113.10");
  }
}
