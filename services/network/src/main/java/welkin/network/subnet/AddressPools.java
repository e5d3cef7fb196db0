package welkin.network.subnet;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;

/** Which addresses of a subnet are given out, and which is its gateway's. */
final class AddressPools {
  private AddressPools() {}

  /** The gateway that was asked for, or the first address. */
  static void gateway(Resource subnet, Cidr cidr) {
    if (!subnet.document().has("gateway_ip")) {
      subnet.set("gateway_ip", cidr.firstHost().toString());
    } else {
      checkGateway(cidr, subnet.text("gateway_ip"));
    }
  }

  static void checkGateway(Cidr cidr, String gateway) {
    if (gateway == null) {
      return;
    }
    var ip = Ip.of(gateway);
    boolean linkLocal = ip.version() == 6 && Cidr.of("fe80::/64").contains(ip);
    if (ip.version() != cidr.version()) {
      throw Faults.invalidInput(
          "gateway_ip '" + ip + "' does not match the ip_version '" + cidr.version() + "'");
    }
    if (!linkLocal && cidr.contains(ip) && !cidr.isHost(ip)) {
      throw Faults.invalidInput("Gateway is not valid on subnet");
    }
  }

  /** The pools that were asked for, or everything but the gateway. */
  static void fill(Resource subnet, Cidr cidr) {
    var gateway = subnet.text("gateway_ip");
    if (!subnet.document().has("allocation_pools")) {
      var list = subnet.document().putArray("allocation_pools");
      defaultPools(cidr, gateway == null ? null : Ip.of(gateway), list);
    } else {
      check(subnet, cidr);
    }
  }

  /** Checks the pools against the subnet, its gateway and each other, and sorts them. */
  static void check(Resource subnet, Cidr cidr) {
    checkPools(cidr, subnet.list("allocation_pools"), subnet.text("gateway_ip"));
    sortPools(subnet);
  }

  private static void sortPools(Resource subnet) {
    var pools = new ArrayList<>(subnet.list("allocation_pools"));
    pools.sort(Comparator.comparing(p -> Ip.of(Json.string(p, "start"))));
    var list = subnet.document().putArray("allocation_pools");
    pools.forEach(list::add);
  }

  /** Everything a host may have, without the gateway. */
  private static void defaultPools(Cidr cidr, Ip gateway, ArrayNode list) {
    var start = cidr.firstHost();
    var end = cidr.lastHost();
    if (gateway == null || gateway.compareTo(start) < 0 || gateway.compareTo(end) > 0) {
      add(list, start, end);
    } else {
      if (start.compareTo(gateway) < 0) {
        add(list, start, gateway.plus(-1));
      }
      if (gateway.compareTo(end) < 0) {
        add(list, gateway.plus(1), end);
      }
    }
  }

  private static void add(ArrayNode list, Ip start, Ip end) {
    list.addObject().put("start", start.toString()).put("end", end.toString());
  }

  private static void checkPools(Cidr cidr, List<JsonNode> pools, String gateway) {
    for (int i = 0; i < pools.size(); i++) {
      var p = pools.get(i);
      var start = Ip.of(Json.string(p, "start"));
      var end = Ip.of(Json.string(p, "end"));
      var shown = start + "-" + end;
      if (start.version() != cidr.version()
          || end.version() != cidr.version()
          || end.compareTo(start) < 0) {
        throw Fault.of(
            400, "InvalidAllocationPool", "The allocation pool " + shown + " is not valid.");
      }
      if (!cidr.isHost(start) || !cidr.isHost(end)) {
        throw Fault.of(
            400,
            "OutOfBoundsAllocationPool",
            "The allocation pool " + shown + " spans beyond the subnet cidr " + cidr + ".");
      }
      for (int j = 0; j < i; j++) {
        var s = Ip.of(Json.string(pools.get(j), "start"));
        var e = Ip.of(Json.string(pools.get(j), "end"));
        if (start.compareTo(e) <= 0 && s.compareTo(end) <= 0) {
          throw Faults.conflict(
              "OverlappingAllocationPools",
              "Found overlapping allocation pools: "
                  + s
                  + "-"
                  + e
                  + " "
                  + shown
                  + " for subnet "
                  + cidr
                  + ".");
        }
      }
      if (gateway != null) {
        var ip = Ip.of(gateway);
        if (start.compareTo(ip) <= 0 && ip.compareTo(end) <= 0) {
          throw Faults.conflict(
              "GatewayConflictWithAllocationPools",
              "Gateway ip " + ip + " conflicts with allocation pool " + shown + ".");
        }
      }
    }
  }
}
