package welkin.agents.network;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import welkin.agents.contracts.HostChanges.Address;
import welkin.agents.contracts.HostChanges.Interface;
import welkin.agents.contracts.HostChanges.Lease;
import welkin.agents.contracts.HostChanges.Network;
import welkin.agents.contracts.HostChanges.Subnet;

/**
 * What dnsmasq is told, as DHCP server of a network or as router advertiser of a router. Every
 * lease is static; dnsmasq forwards no DNS, it answers names of the network's own ports.
 */
final class Dnsmasq {
  static final String DOMAIN = "openstacklocal";
  private static final int LEASE_SECONDS = 86_400;
  private static final String METADATA = "169.254.169.254";

  private Dnsmasq() {}

  static String dhcpKey(String networkId) {
    return "dhcp-" + networkId;
  }

  static String raKey(String routerId) {
    return "ra-" + routerId;
  }

  /** The DHCP server of a network. */
  static Daemons.Spec dhcp(Network n, String ns, Daemons daemons) {
    var key = dhcpKey(n.id());
    var dir = daemons.directory(key);
    var command = new ArrayList<>(common(dir));
    command.add("--dhcp-hostsfile=" + dir.resolve("hosts"));
    command.add("--addn-hosts=" + dir.resolve("names"));
    command.add("--dhcp-optsfile=" + dir.resolve("opts"));
    command.add("--dhcp-leasefile=" + dir.resolve("leases"));
    command.add("--dhcp-authoritative");
    command.add("--interface=" + Names.tap(n.dhcp().portId()));
    command.add("--domain=" + DOMAIN);
    command.add("--dhcp-lease-max=65536");
    if (n.mtu() > 0) {
      command.add("--dhcp-option-force=option:mtu," + n.mtu());
    }
    for (var s : served(n)) {
      var block = Cidr.of(s.cidr());
      command.add(
          "--dhcp-range=set:"
              + tag(s)
              + ","
              + block.first()
              + ",static,"
              + (s.version() == 4 ? block.mask() : block.length())
              + ","
              + LEASE_SECONDS
              + "s");
    }
    var live = new LinkedHashMap<String, String>();
    live.put("names", names(n));
    live.put("opts", options(n));
    live.put(Daemons.HOSTS, hosts(n));
    return new Daemons.Spec(key, ns, List.copyOf(command), Map.of(), live);
  }

  private static List<String> common(Path dir) {
    return List.of(
        "dnsmasq",
        "--conf-file=",
        "--no-hosts",
        "--no-resolv",
        "--bind-dynamic",
        "--except-interface=lo",
        "--user=root",
        "--group=root",
        "--quiet-dhcp",
        "--quiet-dhcp6",
        "--quiet-ra",
        "--pid-file=" + dir.resolve("pid"));
  }

  /** Subnets for which dnsmasq answers DHCP: not those whose guests make their address up. */
  static List<Subnet> served(Network n) {
    return Desired.list(n.subnets()).stream()
        .filter(Subnet::dhcp)
        .filter(s -> s.version() == 4 || stateful(s) || "dhcpv6-stateless".equals(s.ipv6Mode()))
        .toList();
  }

  private static boolean stateful(Subnet s) {
    return "dhcpv6-stateful".equals(s.ipv6Mode());
  }

  private static String tag(Subnet s) {
    return "subnet-" + s.id();
  }

  static String hosts(Network n) {
    var leased =
        served(n).stream()
            .filter(s -> s.version() == 4 || stateful(s))
            .map(Subnet::id)
            .collect(Collectors.toSet());
    var out = new StringBuilder();
    for (var l : Desired.list(n.dhcp().leases())) {
      for (var a : Desired.list(l.addresses())) {
        if (leased.contains(a.subnetId())) {
          out.append(l.mac()).append(",set:").append(portTag(l)).append(',');
          out.append(name(l, a)).append(',').append(bracketed(a.ip())).append('\n');
        }
      }
    }
    return out.toString();
  }

  static String names(Network n) {
    var out = new StringBuilder();
    for (var l : Desired.list(n.dhcp().leases())) {
      for (var a : Desired.list(l.addresses())) {
        var name = name(l, a);
        out.append(a.ip()).append('\t').append(name).append('.').append(DOMAIN);
        out.append(' ').append(name).append('\n');
      }
    }
    return out.toString();
  }

  private static String name(Lease l, Address a) {
    var asked = l.hostname() == null ? "" : l.hostname().replaceAll("[^A-Za-z0-9-]", "");
    return asked.isEmpty() ? "host-" + a.ip().replaceAll("[.:]+", "-") : asked;
  }

  private static String bracketed(String ip) {
    return ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip;
  }

  private static String portTag(Lease l) {
    return "port-" + l.portId();
  }

  static String options(Network n) {
    var out = new StringBuilder();
    for (var s : served(n)) {
      if (s.version() == 4) {
        options4(n, s, out);
      } else {
        options6(n, s, out);
      }
    }
    for (var l : Desired.list(n.dhcp().leases())) {
      if (l.options() != null) {
        l.options()
            .forEach((k, v) -> line(out, portTag(l), k.matches("\\d+") ? k : "option:" + k, v));
      }
    }
    return out.toString();
  }

