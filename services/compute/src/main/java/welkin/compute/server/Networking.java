package welkin.compute.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.peers.NetworkPeer;
import welkin.peers.Peers;

/** The ports of servers: what is asked for, made, bound, looked at and given back. */
public final class Networking {
  private final Peers peers;
  private final NetworkPeer network;

  public Networking(Peers peers) {
    this.peers = peers;
    this.network = new NetworkPeer(peers);
  }

  /** The wanted ports with every choice made, before anything is stored. */
  List<Boot.WantedNic> resolve(Caller caller, CreateRequest wish) {
    return switch (wish.networks()) {
      case "none" -> List.of();
      case "given" -> given(caller, wish.nics(), wish.maxCount());
      default -> automatic(caller, wish.networks().equals("auto"));
    };
  }

  private List<Boot.WantedNic> automatic(Caller caller, boolean must) {
    var there = network.networksFor(caller.projectId());
    if (there.size() > 1) {
      throw Fault.conflict(
          "Multiple possible networks found, use a Network ID to be more specific.");
    }
    if (there.isEmpty()) {
      if (must) {
        throw Fault.badRequest(
            "Unable to automatically allocate a network for project " + caller.projectId());
      }
      return List.of();
    }
    return List.of(new Boot.WantedNic(null, null, null, null).on(there.getFirst()));
  }

  /** One more port for a server; the project's only network when none is named. */
  Boot.WantedNic one(Caller caller, Boot.WantedNic wanted) {
    if (wanted.networkId() == null && wanted.portId() == null) {
      var nics = automatic(caller, false);
      if (nics.isEmpty()) {
        throw Fault.badRequest("No network that the project may use.");
      }
      return nics.getFirst();
    }
    return given(caller, List.of(wanted), 1).getFirst();
  }

  private List<Boot.WantedNic> given(Caller caller, List<Boot.WantedNic> nics, int servers) {
    var asCaller = new NetworkPeer(peers.as(caller.token()));
    var networkIds =
        nics.stream().filter(n -> n.portId() == null).map(Boot.WantedNic::networkId).toList();
    var networks =
        networkIds.isEmpty()
            ? Map.<String, NetworkPeer.Network>of()
            : asCaller.networks(networkIds.stream().distinct().toList()).stream()
                .collect(
                    Collectors.toMap(NetworkPeer.Network::id, Function.identity(), (a, b) -> a));
    var out = new ArrayList<Boot.WantedNic>();
    var ports = new ArrayList<String>();
    for (var nic : nics) {
      if (servers > 1 && (nic.portId() != null || nic.fixedIp() != null)) {
        throw Fault.badRequest(
            nic.portId() != null
                ? "Unable to launch multiple instances with a single configured port ID. Please"
                    + " launch your instance one by one with different ports."
                : "max_count cannot be greater than 1 if an fixed_ip is specified.");
      }
      if (nic.portId() == null) {
        var n = networks.get(nic.networkId());
        if (n == null) {
          throw Fault.badRequest("Network " + nic.networkId() + " could not be found.");
        }
        if (n.external() && !n.shared() && !caller.isAdmin()) {
          throw Fault.forbidden(
              "It is not allowed to create an interface on external network " + n.id());
        }
        if (n.subnetIds().isEmpty() && nic.fixedIp() != null) {
          throw Fault.badRequest(
              "Network " + n.id() + " requires a subnet in order to boot" + " instances on.");
        }
        out.add(nic.on(n));
      } else {
        if (ports.contains(nic.portId())) {
          throw Fault.badRequest("Port " + nic.portId() + " is requested twice.");
        }
        ports.add(nic.portId());
        out.add(new Boot.WantedNic(port(asCaller, nic.portId()), nic.portId(), null, nic.tag()));
      }
    }
    return out;
  }

  /** The network of an existing port that is free. */
  private static String port(NetworkPeer asCaller, String id) {
    NetworkPeer.Port port;
    try {
      port = asCaller.port(id);
    } catch (Fault f) {
      if (f.status() == 404) {
        throw Fault.badRequest("Port id " + id + " could not be found.");
      }
      throw f;
    }
    if (port.deviceId() != null && !port.deviceId().isEmpty()) {
      throw Fault.conflict("Port " + id + " is still in use.");
    }
    return port.networkId();
  }

