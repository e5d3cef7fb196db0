package welkin.network.ip;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/**
 * Chooses and keeps the addresses of ports. A subnet's address has one owner because the table's
 * key says so; a free one is found by a few index look-ups however full the subnet is.
 */
public final class Ipam {
  /** An address of a port. */
  public record Fixed(String subnetId, String ip) {}

  private static final int GUESSES = 8;
  private static final int PAGE = 1000;

  private final Ids ids;

  public Ipam(Ids ids) {
    this.ids = ids;
  }

  /** Whether hosts form their addresses of a subnet themselves. */
  public static boolean isAutomatic(Resource subnet) {
    var mode = subnet.text("ipv6_address_mode");
    return "slaac".equals(mode) || "dhcpv6-stateless".equals(mode);
  }

  private static boolean isRouter(String owner) {
    return owner.startsWith("network:router")
        || owner.equals("network:ha_router_replicated_interface");
  }

  /**
   * Addresses for a port: one of each family the network has, and one of every self-configuring
   * subnet.
   */
  public List<Fixed> choose(
      Sql sql, String networkId, List<Resource> subnets, String portId, String mac, String owner) {
    var out = new ArrayList<Fixed>();
    var usable = subnets.stream().filter(s -> serves(s, owner)).toList();
    var four = usable.stream().filter(s -> s.number("ip_version") == 4).toList();
    var six = usable.stream().filter(s -> s.number("ip_version") == 6 && !isAutomatic(s)).toList();
    for (var family : List.of(four, six)) {
      if (!family.isEmpty()) {
        out.add(first(sql, networkId, family, portId));
      }
    }
    automatic(sql, networkId, usable, portId, mac, owner, out);
    return out;
  }

  /** An address of every self-configuring subnet that has none in the list yet. */
  public void automatic(
      Sql sql,
      String networkId,
      List<Resource> subnets,
      String portId,
      String mac,
      String owner,
      List<Fixed> have) {
    if (isRouter(owner)) {
      return;
    }
    for (var s : subnets) {
      if (isAutomatic(s) && have.stream().noneMatch(f -> f.subnetId.equals(s.id()))) {
        have.add(selfMade(sql, networkId, s, portId, mac));
      }
    }
  }

  /** The address an interface forms from its MAC address in a subnet. */
  public Fixed selfMade(Sql sql, String networkId, Resource subnet, String portId, String mac) {
    return take(sql, networkId, subnet, Ip.eui64(Cidr.of(subnet.text("cidr")), mac), portId);
  }

  /** One address as a request names it: by subnet, by address, or both. */
  public Fixed wanted(
      Sql sql,
      String networkId,
      List<Resource> subnets,
      JsonNode wish,
      String portId,
      String mac,
      String owner) {
    var subnetId = Json.string(wish, "subnet_id");
    var address = Json.string(wish, "ip_address");
    Resource subnet = null;
    if (subnetId != null) {
      subnet =
          subnets.stream()
              .filter(s -> s.id().equals(subnetId))
              .findFirst()
              .orElseThrow(
                  () ->
                      Faults.invalidInput(
                          "Failed to create port on network "
                              + networkId
                              + ", because fixed_ips included invalid subnet "
                              + subnetId));
    }
    if (address == null) {
      return isAutomatic(subnet) && !isRouter(owner)
          ? selfMade(sql, networkId, subnet, portId, mac)
          : free(sql, networkId, subnet, portId).orElseThrow(() -> none("for subnet " + subnetId));
    }
    var ip = Ip.of(address);
    if (subnet == null) {
      subnet =
          subnets.stream()
              .filter(s -> Cidr.of(s.text("cidr")).contains(ip))
              .findFirst()
              .orElseThrow(
                  () ->
                      Fault.of(
                          400,
                          "InvalidIpForNetwork",
                          "IP address "
                              + ip
                              + " is not a valid IP for any of the subnets on the specified"
                              + " network."));
    }
    var cidr = Cidr.of(subnet.text("cidr"));
    if (!cidr.isHost(ip)) {
      throw Fault.of(
          400,
          "InvalidIpForSubnet",
          "IP address " + ip + " is not a valid IP for the specified subnet.");
    }
    if (isAutomatic(subnet) && !isRouter(owner) && !Ip.eui64(cidr, mac).equals(ip)) {
      throw Faults.invalidInput(
          "IPv6 address "
              + ip
              + " can not be directly assigned to a port on subnet "
              + subnet.id()
              + " since the subnet is configured for automatic addresses");
    }
    return take(sql, networkId, subnet, ip, portId);
  }

