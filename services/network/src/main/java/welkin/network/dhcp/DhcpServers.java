package welkin.network.dhcp;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.agent.Agents.Role;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;
import welkin.network.ip.Ipam;
import welkin.network.ip.Ipam.Fixed;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
import welkin.network.resource.Resource;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.Sql;

/**
 * Sees that every network with a subnet that wants DHCP has a server: a port of the network on the
 * least loaded host with a living DHCP agent. When there is none, the network waits until one
 * appears.
 */
public final class DhcpServers {
  private static final String OWNER = "network:dhcp";

  private final NetworkStore networks;
  private final SubnetStore subnets;
  private final PortStore ports;
  private final Ports verbs;
  private final Ipam ipam;
  private final Agents agents;
  private final HostLog log;

  public DhcpServers(Stores stores, Ports verbs, Ipam ipam, Agents agents, HostLog log) {
    this.networks = stores.networks();
    this.subnets = stores.subnets();
    this.ports = stores.ports();
    this.verbs = verbs;
    this.ipam = ipam;
    this.agents = agents;
    this.log = log;
  }

  /** Brings a network's server in line with its subnets; told whenever a subnet changed. */
  public void settle(Sql sql, String networkId) {
    var network = networks.find(sql, networkId).orElse(null);
    if (network == null) {
      return;
    }
    var wanting =
        subnets.ofNetwork(sql, networkId).stream().filter(s -> s.flag("enable_dhcp")).toList();
    var port = port(sql, networkId);
    if (wanting.isEmpty() && port.isEmpty()) {
      log.touchNetwork(sql, networkId);
      return; // an administrator may have given it to a host already: that is kept
    }
    if (wanting.isEmpty()) {
      port.ifPresent(p -> verbs.remove(sql, p));
      DhcpStore.unbind(sql, networkId);
    } else if (port.isEmpty()) {
      networks
          .dhcpHost(sql, networkId)
          .or(() -> host(network, sql))
          .ifPresent(h -> start(sql, network, wanting, h));
    } else {
      readdress(sql, network, port.get(), wanting);
    }
    log.touchNetwork(sql, networkId);
  }

  /** The port of a network's server. */
  public Optional<Resource> port(Sql sql, String networkId) {
    return ports.ofNetwork(sql, networkId).stream()
        .filter(p -> p.text("device_owner").equals(OWNER))
        .filter(p -> p.text("device_id").startsWith("dhcp"))
        .findFirst();
  }

  /** Networks that want a server and have none, while there are hosts for one. */
  public List<String> waiting(Sql sql) {
    if (agents.hosts(Role.DHCP).isEmpty()) {
      return List.of();
    }
    return DhcpStore.unbound(sql);
  }

  /** Networks whose host's DHCP agent is dead, while another's lives. */
  public List<String> stranded(Sql sql) {
    if (agents.hosts(Role.DHCP).isEmpty()) {
      return List.of();
    }
    return DhcpStore.hosts(sql).stream()
        .filter(h -> !agents.lives(h, Role.DHCP))
        .flatMap(h -> DhcpStore.onHost(sql, h).stream())
        .toList();
  }

  /** Gives a network's server, its port and addresses, from a dead host to a living one. */
  public void rescue(Sql sql, String networkId) {
    var network = networks.find(sql, networkId).orElse(null);
    var from = networks.dhcpHost(sql, networkId).orElse(null);
    if (network == null || from == null || agents.lives(from, Role.DHCP)) {
      return;
    }
    var to = host(network, sql).orElse(null);
    if (to != null && DhcpStore.rebind(sql, networkId, from, to)) {
      port(sql, networkId).ifPresent(p -> verbs.place(sql, p, to));
      log.touch(sql, from, HostLog.NETWORK, networkId);
      log.touch(sql, to, HostLog.NETWORK, networkId);
      log.touchNetwork(sql, networkId);
    }
  }

  /** Moves a network's server to a host. */
  public void move(Sql sql, String networkId, String host) {
    stop(sql, networkId);
    var network = networks.find(sql, networkId).orElseThrow();
    var wanting =
        subnets.ofNetwork(sql, networkId).stream().filter(s -> s.flag("enable_dhcp")).toList();
    if (host != null) {
      start(sql, network, wanting, host);
    }
    log.touchNetwork(sql, networkId);
  }

  /** Takes a network's server away. */
  public void stop(Sql sql, String networkId) {
    port(sql, networkId).ifPresent(p -> verbs.remove(sql, p));
    DhcpStore.unbind(sql, networkId);
  }

  /** Removes every DHCP port of a network that goes, whoever made it. */
  public void removeAll(Sql sql, String networkId) {
    for (var p : ports.ofNetwork(sql, networkId)) {
      if (p.text("device_owner").equals(OWNER)) {
        verbs.remove(sql, p);
      }
    }
    DhcpStore.unbind(sql, networkId);
  }

  private Optional<String> host(Resource network, Sql sql) {
    var load = DhcpStore.load(sql);
    return agents.hosts(Role.DHCP).stream()
        .filter(
            h ->
                agents.carries(
                    h,
                    network.text("provider:network_type"),
                    network.text("provider:physical_network")))
        .min(java.util.Comparator.comparingLong(h -> load.getOrDefault(h, 0L)));
  }

  private void start(Sql sql, Resource network, List<Resource> wanting, String host) {
    DhcpStore.bind(sql, network.id(), host);
    if (wanting.isEmpty()) {
      return;
    }
    var values = Json.object();
    values.put("network_id", network.id());
    values.put("project_id", network.projectId());
    values.put("device_owner", OWNER);
    values.put(
        "device_id",
        "dhcp"
            + UUID.nameUUIDFromBytes(host.getBytes(StandardCharsets.UTF_8))
            + "-"
            + network.id());
    values.put("binding:host_id", host);
    var wishes = values.putArray("fixed_ips");
    wanting.forEach(s -> wishes.addObject().put("subnet_id", s.id()));
    verbs.make(sql, network, values);
  }

  private void readdress(Sql sql, Resource network, Resource port, List<Resource> wanting) {
    for (var s : wanting) {
      boolean has =
          port.list("fixed_ips").stream().anyMatch(f -> s.id().equals(Json.string(f, "subnet_id")));
      if (!has) {
        var wish = Json.object().put("subnet_id", s.id());
        var address =
            ipam.wanted(
                sql, network.id(), List.of(s), wish, port.id(), port.text("mac_address"), OWNER);
        port = verbs.addAddress(sql, port, address);
      }
    }
    for (var f : port.list("fixed_ips")) {
      var id = Json.string(f, "subnet_id");
      if (wanting.stream().noneMatch(s -> s.id().equals(id))) {
        port = verbs.dropSubnet(sql, port, id);
      }
    }
  }

  /** Addresses of a server with their prefix lengths, in the order of the port. */
  public static List<String> withLengths(Resource port, List<Resource> subnets) {
    return port.list("fixed_ips").stream()
        .map(f -> new Fixed(Json.string(f, "subnet_id"), Json.string(f, "ip_address")))
        .flatMap(
            f ->
                subnets.stream()
                    .filter(s -> s.id().equals(f.subnetId()))
                    .map(s -> Ip.of(f.ip()) + "/" + Cidr.of(s.text("cidr")).length()))
        .toList();
  }
}
