package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import welkin.agents.contracts.HostChanges.Rule;

class SecurityRulesTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      delimiter = '|',
      value = {
        "true|4|tcp|22|22|-|meta nfproto ipv4 meta l4proto 6 th dport 22 accept",
        "true|4|tcp|1|99|10.0.0.0/8|ip saddr 10.0.0.0/8 meta l4proto 6 th dport 1-99 accept",
        "false|4|udp|53|53|10.0.0.0/8|ip daddr 10.0.0.0/8 meta l4proto 17 th dport 53 accept",
        "true|4|icmp|8|0|-|meta nfproto ipv4 meta l4proto 1 icmp type 8 icmp code 0 accept",
        "true|4|icmp|-1|-1|0.0.0.0/0|meta nfproto ipv4 meta l4proto 1 accept",
        "true|6|icmp|128|-1|-|meta nfproto ipv6 meta l4proto 58 icmpv6 type 128 accept",
        "true|6|-|-1|-1|fd00::/64|ip6 saddr fd00::/64 accept",
        "true|4|112|-1|-1|-|meta nfproto ipv4 meta l4proto 112 accept",
        "true|4|6|80|80|-|meta nfproto ipv4 meta l4proto 6 th dport 80 accept",
      })
  void compiles(
      boolean ingress, int version, String protocol, int min, int max, String cidr, String nft) {
    assertThat(
            SecurityRules.compile(new Rule("r", ingress, version, protocol, min, max, cidr, null)))
        .isEqualTo(nft);
  }

  @Test
  void aRemoteGroupIsASetOfItsMembers() {
    assertThat(SecurityRules.compile(new Rule("r", true, 6, null, -1, -1, null, "aa-bb")))
        .isEqualTo("ip6 saddr @g6_aabb accept");
  }
}
