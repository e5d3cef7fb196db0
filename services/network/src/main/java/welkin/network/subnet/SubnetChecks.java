package welkin.network.subnet;

import welkin.core.Json;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.ip.Ipam;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;

/** What in a subnet must fit together, whatever else there is. */
final class SubnetChecks {
  private static final int AUTOMATIC_LENGTH = 64;

  private SubnetChecks() {}

  /** The version, and how IPv6 hosts come by their addresses. */
  static void family(Resource subnet, Cidr cidr) {
    int version = subnet.number("ip_version");
    if (cidr.version() != version) {
      throw Faults.invalidInput(
          "cidr '" + cidr + "' does not match the ip_version '" + version + "'");
    }
    if (cidr.length() == 0) {
      throw Faults.invalidInput("0 is not allowed as CIDR prefix length");
    }
    var ra = subnet.text("ipv6_ra_mode");
    var mode = subnet.text("ipv6_address_mode");
    if (version == 4 && (ra != null || mode != null)) {
      throw Faults.invalidInput(
          (ra != null ? "ipv6_ra_mode" : "ipv6_address_mode")
              + " is not valid when ip_version is 4");
    }
    if (version == 6) {
      if (!subnet.flag("enable_dhcp") && (ra != null || mode != null)) {
        throw Faults.invalidInput(
            "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False");
      }
      if (ra != null && mode != null && !ra.equals(mode)) {
        throw Faults.invalidInput(
            "ipv6_ra_mode set to '"
                + ra
                + "' with ipv6_address_mode set to '"
                + mode
                + "' is not valid. If both attributes are set, they must be the same value");
      }
      if ((Ipam.isAutomatic(subnet) || "slaac".equals(ra)) && cidr.length() != AUTOMATIC_LENGTH) {
        throw Faults.invalidInput(
            "Invalid CIDR "
                + cidr
                + " for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires"
                + " the prefix to be /64");
      }
    }
  }

  /** Routes and name servers are of the subnet's family. */
  static void routes(Resource subnet) {
    int version = subnet.number("ip_version");
    for (var r : subnet.list("host_routes")) {
      if (Cidr.of(Json.string(r, "destination")).version() != version
          || Ip.of(Json.string(r, "nexthop")).version() != version) {
        throw Faults.invalidInput(
            "host_routes '" + r + "' does not match the ip_version '" + version + "'");
      }
    }
    for (var s : subnet.texts("dns_nameservers")) {
      if (Ip.of(s).version() != version) {
        throw Faults.invalidInput(
            "dns_nameserver '" + s + "' does not match the ip_version '" + version + "'");
      }
    }
  }
}
