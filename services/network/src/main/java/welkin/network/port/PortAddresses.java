package welkin.network.port;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Json;
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.HostLog;
import welkin.network.ip.Ipam;
import welkin.network.ip.Ipam.Fixed;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.Sql;

/** The addresses of ports, the names they have, and the floating addresses that lead to them. */
public final class PortAddresses {
  private final SubnetStore subnets;
  private final FloatingIpStore floating;
  private final Ipam ipam;
  private final HostLog log;
  private final String dnsDomain;

  public PortAddresses(Stores stores, Ipam ipam, HostLog log, String dnsDomain) {
    this.subnets = stores.subnets();
    this.floating = stores.floating();
    this.ipam = ipam;
    this.log = log;
    this.dnsDomain = dnsDomain;
  }

  /** The subnets that addresses of a network are from. */
  List<Resource> available(Sql sql, Resource network) {
    return subnets.ofNetwork(sql, network.id());
  }

  /** Gives a new port the addresses it asks for, or those the network has for it. */
  void give(Sql sql, Resource network, List<Resource> available, Resource port) {
    var wish = port.document().get("fixed_ips");
    var owner = port.text("device_owner");
    var mac = port.text("mac_address");
    if (wish == null) {
      write(port, ipam.choose(sql, network.id(), available, port.id(), mac, owner));
      return;
    }
    var addresses = new ArrayList<Fixed>();
    for (var w : wish) {
      addresses.add(ipam.wanted(sql, network.id(), available, w, port.id(), mac, owner));
    }
    if (!wish.isEmpty()) {
      ipam.automatic(sql, network.id(), available, port.id(), mac, owner, addresses);
    }
    write(port, addresses);
  }

  /** Keeps the addresses that are wanted still, gives the others back, takes the new ones. */
  void change(Sql sql, Resource network, Resource current, Resource next, JsonNode wishes) {
    var owner = next.text("device_owner");
    if (owner.equals("network:router_interface") || owner.equals("network:router_gateway")) {
      if (wishes.isEmpty()) {
        throw Faults.badResource("port", "A router port needs an address");
      }
    }
    var available = available(sql, network);
    var have = new ArrayList<Fixed>();
    for (var f : current.list("fixed_ips")) {
      have.add(new Fixed(Json.string(f, "subnet_id"), Json.string(f, "ip_address")));
    }
    var keep = new ArrayList<Fixed>();
    var open = new ArrayList<JsonNode>();
    for (var w : wishes) {
      var ip = Json.string(w, "ip_address");
      var subnet = Json.string(w, "subnet_id");
      var match =
          have.stream()
              .filter(f -> !keep.contains(f))
              .filter(f -> ip == null || f.ip().equals(ip))
              .filter(f -> subnet == null || f.subnetId().equals(subnet))
              .findFirst();
      if (match.isPresent()) {
        keep.add(match.get());
      } else {
        open.add(w);
      }
    }
    var automatic = new HashSet<String>();
    available.stream().filter(Ipam::isAutomatic).forEach(s -> automatic.add(s.id()));
    for (var f : have) {
      if (!keep.contains(f)) {
        if (automatic.contains(f.subnetId()) && !owner.startsWith("network:router")) {
          keep.add(f);
        } else {
          floating.loseAddress(sql, log, current.id(), f.ip());
          ipam.release(sql, current.id(), f);
        }
      }
    }
    for (var w : open) {
      keep.add(
          ipam.wanted(
              sql, network.id(), available, w, current.id(), next.text("mac_address"), owner));
    }
    write(next, keep);
  }

  /** The port with an address more. */
  Resource with(Resource port, Fixed address) {
    var next = port.copy();
    ((ArrayNode) next.document().get("fixed_ips"))
        .addObject()
        .put("subnet_id", address.subnetId())
        .put("ip_address", address.ip());
    name(next);
    return next;
  }

  /** Gives a port's addresses of a subnet back; the port without them. */
  Resource without(Sql sql, Resource port, String subnetId) {
    var next = port.copy();
    var list = next.document().putArray("fixed_ips");
    for (var f : port.list("fixed_ips")) {
      if (subnetId.equals(Json.string(f, "subnet_id"))) {
        ipam.release(sql, port.id(), new Fixed(subnetId, Json.string(f, "ip_address")));
      } else {
        list.add(f);
      }
    }
    name(next);
    return next;
  }

  /**
   * Gives all addresses of a port that goes back.
   *
   * @param led whether floating addresses lead to it
   */
  void release(Sql sql, Resource port, boolean led) {
    if (led) {
      floating.loseAddress(sql, log, port.id(), null);
    }
    ipam.releaseAll(sql, port.id());
  }

  private static void write(Resource port, List<Fixed> addresses) {
    var list = port.document().putArray("fixed_ips");
    addresses.forEach(
        a -> list.addObject().put("subnet_id", a.subnetId()).put("ip_address", a.ip()));
  }

  /** Writes the names a port's addresses have in DNS. */
  void name(Resource port) {
    var out = port.document().putArray("dns_assignment");
    var name = port.text("dns_name");
    for (var f : port.list("fixed_ips")) {
      var ip = Json.string(f, "ip_address");
      var host =
          name == null || name.isEmpty() ? "host-" + ip.replace('.', '-').replace(':', '-') : name;
      out.addObject()
          .put("ip_address", ip)
          .put("hostname", host)
          .put("fqdn", host + "." + dnsDomain + (dnsDomain.endsWith(".") ? "" : "."));
    }
  }
}
