package welkin.network.subnet;

import java.util.HashSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Json;
import welkin.network.ip.Ip;
import welkin.network.resource.Attributes;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;

/** What a subnet has. */
public final class SubnetAttributes {
  private static final String[] IPV6_MODES = {"dhcpv6-stateful", "dhcpv6-stateless", "slaac"};

  private SubnetAttributes() {}

  static Attributes table() {
    return new Attributes("subnet", "subnets")
        .both("name", Values.stringOrEmpty(255), StringNode.valueOf(""))
        .post("tenant_id", Values.string(255), null)
        .required("network_id", Values.uuid())
        .required("ip_version", SubnetAttributes::version)
        .post(
            "subnetpool_id",
            Values.unavailable("subnet pools are not available, give a cidr"),
            NullNode.getInstance())
        .post("prefixlen", Values.unavailable("subnet pools are not available, give a cidr"), null)
        .post("use_default_subnetpool", Values.flag(), null)
        .flag("enable_dhcp", true)
        .post("ipv6_ra_mode", Values.oneOf(IPV6_MODES).orNull(), NullNode.getInstance())
        .post("ipv6_address_mode", Values.oneOf(IPV6_MODES).orNull(), NullNode.getInstance())
        .both("gateway_ip", Values.ip().orNull(), null)
        .post("cidr", Values.subnet().orNull(), null)
        .both("allocation_pools", SubnetAttributes::pools, null)
        .both("host_routes", SubnetAttributes::routes, Json.array())
        .both("dns_nameservers", SubnetAttributes::servers, Json.array())
        .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
        .both("service_types", Values.listOf(Values.string(255), "type"), Json.array())
        .shown("router:external")
        .both("dns_publish_fixed_ip", Values.flag(), BooleanNode.FALSE)
        .post("tags", Tags.reader(), Json.array())
        .standard();
  }

  private static JsonNode version(JsonNode v) {
    var n = Values.number(0, 99).read(v);
    if (n.asInt() != 4 && n.asInt() != 6) {
      throw Values.refused("'" + Values.show(v) + "' is not in [4, 6]");
    }
    return n;
  }

  private static JsonNode pools(JsonNode v) {
    var out = Json.array();
    for (var p : Values.list().read(v)) {
      if (!(p instanceof ObjectNode o) || o.size() != 2 || !o.has("start") || !o.has("end")) {
        throw Values.refused("Invalid data format for IP pool: '" + Values.show(p) + "'");
      }
      out.addObject()
          .set("start", Values.ip().read(o.get("start")))
          .set("end", Values.ip().read(o.get("end")));
    }
    return out;
  }

  /** A list of {@code {destination, nexthop}}. */
  public static JsonNode routes(JsonNode v) {
    var out = Json.array();
    var seen = new HashSet<JsonNode>();
    for (var r : Values.list().read(v)) {
      if (!(r instanceof ObjectNode o)
          || o.size() != 2
          || !o.has("destination")
          || !o.has("nexthop")) {
        throw Values.refused("Invalid data format for hostroute: '" + Values.show(r) + "'");
      }
      var one = Json.object();
      one.set("destination", Values.subnet().read(o.get("destination")));
      one.set("nexthop", Values.ip().read(o.get("nexthop")));
      if (!seen.add(one)) {
        throw Values.refused("Duplicate hostroute '" + r + "'");
      }
      out.add(one);
    }
    return out;
  }

  private static JsonNode servers(JsonNode v) {
    var out = Json.array();
    var seen = new HashSet<JsonNode>();
    for (var s : Values.list().read(v)) {
      var ip = s.isString() ? Ip.parse(s.stringValue()) : null;
      if (ip == null) {
        throw Values.refused("'" + Values.show(s) + "' is not a valid nameserver");
      }
      if (!seen.add(s)) {
        throw Values.refused("Duplicate nameserver '" + Values.show(s) + "'");
      }
      out.add(ip.toString());
    }
    return out;
  }
}