  private static void options4(Network n, Subnet s, StringBuilder out) {
    var self = ownAddress(n, s);
    var dns = Desired.list(s.dnsNameservers());
    if (!dns.isEmpty()) {
      line(out, tag(s), "option:dns-server", String.join(",", dns));
    } else if (self != null) {
      line(out, tag(s), "option:dns-server", self);
    }
    var routes = new ArrayList<String>();
    for (var r : Desired.list(s.hostRoutes())) {
      routes.add(r.destination() + "," + r.nexthop());
    }
    if (n.dhcp().isolatedMetadata() && self != null) {
      routes.add(METADATA + "/32," + self);
    }
    for (var other : n.subnets()) {
      if (other.version() == 4 && !other.id().equals(s.id())) {
        routes.add(other.cidr() + ",0.0.0.0");
      }
    }
    if (!routes.isEmpty()) {
      // who reads option 121 ignores option 3 (RFC 3442)
      if (s.gateway() != null) {
        routes.add("0.0.0.0/0," + s.gateway());
      }
      var all = String.join(",", routes);
      line(out, tag(s), "option:classless-static-route", all);
      line(out, tag(s), "249", all);
    }
    // an empty option keeps dnsmasq from naming itself
    line(out, tag(s), "option:router", s.gateway() == null ? "" : s.gateway());
  }

  private static void options6(Network n, Subnet s, StringBuilder out) {
    var dns = new ArrayList<>(Desired.list(s.dnsNameservers()));
    if (dns.isEmpty() && ownAddress(n, s) != null) {
      dns.add(ownAddress(n, s));
    }
    if (!dns.isEmpty()) {
      line(
          out,
          tag(s),
          "option6:dns-server",
          dns.stream().map(Dnsmasq::bracketed).collect(Collectors.joining(",")));
    }
    line(out, tag(s), "option6:domain-search", DOMAIN);
  }

  private static void line(StringBuilder out, String tag, String option, String value) {
    // users choose options of ports: a line break would be a line of their own
    var text = "tag:" + tag + "," + option + (value.isEmpty() ? "" : "," + value);
    out.append(text.replaceAll("\\p{Cntrl}", "")).append('\n');
  }

  /** The DHCP port's own address in a subnet, or null. */
  static String ownAddress(Network n, Subnet s) {
    var block = Cidr.of(s.cidr());
    return Desired.list(n.dhcp().addresses()).stream()
        .map(a -> a.replaceFirst("/.*", ""))
        .filter(block::contains)
        .findFirst()
        .orElse(null);
  }

  /**
   * Router advertisements for the legs of a router.
   *
   * @param subnets known subnets, for their address mode and name servers
   * @return null when there is nothing to advertise
   */
  static Daemons.Spec advertise(
      String routerId, String ns, List<Interface> legs, List<Subnet> subnets, Daemons daemons) {
    var key = raKey(routerId);
    var dir = daemons.directory(key);
    var command = new ArrayList<>(common(dir));
    command.addAll(List.of("--port=0", "--enable-ra"));
    command.add("--dhcp-leasefile=" + dir.resolve("leases"));
    var any = false;
    for (var leg : legs) {
      if (Desired.list(leg.raPrefixes()).isEmpty()) {
        continue;
      }
      any = true;
      var device = Names.interfaceLeg(leg.portId());
      command.add("--interface=" + device);
      command.add("--ra-param=" + device + (leg.mtu() > 0 ? ",mtu:" + leg.mtu() : "") + ",30");
      for (var prefix : leg.raPrefixes()) {
        advertise(prefix, subnets, command);
      }
    }
    return any ? new Daemons.Spec(key, ns, List.copyOf(command), Map.of(), Map.of()) : null;
  }

  private static void advertise(String prefix, List<Subnet> subnets, List<String> command) {
    var block = Cidr.of(prefix);
    var subnet =
        subnets.stream().filter(s -> s.cidr().equalsIgnoreCase(prefix)).findFirst().orElse(null);
    var mode = subnet == null ? "slaac" : String.valueOf(subnet.raMode());
    // requests for leases never reach this dnsmasq (the router drops them): it only sets the flags
    var kind =
        switch (mode) {
          case "dhcpv6-stateful" -> "static";
          case "dhcpv6-stateless" -> "ra-stateless";
          default -> "ra-only";
        };
    var tag = "p" + block.first().replaceAll(":+", "-");
    command.add(
        "--dhcp-range=set:" + tag + "," + block.first() + "," + kind + "," + block.length());
    if (subnet != null && !Desired.list(subnet.dnsNameservers()).isEmpty()) {
      command.add(
          "--dhcp-option=tag:"
              + tag
              + ",option6:dns-server,"
              + subnet.dnsNameservers().stream()
                  .map(Dnsmasq::bracketed)
                  .collect(Collectors.joining(",")));
    }
  }
}