  public void release(Sql sql, String portId, Fixed address) {
    AllocationStore.delete(sql, portId, address.subnetId, Ip.of(address.ip));
  }

  public void releaseAll(Sql sql, String portId) {
    AllocationStore.deleteAll(sql, portId);
  }

  private static boolean serves(Resource subnet, String owner) {
    var types = subnet.texts("service_types");
    return types.isEmpty() || types.contains(owner);
  }

  private Fixed first(Sql sql, String networkId, List<Resource> subnets, String portId) {
    for (var s : subnets) {
      var f = free(sql, networkId, s, portId);
      if (f.isPresent()) {
        return f.get();
      }
    }
    throw none("on network " + networkId);
  }

  private static Fault none(String where) {
    return Faults.conflict(
        "IpAddressGenerationFailure", "No more IP addresses available " + where + ".");
  }

  /**
   * A free address: the one after the highest in use, then a few guesses, then the lowest gap. An
   * address that was just given back is so not handed out again at once.
   */
  private Optional<Fixed> free(Sql sql, String networkId, Resource subnet, String portId) {
    for (var pool : subnet.list("allocation_pools")) {
      var start = Ip.of(Json.string(pool, "start"));
      var end = Ip.of(Json.string(pool, "end"));
      var highest = AllocationStore.highest(sql, subnet.id(), start, end);
      if (highest.isEmpty() || highest.get().compareTo(end) < 0) {
        var ip = highest.map(h -> h.plus(1)).orElse(start);
        if (insert(sql, networkId, subnet, ip, portId)) {
          return Optional.of(new Fixed(subnet.id(), ip.toString()));
        }
      }
      var size = end.value().subtract(start.value()).longValue() + 1;
      for (int i = 0; i < GUESSES && size > 0; i++) {
        var ip = start.plus(Math.floorMod((long) ids.uuid().hashCode(), size));
        if (insert(sql, networkId, subnet, ip, portId)) {
          return Optional.of(new Fixed(subnet.id(), ip.toString()));
        }
      }
      var gap = gap(sql, subnet, start, end);
      if (gap != null && insert(sql, networkId, subnet, gap, portId)) {
        return Optional.of(new Fixed(subnet.id(), gap.toString()));
      }
    }
    return Optional.empty();
  }

  private static Ip gap(Sql sql, Resource subnet, Ip start, Ip end) {
    var next = start;
    while (true) {
      var taken = AllocationStore.between(sql, subnet.id(), next, end, PAGE);
      for (var key : taken) {
        if (!key.equals(next.key())) {
          return next;
        }
        next = next.plus(1);
      }
      if (next.compareTo(end) > 0) {
        return null;
      }
      if (taken.size() < PAGE) {
        return next;
      }
    }
  }

  private Fixed take(Sql sql, String networkId, Resource subnet, Ip ip, String portId) {
    if (!insert(sql, networkId, subnet, ip, portId)) {
      throw Faults.conflict(
          "IpAddressAlreadyAllocated",
          "IP address " + ip + " already allocated in subnet " + subnet.id());
    }
    return new Fixed(subnet.id(), ip.toString());
  }

  private static boolean insert(Sql sql, String networkId, Resource subnet, Ip ip, String portId) {
    return AllocationStore.insert(sql, networkId, subnet.id(), ip, portId);
  }
}
