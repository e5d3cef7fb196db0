package welkin.network.port;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Json;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.resource.Attributes;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;

/** What a port has. */
final class PortAttributes {
  private PortAttributes() {}

  static Attributes table() {
    var a = new Attributes("port", "ports");
    a.both("name", Values.stringOrEmpty(255), StringNode.valueOf(""));
    a.required("network_id", Values.uuid());
    a.post("tenant_id", Values.string(255), null);
    a.flag("admin_state_up", true);
    a.both("mac_address", Values.mac().orNull(), null);
    a.shown("status");
    a.both("device_id", Values.stringOrEmpty(255), StringNode.valueOf(""));
    a.both("device_owner", Values.stringOrEmpty(255), StringNode.valueOf(""));
    a.both("fixed_ips", PortAttributes::fixedIps, null);
    a.both("allowed_address_pairs", PortAttributes::pairs, Json.array());
    a.both("extra_dhcp_opts", PortAttributes::options, Json.array());
    a.both("security_groups", Values.listOf(Values.uuid(), "group"), null);
    a.both("description", Values.stringOrEmpty(255), StringNode.valueOf(""));
    a.both(
        PortStore.VNIC_TYPE,
        Values.oneOf(
            "normal",
            "direct",
            "macvtap",
            "baremetal",
            "direct-physical",
            "virtio-forwarder",
            "smart-nic",
            "vdpa",
            "accelerator-direct",
            "accelerator-direct-physical",
            "remote-managed"),
        StringNode.valueOf("normal"));
    a.both("port_security_enabled", Values.flag(), null);
    a.both("dns_name", PortAttributes::dnsName, StringNode.valueOf(""));
    a.shown("dns_assignment");
    a.both("qos_policy_id", Values.unavailable("QoS policies are not available"), null);
    a.both(PortStore.HOST, Values.stringOrEmpty(255), null);
    a.shown(PortStore.VIF_TYPE).shown(PortStore.VIF_DETAILS);
    a.both(PortStore.PROFILE, Values.map(), null);
    a.post("tags", Tags.reader(), Json.array());
    a.standard();
    return a;
  }

  private static JsonNode dnsName(JsonNode v) {
    var text = Values.stringOrEmpty(255).read(v);
    var name = text.stringValue();
    if (!name.isEmpty()
        && !name.matches(
            "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\\.?")) {
      throw Values.refused("'" + name + "' not a valid PQDN or FQDN");
    }
    return StringNode.valueOf(name.toLowerCase(java.util.Locale.ROOT));
  }

  /** A list of {@code {subnet_id, ip_address}}, at least one of both. */
  static JsonNode fixedIps(JsonNode v) {
    var out = Json.array();
    var seen = new java.util.HashSet<JsonNode>();
    for (var e : Values.list().read(v)) {
      if (!(e instanceof ObjectNode o)) {
        throw Values.refused("Invalid data format for fixed IP: '" + Values.show(e) + "'");
      }
      var one = Json.object();
      for (var k : o.propertyNames()) {
        var value = o.get(k);
        switch (k) {
          case "subnet_id" -> {
            if (!value.isNull()) {
              one.set(k, Values.uuid().read(value));
            }
          }
          case "ip_address" -> {
            if (!value.isNull()) {
              one.set(k, Values.ip().read(value));
              if (!seen.add(one.get(k))) {
                throw Values.refused("Duplicate IP address '" + Values.show(value) + "'");
              }
            }
          }
          default -> throw Values.refused("Invalid data format for fixed IP: '" + e + "'");
        }
      }
      if (one.isEmpty()) {
        throw Values.refused("Invalid data format for fixed IP: '" + e + "'");
      }
      out.add(one);
    }
    return out;
  }

  /** A list of {@code {ip_address, mac_address}}. */
  private static JsonNode pairs(JsonNode v) {
    var out = Json.array();
    var seen = new java.util.HashSet<JsonNode>();
    for (var e : Values.list().read(v)) {
      if (!(e instanceof ObjectNode o) || !o.has("ip_address")) {
        throw Values.refused("AllowedAddressPair must contain ip_address");
      }
      var one = Json.object();
      for (var k : o.propertyNames()) {
        switch (k) {
          case "ip_address" -> one.set(k, addressOrPrefix(o.get(k)));
          case "mac_address" -> {
            if (!o.get(k).isNull()) {
              one.set(k, Values.mac().read(o.get(k)));
            }
          }
          default -> throw Values.refused("Unrecognized attribute(s) '" + k + "'");
        }
      }
      if (!seen.add(one)) {
        throw Values.refused("Duplicate address detected in allowed_address_pairs");
      }
      out.add(one);
    }
    return out;
  }

  private static JsonNode addressOrPrefix(JsonNode v) {
    var text = v.isString() ? v.stringValue() : "";
    if (text.contains("/")) {
      var cidr = Cidr.parse(text);
      if (cidr != null) {
        return StringNode.valueOf(
            Ip.of(text.substring(0, text.indexOf('/'))) + "/" + cidr.length());
      }
    }
    return Values.ip().read(v);
  }

  /** A list of {@code {opt_name, opt_value, ip_version}}. */
  private static JsonNode options(JsonNode v) {
    var out = Json.array();
    for (var e : Values.list().read(v)) {
      if (!(e instanceof ObjectNode o) || Json.string(o, "opt_name") == null) {
        throw Values.refused("A DHCP option needs opt_name");
      }
      var one = Json.object();
      one.set("opt_name", Values.string(64).read(o.get("opt_name")));
      var value = o.get("opt_value");
      one.set(
          "opt_value",
          value == null || value.isNull()
              ? NullNode.getInstance()
              : Values.string(255).read(value));
      one.set(
          "ip_version",
          o.has("ip_version") ? Values.number(4, 6).read(o.get("ip_version")) : IntNode.valueOf(4));
      out.add(one);
    }
    return out;
  }
}
