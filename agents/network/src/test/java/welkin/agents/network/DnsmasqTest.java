package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import welkin.agents.contracts.HostChanges.Address;
import welkin.agents.contracts.HostChanges.Dhcp;
import welkin.agents.contracts.HostChanges.HostRoute;
import welkin.agents.contracts.HostChanges.Lease;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Subnet;

class DnsmasqTest {
  private static Network network(boolean isolated) {
    return new Network(
        "n",
        "vxlan",
        null,
        1,
        1450,
        List.of(
            new Subnet(
                "s4",
                "10.0.0.0/24",
                4,
                "10.0.0.1",
                true,
                List.of(),
                List.of(new HostRoute("10.7.0.0/16", "10.0.0.9")),
                null,
                null),
            new Subnet(
                "s6",
                "fd00::/64",
                6,
                "fd00::1",
                true,
                List.of(),
                List.of(),
                "dhcpv6-stateful",
                null)),
        new Dhcp(
            "eeeeeeee-0000-4000-8000-000000000001",
            "fa:16:3e:00:00:02",
            List.of("10.0.0.2/24", "fd00::2/64"),
            List.of(
                new Lease(
                    "p",
                    "fa:16:3e:00:00:05",
                    null,
                    List.of(new Address("s4", "10.0.0.5"), new Address("s6", "fd00::5")),
                    Map.of("tftp-server", "10.0.0.3", "150", "10.0.0.4"))),
            isolated),
        List.of(),
        Map.of());
  }

  @Test
  void leasesAreStatic() {
    assertThat(Dnsmasq.hosts(network(false)).lines())
        .containsExactly(
            "fa:16:3e:00:00:05,set:port-p,host-10-0-0-5,10.0.0.5",
            "fa:16:3e:00:00:05,set:port-p,host-fd00-5,[fd00::5]");
    assertThat(Dnsmasq.dhcp(network(false), "ns", new Daemons(Path.of("/x"))).command())
        .contains(
            "--dhcp-range=set:subnet-s4,10.0.0.0,static,255.255.255.0,86400s",
            "--dhcp-option-force=option:mtu,1450",
            "--interface=tapeeeeeeee-00");
  }

  @Test
  void routesNameTheDefaultTooBecauseOption3IsThenIgnored() {
    assertThat(Dnsmasq.options(network(true)).lines())
        .contains(
            "tag:subnet-s4,option:classless-static-route,10.7.0.0/16,10.0.0.9,"
                + "169.254.169.254/32,10.0.0.2,0.0.0.0/0,10.0.0.1",
            "tag:subnet-s4,option:router,10.0.0.1",
            "tag:subnet-s4,option:dns-server,10.0.0.2",
            "tag:port-p,option:tftp-server,10.0.0.3",
            "tag:port-p,150,10.0.0.4");
    assertThat(Dnsmasq.options(network(false))).doesNotContain("169.254.169.254");
  }
}
