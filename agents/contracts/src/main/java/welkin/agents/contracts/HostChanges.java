package welkin.agents.contracts;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Desired state of a host's network, whole objects. With {@code full} the lists are everything the
 * host should have and whatever else it has must go; otherwise they are what changed, and {@code
 * removed} what must go.
 *
 * @param cursor what to ask from next time
 * @param forwarding entries of networks the host has that are not among {@code networks}
 * @param members entries of groups the host has that are not among {@code groups}
 */
public record HostChanges(
    long cursor,
    boolean full,
    List<Network> networks,
    List<Port> ports,
    List<Group> groups,
    List<Router> routers,
    List<Removed> removed,
    List<Forwarding> forwarding,
    List<Members> members) {

  /** Everything a host should have. */
  public static HostChanges everything(
      long cursor,
      List<Network> networks,
      List<Port> ports,
      List<Group> groups,
      List<Router> routers) {
    return new HostChanges(
        cursor, true, networks, ports, groups, routers, List.of(), List.of(), List.of());
  }

  private static List<String> changed(List<String> all, List<String> gone, List<String> came) {
    var out = new LinkedHashSet<>(list(all));
    list(gone).forEach(out::remove);
    out.addAll(list(came));
    return List.copyOf(out);
  }

  private static <T> List<T> list(List<T> maybe) {
    return maybe == null ? List.of() : maybe;
  }

  /** An object that no longer concerns the host; kind is network, port, group or router. */
  public record Removed(String kind, String id) {}

  /**
   * What changed in a network's tables; what is not named stays. To be put in again and again.
   *
   * @param fdb MAC address to tunnel address of ports that are on another host now
   * @param here MAC addresses of ports that are on no other host any more
   * @param peers tunnel addresses of hosts that came to the network
   * @param left those of hosts that left it
   */
  public record Forwarding(
      String networkId,
      Map<String, String> fdb,
      List<String> here,
      List<String> peers,
      List<String> left) {}

  /**
   * What changed in the addresses of a group; what is not named stays.
   *
   * @param came addresses it has now
   * @param gone addresses it has not
   */
  public record Members(String groupId, List<String> came, List<String> gone) {}

  /**
   * A network with something on this host.
   *
   * @param type vxlan, vlan, gre, geneve, flat or local
   * @param physicalNetwork for flat and vlan
   * @param segmentationId VNI or VLAN id, 0 for none
   * @param dhcp whether this host serves DHCP and router advertisements for it, on which port
   * @param peers tunnel addresses of the other hosts of this network
   * @param fdb MAC address to tunnel address for every port on other hosts
   */
  public record Network(
      String id,
      String type,
      String physicalNetwork,
      int segmentationId,
      int mtu,
      List<Subnet> subnets,
      Dhcp dhcp,
      List<String> peers,
      Map<String, String> fdb) {

    /** The same with other entries in its tables. */
    public Network with(Forwarding f) {
      var macs = new LinkedHashMap<>(fdb == null ? Map.<String, String>of() : fdb);
      list(f.here).forEach(macs::remove);
      if (f.fdb != null) {
        macs.putAll(f.fdb);
      }
      return new Network(
          id,
          type,
          physicalNetwork,
          segmentationId,
          mtu,
          subnets,
          dhcp,
          changed(peers, f.left, f.peers),
          macs);
    }
  }

  /**
   * @param ipv6Mode slaac, dhcpv6-stateful, dhcpv6-stateless or null: address mode
   * @param raMode the same values: who sends router advertisements; null when an outside router
   *     does
   */
  public record Subnet(
      String id,
      String cidr,
      int version,
      String gateway,
      boolean dhcp,
      List<String> dnsNameservers,
      List<HostRoute> hostRoutes,
      String ipv6Mode,
      String raMode) {}

  public record HostRoute(String destination, String nexthop) {}

  /**
   * The DHCP server of a network on this host.
   *
   * @param portId its own port; device {@code tap...} in namespace {@code qdhcp-NETWORK}
   * @param addresses its addresses with prefix lengths
   * @param leases whom it answers
   * @param isolatedMetadata whether it also serves 169.254.169.254 (no router on the subnet)
   */
  public record Dhcp(
      String portId,
      String mac,
      List<String> addresses,
      List<Lease> leases,
      boolean isolatedMetadata) {}

  /**
   * @param options extra DHCP options by name or number
   */
  public record Lease(
      String portId,
      String mac,
      String hostname,
      List<Address> addresses,
      Map<String, String> options) {}

  public record Address(String subnetId, String ip) {}

  /**
   * A guest's port bound to this host.
   *
   * @param adminUp whether traffic may pass
   * @param portSecurity whether anti-spoofing and security groups apply
   * @param groups security group ids
   * @param allowedPairs further address pairs it may send from; mac null means its own
   */
  public record Port(
      String id,
      String networkId,
      String serverId,
      String mac,
      boolean adminUp,
      boolean portSecurity,
      List<Address> addresses,
      List<String> groups,
      List<Pair> allowedPairs) {
    /** {@code tap} and the first 11 characters of the port id. */
    public String deviceName() {
      return "tap" + id.substring(0, 11);
    }
  }

  public record Pair(String mac, String ip) {}

  /**
   * A security group used by a port of this host, or named as remote group by one.
   *
   * @param members every address (IPv4 and IPv6) of its ports, wherever they are
   */
  public record Group(String id, List<Rule> rules, List<String> members) {

    /** The same with other members. */
    public Group with(Members m) {
      return new Group(id, rules, changed(members, m.gone, m.came));
    }
  }

  /**
   * @param ingress direction
   * @param version 4 or 6
   * @param protocol tcp, udp, icmp, ipv6-icmp, a number, or null for any
   * @param portMin ICMP type for ICMP, -1 for any
   * @param portMax ICMP code for ICMP, -1 for any
   */
  public record Rule(
      String id,
      boolean ingress,
      int version,
      String protocol,
      int portMin,
      int portMax,
      String remoteCidr,
      String remoteGroup) {}

  /**
   * A router on this host.
   *
   * @param gateway its leg in the external network, or null
   * @param floating floating addresses to translate
   * @param standby all is made ready, but another host still plays it: nothing is heard or said
   *     here
   */
  public record Router(
      String id,
      boolean adminUp,
      Gateway gateway,
      List<Interface> interfaces,
      List<HostRoute> routes,
      List<Floating> floating,
      boolean standby) {}

  /**
   * @param addresses with prefix lengths; the first IPv4 one is the source address of SNAT
   * @param gateways next hops, one per address family
   */
  public record Gateway(
      String portId,
      String networkId,
      String mac,
      List<String> addresses,
      List<String> gateways,
      boolean snat,
      int mtu) {}

  /**
   * @param addresses with prefix lengths
   * @param raPrefixes IPv6 prefixes to advertise
   */
  public record Interface(
      String portId,
      String networkId,
      String mac,
      List<String> addresses,
      List<String> raPrefixes,
      int mtu) {}

  public record Floating(String id, String floatingIp, String fixedIp) {}
}
