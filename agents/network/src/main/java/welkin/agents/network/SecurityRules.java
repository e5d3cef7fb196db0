package welkin.agents.network;

import java.util.Map;
import welkin.agents.contracts.HostChanges.Rule;

/**
 * A security group rule as an nft rule. Protocols are compiled to numbers (IANA protocol numbers),
 * so that a name and its number are one thing.
 */
final class SecurityRules {
  private static final int ICMP = 1;
  private static final int ICMP6 = 58;
  private static final Map<String, Integer> PROTOCOLS =
      Map.ofEntries(
          Map.entry("icmp", ICMP),
          Map.entry("igmp", 2),
          Map.entry("ipip", 4),
          Map.entry("tcp", 6),
          Map.entry("egp", 8),
          Map.entry("udp", 17),
          Map.entry("dccp", 33),
          Map.entry("ipv6-encap", 41),
          Map.entry("ipv6-route", 43),
          Map.entry("ipv6-frag", 44),
          Map.entry("rsvp", 46),
          Map.entry("gre", 47),
          Map.entry("esp", 50),
          Map.entry("ah", 51),
          Map.entry("ipv6-icmp", ICMP6),
          Map.entry("icmpv6", ICMP6),
          Map.entry("ipv6-nonxt", 59),
          Map.entry("ipv6-opts", 60),
          Map.entry("ospf", 89),
          Map.entry("vrrp", 112),
          Map.entry("pgm", 113),
          Map.entry("sctp", 132),
          Map.entry("udplite", 136));

  private SecurityRules() {}

  /** The set with the members of a remote group, by address family. */
  static String memberSet(String groupId, int version) {
    return "g" + version + "_" + groupId.replace("-", "");
  }

  /** The nft rule that accepts what the rule allows. */
  static String compile(Rule r) {
    var out = new StringBuilder();
    var six = r.version() == 6;
    var far = (six ? "ip6 " : "ip ") + (r.ingress() ? "saddr " : "daddr ");
    if (r.remoteGroup() != null) {
      out.append(far).append('@').append(memberSet(r.remoteGroup(), r.version())).append(' ');
    } else if (r.remoteCidr() != null && !r.remoteCidr().endsWith("/0")) {
      out.append(far).append(r.remoteCidr()).append(' ');
    } else {
      out.append("meta nfproto ").append(six ? "ipv6 " : "ipv4 ");
    }
    var protocol = protocol(r.protocol(), six);
    if (protocol >= 0) {
      out.append("meta l4proto ").append(protocol).append(' ');
      if (protocol == ICMP || protocol == ICMP6) {
        icmp(r, protocol == ICMP6 ? "icmpv6" : "icmp", out);
      } else if (r.portMin() >= 0 && hasPorts(protocol)) {
        out.append("th dport ").append(r.portMin());
        if (r.portMax() > r.portMin()) {
          out.append('-').append(r.portMax());
        }
        out.append(' ');
      }
    }
    return out.append("accept").toString();
  }

  private static void icmp(Rule r, String word, StringBuilder out) {
    if (r.portMin() >= 0) {
      out.append(word).append(" type ").append(r.portMin()).append(' ');
      if (r.portMax() >= 0) {
        out.append(word).append(" code ").append(r.portMax()).append(' ');
      }
    }
  }

  private static boolean hasPorts(int protocol) {
    return protocol == 6 || protocol == 17 || protocol == 33 || protocol == 132 || protocol == 136;
  }

  /** -1 for any. */
  private static int protocol(String name, boolean six) {
    if (name == null || name.equals("any")) {
      return -1;
    }
    var number = PROTOCOLS.get(name);
    if (number == null) {
      number = Integer.parseInt(name);
    }
    return six && number == ICMP ? ICMP6 : number;
  }
}