  /** The project's security groups that were named, by name or id. */
  List<Server.Group> groups(String projectId, List<String> wanted) {
    if (wanted.isEmpty() || wanted.equals(List.of("default"))) {
      return List.of(new Server.Group(null, "default"));
    }
    // only those: a project may have hundreds, each with its rules
    var named = network.securityGroups(projectId, "name", wanted);
    var others = new ArrayList<>(wanted);
    named.forEach(g -> others.remove(g.name()));
    var byId =
        others.isEmpty()
            ? List.<NetworkPeer.SecurityGroup>of()
            : network.securityGroups(projectId, "id", others);
    var out = new ArrayList<Server.Group>();
    for (var name : wanted) {
      var found = byId.stream().filter(g -> g.id().equals(name)).toList();
      if (found.isEmpty()) {
        found = named.stream().filter(g -> g.name().equals(name)).toList();
      }
      if (found.isEmpty()) {
        throw Fault.badRequest(
            "Security group " + name + " not found for project " + projectId + ".");
      }
      if (found.size() > 1) {
        throw Fault.conflict(
            "Multiple security groups found matching '"
                + name
                + "'. Use an ID to be more specific.");
      }
      out.add(new Server.Group(found.getFirst().id(), found.getFirst().name()));
    }
    return out;
  }

  /**
   * Makes and binds a server's ports on a host. Repeating it with the same key makes nothing twice.
   *
   * @throws Fault 500 when a port cannot be bound there
   */
  List<Nic> plug(Server server, String host, String zone, String key) {
    var out = new ArrayList<Nic>();
    int index = 0;
    for (var wanted : server.boot().nics()) {
      out.add(plug(server, wanted, host, zone, key + "-" + index++));
    }
    // mostly the names are those of a moment ago, when the server was asked for
    return out.stream().allMatch(n -> n.network() != null) ? out : named(out);
  }

  /** Makes or takes one port and binds it. */
  Nic plug(Server server, Boot.WantedNic wanted, String host, String zone, String key) {
    var owner = "compute:" + zone;
    NetworkPeer.Port port;
    if (wanted.portId() == null) {
      var ips =
          wanted.fixedIp() == null
              ? null
              : List.of(new NetworkPeer.FixedIp(null, wanted.fixedIp()));
      var groups = server.boot().securityGroupIds();
      port =
          network.createPort(
              new NetworkPeer.NewPort(
                  wanted.networkId(),
                  server.projectId(),
                  null,
                  server.id(),
                  owner,
                  host,
                  null,
                  ips,
                  groups == null || groups.isEmpty() ? null : groups,
                  null),
              key);
    } else {
      port = network.bind(wanted.portId(), server.id(), owner, host);
    }
    return nic(bound(port), wanted.tag(), wanted.portId() != null)
        .on(wanted.network(), wanted.mtu());
  }

  private static NetworkPeer.Port bound(NetworkPeer.Port port) {
    if (!port.bound()) {
      throw Fault.of(
          500,
          "PortBindingFailed",
          "Binding failed for port "
              + port.id()
              + ", please check neutron logs for more information.");
    }
    return port;
  }

  /**
   * Binds a server's ports to another host.
   *
   * @throws Fault 500 when one cannot be bound there
   */
  void rebind(Server server, String host, String zone) {
    for (var port : network.portsOf(List.of(server.id()))) {
      bound(network.bind(port.id(), server.id(), "compute:" + zone, host));
    }
  }

  /** {@link #rebind} to where they were, whether the host lives or not. */
  void rebindBack(Server server, String host, String zone) {
    for (var port : network.portsOf(List.of(server.id()))) {
      network.bind(port.id(), server.id(), "compute:" + zone, host);
    }
  }

  /** Makes a server's ports ready at one more host. */
  void prepare(Server server, String host) {
    network.portsOf(List.of(server.id())).forEach(p -> network.addBinding(p.id(), host));
  }

  /** Whether a port that is made ready at a host is wired there. */
  boolean isWired(String portId, String host) {
    return network.bindings(portId).stream().anyMatch(b -> b.host().equals(host) && b.plugged());
  }

  /** A server's ports are at the host where they were made ready. */
  void activate(Server server, String host) {
    network.portsOf(List.of(server.id())).forEach(p -> network.activateBinding(p.id(), host));
  }

  /**
   * A server's ports are at the host it was to leave; they are not made ready elsewhere any more.
   */
  void takeBack(Server server, String source, String dest) {
    for (var port : network.portsOf(List.of(server.id()))) {
      if (dest.equals(port.host())) {
        network.activateBinding(port.id(), source);
      }
      network.dropBinding(port.id(), dest);
    }
  }

  /** A server's ports are not wanted at a host any more; those that are there stay. */
  void leave(Server server, String host) {
    for (var port : network.portsOf(List.of(server.id()))) {
      if (!host.equals(port.host())) {
        network.dropBinding(port.id(), host);
      }
    }
  }

  /** Whether a port is wired already, so that no sign of it will come. */
  boolean isWired(String portId) {
    return network.port(portId).status().equals("ACTIVE");
  }

  private static Nic nic(NetworkPeer.Port port, String tag, boolean given) {
    return new Nic(
        port.id(),
        port.networkId(),
        null,
        port.mac(),
        0,
        tag,
        given,
        port.fixedIps().stream().map(f -> new Nic.Ip(f.ip(), f.subnetId(), List.of())).toList());
  }

  /** The ports with the names and MTUs of their networks. */
  private List<Nic> named(List<Nic> nics) {
    if (nics.isEmpty()) {
      return nics;
    }
    Map<String, NetworkPeer.Network> networks = new HashMap<>();
    network
        .networks(nics.stream().map(Nic::networkId).distinct().toList())
        .forEach(n -> networks.put(n.id(), n));
    return nics.stream()
        .map(
            n -> {
              var net = networks.get(n.networkId());
              return net == null ? n.on(n.networkId(), 1500) : n.on(net.name(), net.mtu());
            })
        .toList();
  }

  Nic named(Nic nic) {
    return named(List.of(nic)).getFirst();
  }

  /** Deletes the ports that were made for a server and gives the others back. */
  void unplug(Server server) {
    var given = new ArrayList<String>();
    server.boot().nics().forEach(n -> given.add(n.portId()));
    server.nics().stream().filter(Nic::given).forEach(n -> given.add(n.portId()));
    for (var port : network.portsOf(List.of(server.id()))) {
      unplug(port.id(), given.contains(port.id()));
    }
  }

  void unplug(String portId, boolean given) {
    if (given) {
      network.unbind(portId);
    } else {
      network.deletePort(portId);
    }
  }

  /** What the Network service says now, in the server's own order; null when nothing differs. */
  List<Nic> refreshed(Server server) {
    var ports = network.portsOf(List.of(server.id()));
    var floating = new HashMap<String, List<NetworkPeer.FloatingIp>>();
    if (!ports.isEmpty()) {
      network
          .floatingIps(ports.stream().map(NetworkPeer.Port::id).toList())
          .forEach(f -> floating.computeIfAbsent(f.portId(), p -> new ArrayList<>()).add(f));
    }
    var byId = new LinkedHashMap<String, NetworkPeer.Port>();
    ports.forEach(p -> byId.put(p.id(), p));
    var out = new ArrayList<Nic>();
    for (var nic : server.nics()) {
      var port = byId.remove(nic.portId());
      if (port != null) {
        out.add(with(nic, port, floating.getOrDefault(port.id(), List.of())));
      }
    }
    for (var port : byId.values()) { // given to the server by someone else
      out.add(with(nic(port, null, true), port, floating.getOrDefault(port.id(), List.of())));
    }
    var fresh = named(out);
    return fresh.equals(server.nics()) ? null : fresh;
  }

  private static Nic with(Nic nic, NetworkPeer.Port port, List<NetworkPeer.FloatingIp> floating) {
    var ips =
        port.fixedIps().stream()
            .map(
                f ->
                    new Nic.Ip(
                        f.ip(),
                        f.subnetId(),
                        floating.stream()
                            .filter(x -> f.ip().equals(x.fixedIp()))
                            .map(NetworkPeer.FloatingIp::floatingIp)
                            .toList()))
            .toList();
    return new Nic(
        nic.portId(),
        nic.networkId(),
        nic.network(),
        port.mac(),
        nic.mtu(),
        nic.tag(),
        nic.given(),
        ips);
  }

  /** The security groups of a server's ports, by id and name. */
  List<Server.Group> groupsOf(String serverId) {
    var ids =
        network.portsOf(List.of(serverId)).stream()
            .flatMap(p -> p.securityGroups().stream())
            .distinct()
            .toList();
    return ids.isEmpty()
        ? List.of()
        : network.securityGroups(ids).stream()
            .map(g -> new Server.Group(g.id(), g.name()))
            .toList();
  }

  /** Puts a group on every port of a server, or takes it off. */
  void changeGroup(Server server, Server.Group group, boolean add) {
    for (var port : network.portsOf(List.of(server.id()))) {
      var groups = new ArrayList<>(port.securityGroups());
      if (add
          ? !groups.contains(group.id()) && groups.add(group.id())
          : groups.remove(group.id())) {
        network.update(port.id(), Map.of("security_groups", groups));
      }
    }
  }

  /** A project's security groups as the Network service has them. */
  List<NetworkPeer.SecurityGroup> securityGroups(String projectId) {
    return network.securityGroups(projectId);
  }

  List<Server.Group> groupsOfProject(String projectId) {
    return network.securityGroups(projectId).stream()
        .map(g -> new Server.Group(g.id(), g.name()))
        .toList();
  }

  NetworkPeer.Port port(String id) {
    return network.port(id);
  }

  List<NetworkPeer.Port> ports(String serverId) {
    return network.portsOf(List.of(serverId));
  }

  /** For the documents a guest reads. */
  public List<NetworkPeer.Subnet> subnets(List<Nic> nics) {
    var ids =
        nics.stream().flatMap(n -> n.ips().stream()).map(Nic.Ip::subnetId).distinct().toList();
    return ids.isEmpty() ? List.of() : network.subnets(ids);
  }
}
