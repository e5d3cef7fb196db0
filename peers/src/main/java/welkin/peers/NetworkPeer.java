package welkin.peers;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * The Network API (v2.0) as other services use it. What is given as project id is the project the
 * caller acts for; the calls themselves run as the service user, which sees everything.
 *
 * <p>Faults carry the peer's status and its {@code NeutronError} type as code, e.g. 404 {@code
 * PortNotFound}, 409 {@code OverQuota}, 409 {@code IpAddressGenerationFailure}.
 */
public final class NetworkPeer {
  private static final String V2 = "/network/v2.0";

  /** Ids in one query are kept to a URL that every server takes. */
  private static final int IDS = 100;

  /** What is read of networks and groups: rules, for one, are much to ask for and to answer. */
  private static final String NETWORK_FIELDS =
      fields(
          "id",
          "name",
          "project_id",
          "mtu",
          "shared",
          "router:external",
          "admin_state_up",
          "port_security_enabled",
          "subnets");

  private static final String GROUP_FIELDS = fields("id", "name", "project_id", "description");

  private final Peers peers;

  private static String fields(String... names) {
    return Stream.of(names).map(n -> "&fields=" + Peers.encode(n)).collect(Collectors.joining());
  }

  public NetworkPeer(Peers peers) {
    this.peers = peers;
  }

  /**
   * @param mtu in bytes
   * @param external whether floating addresses and router gateways come from it
   * @param subnetIds its subnets
   */
  public record Network(
      String id,
      String name,
      String projectId,
      int mtu,
      boolean shared,
      boolean external,
      boolean adminUp,
      boolean portSecurity,
      List<String> subnetIds) {}

  /**
   * @param gateway null when it has none
   * @param version 4 or 6
   */
  public record Subnet(
      String id,
      String networkId,
      String cidr,
      int version,
      String gateway,
      boolean dhcp,
      String ipv6AddressMode,
      String ipv6RaMode,
      List<String> dnsNameservers,
      List<Route> hostRoutes) {}

  public record Route(String destination, String nexthop) {}

  public record FixedIp(String subnetId, String ip) {}

  /**
   * @param status DOWN, BUILD, ACTIVE
   * @param host where it is bound, empty when it is not
   * @param vifType {@code bridge}, {@code unbound} or {@code binding_failed}
   */
  public record Port(
      String id,
      String name,
      String networkId,
      String projectId,
      String mac,
      String status,
      boolean adminUp,
      String deviceId,
      String deviceOwner,
      String host,
      String vifType,
      JsonNode vifDetails,
      String vnicType,
      JsonNode profile,
      boolean portSecurity,
      List<FixedIp> fixedIps,
      List<String> securityGroups) {
    public boolean bound() {
      return vifType.equals("bridge");
    }
  }

  public record SecurityGroup(String id, String name, String projectId, String description) {}

  public record FloatingIp(String id, String floatingIp, String fixedIp, String portId) {}

  /**
   * A port to be made; null leaves a value to the service.
   *
   * @param deviceId the server
   * @param deviceOwner {@code compute:} and the availability zone
   * @param host binds the port at once
   * @param fixedIps wanted addresses; a null subnet or ip is chosen
   * @param securityGroups ids; null for the project's default group
   */
  public record NewPort(
      String networkId,
      String projectId,
      String name,
      String deviceId,
      String deviceOwner,
      String host,
      String mac,
      List<FixedIp> fixedIps,
      List<String> securityGroups,
      String dnsName) {}

  /** Networks by id; those that do not exist are absent. */
  public List<Network> networks(Collection<String> ids) {
    return byIds("networks", "id", ids, NETWORK_FIELDS).stream().map(NetworkPeer::network).toList();
  }

  /** What a project may put a server on: its own and shared networks, external ones left out. */
  public List<Network> networksFor(String projectId) {
    var all = new LinkedHashMap<String, Network>();
    for (var query : List.of("project_id=" + Peers.encode(projectId), "shared=true")) {
      for (var n : peers.get(V2 + "/networks?" + query + NETWORK_FIELDS).get("networks")) {
        var network = network(n);
        if (query.startsWith("shared") || !network.external()) {
          all.put(network.id(), network);
        }
      }
    }
    return List.copyOf(all.values());
  }

  /** Subnets by id. */
  public List<Subnet> subnets(Collection<String> ids) {
    return byIds("subnets", "id", ids, "").stream().map(NetworkPeer::subnet).toList();
  }

  public Port port(String id) {
    return port(peers.get(V2 + "/ports/" + Peers.encode(id)).get("port"));
  }

  /** The ports of servers. */
  public List<Port> portsOf(Collection<String> serverIds) {
    return byIds("ports", "device_id", serverIds, "").stream().map(NetworkPeer::port).toList();
  }

  /**
   * @param key an idempotency key: the same key again answers the same port
   */
  public Port createPort(NewPort wanted, String key) {
    var body = new HashMap<String, Object>();
    body.put("network_id", wanted.networkId());
    body.put("project_id", wanted.projectId());
    body.put("name", wanted.name());
    body.put("device_id", wanted.deviceId());
    body.put("device_owner", wanted.deviceOwner());
    body.put("binding:host_id", wanted.host());
    body.put("mac_address", wanted.mac());
    body.put("security_groups", wanted.securityGroups());
    body.put("dns_name", wanted.dnsName());
    if (wanted.fixedIps() != null) {
      body.put("fixed_ips", wire(wanted.fixedIps()));
    }
    var headers = key == null ? new String[0] : new String[] {"idempotency-key", key};
    return port(peers.post(V2 + "/ports", Map.of("port", Peers.given(body)), headers).get("port"));
  }

  /**
   * Gives an existing port to a server on a host; repeating it changes nothing. Look at {@link
   * Port#bound}: a host without a living agent answers {@code binding_failed}.
   */
  public Port bind(String portId, String deviceId, String deviceOwner, String host) {
    return update(
        portId,
        Map.of("device_id", deviceId, "device_owner", deviceOwner, "binding:host_id", host));
  }

  /** Takes a port back from its server and host; a port that is gone is no fault. */
  public void unbind(String portId) {
    try {
      update(portId, Map.of("device_id", "", "device_owner", "", "binding:host_id", ""));
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /**
   * A port's binding at a host; of several one is active.
   *
   * @param plugged whether the host has wired the port's device
   */
  public record PortBinding(String host, boolean active, boolean plugged) {}

  /** Where a port is, and where it is made ready. */
  public List<PortBinding> bindings(String portId) {
    return peers
        .get(V2 + "/ports/" + Peers.encode(portId) + "/bindings")
        .get("bindings")
        .valueStream()
        .map(
            b ->
                new PortBinding(
                    Json.string(b, "host"),
                    "ACTIVE".equals(Json.string(b, "status")),
                    b.path("vif_details").path("plugged").asBoolean(false)))
        .toList();
  }

  /**
   * Makes a port ready at one more host; repeating it changes nothing.
   *
   * @throws Fault 500 when the host cannot wire it
   */
  public void addBinding(String portId, String host) {
    try {
      peers.post(
          V2 + "/ports/" + Peers.encode(portId) + "/bindings",
          Map.of("binding", Map.of("host", host)));
    } catch (Fault f) {
      if (f.status() != 409) {
        throw f;
      }
    }
  }

  /** Moves a port to a host where it is ready; repeating it changes nothing. */
  public void activateBinding(String portId, String host) {
    try {
      peers.put(
          V2 + "/ports/" + Peers.encode(portId) + "/bindings/" + Peers.encode(host) + "/activate",
          Map.of());
    } catch (Fault f) {
      if (f.status() != 409) {
        throw f;
      }
    }
  }

  /** Takes a port's inactive binding at a host away; one that is gone is no fault. */
  public void dropBinding(String portId, String host) {
    try {
      peers.delete(V2 + "/ports/" + Peers.encode(portId) + "/bindings/" + Peers.encode(host));
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /** Changes attributes by their API names. */
  public Port update(String portId, Map<String, ?> attributes) {
    return port(
        peers.put(V2 + "/ports/" + Peers.encode(portId), Map.of("port", attributes)).get("port"));
  }

  /** Deletes a port; one that is gone already is no fault. */
  public void deletePort(String id) {
    try {
      peers.delete(V2 + "/ports/" + Peers.encode(id));
    } catch (Fault f) {
      if (f.status() != 404) {
        throw f;
      }
    }
  }

  /** The groups a project owns. */
  public List<SecurityGroup> securityGroups(String projectId) {
    return groups("?project_id=" + Peers.encode(projectId));
  }

  /**
   * A project's groups by name or id.
   *
   * @param by {@code name} or {@code id}
   */
  public List<SecurityGroup> securityGroups(
      String projectId, String by, Collection<String> values) {
    var query = new StringBuilder("?project_id=").append(Peers.encode(projectId));
    values.forEach(v -> query.append('&').append(by).append('=').append(Peers.encode(v)));
    return groups(query.toString());
  }

  /** Groups by id. */
  public List<SecurityGroup> securityGroups(Collection<String> ids) {
    return byIds("security-groups", "id", ids, GROUP_FIELDS).stream()
        .map(NetworkPeer::group)
        .toList();
  }

  /** The floating addresses that lead to ports. */
  public List<FloatingIp> floatingIps(Collection<String> portIds) {
    return byIds("floatingips", "port_id", portIds, "").stream()
        .map(
            n ->
                new FloatingIp(
                    Json.string(n, "id"),
                    Json.string(n, "floating_ip_address"),
                    Json.string(n, "fixed_ip_address"),
                    Json.string(n, "port_id")))
        .toList();
  }

  private List<JsonNode> byIds(
      String collection, String key, Collection<String> ids, String fields) {
    var out = new ArrayList<JsonNode>();
    var all = List.copyOf(ids);
    for (int i = 0; i < all.size(); i += IDS) {
      var query = new StringBuilder();
      for (var id : all.subList(i, Math.min(all.size(), i + IDS))) {
        query.append(query.isEmpty() ? '?' : '&').append(key).append('=').append(Peers.encode(id));
      }
      var answer = peers.get(V2 + "/" + collection + query + fields);
      answer.get(collection.replace('-', '_')).forEach(out::add);
    }
    return out;
  }

  private List<SecurityGroup> groups(String query) {
    var out = new ArrayList<SecurityGroup>();
    peers
        .get(V2 + "/security-groups" + query + GROUP_FIELDS)
        .get("security_groups")
        .forEach(n -> out.add(group(n)));
    return out;
  }

  private static SecurityGroup group(JsonNode n) {
    return new SecurityGroup(
        Json.string(n, "id"),
        Json.string(n, "name"),
        Json.string(n, "project_id"),
        Json.string(n, "description"));
  }

  private static Network network(JsonNode n) {
    return new Network(
        Json.string(n, "id"),
        Json.string(n, "name"),
        Json.string(n, "project_id"),
        n.path("mtu").asInt(1500),
        n.path("shared").asBoolean(false),
        n.path("router:external").asBoolean(false),
        n.path("admin_state_up").asBoolean(true),
        n.path("port_security_enabled").asBoolean(true),
        texts(n.path("subnets")));
  }

  private static Subnet subnet(JsonNode n) {
    var routes = new ArrayList<Route>();
    n.path("host_routes")
        .forEach(
            r -> routes.add(new Route(Json.string(r, "destination"), Json.string(r, "nexthop"))));
    return new Subnet(
        Json.string(n, "id"),
        Json.string(n, "network_id"),
        Json.string(n, "cidr"),
        n.path("ip_version").asInt(4),
        Json.string(n, "gateway_ip"),
        n.path("enable_dhcp").asBoolean(false),
        Json.string(n, "ipv6_address_mode"),
        Json.string(n, "ipv6_ra_mode"),
        texts(n.path("dns_nameservers")),
        routes);
  }

  private static Port port(JsonNode n) {
    var ips = new ArrayList<FixedIp>();
    n.path("fixed_ips")
        .forEach(
            f -> ips.add(new FixedIp(Json.string(f, "subnet_id"), Json.string(f, "ip_address"))));
    return new Port(
        Json.string(n, "id"),
        Json.string(n, "name"),
        Json.string(n, "network_id"),
        Json.string(n, "project_id"),
        Json.string(n, "mac_address"),
        Json.string(n, "status"),
        n.path("admin_state_up").asBoolean(true),
        Json.string(n, "device_id"),
        Json.string(n, "device_owner"),
        n.path("binding:host_id").asString(""),
        n.path("binding:vif_type").asString("unbound"),
        n.path("binding:vif_details"),
        n.path("binding:vnic_type").asString("normal"),
        n.path("binding:profile"),
        n.path("port_security_enabled").asBoolean(true),
        ips,
        texts(n.path("security_groups")));
  }

  private static List<Map<String, Object>> wire(List<FixedIp> ips) {
    var out = new ArrayList<Map<String, Object>>();
    for (var ip : ips) {
      var one = new HashMap<String, Object>();
      one.put("subnet_id", ip.subnetId());
      one.put("ip_address", ip.ip());
      out.add(Peers.given(one));
    }
    return out;
  }

  private static List<String> texts(JsonNode list) {
    var out = new ArrayList<String>();
    list.forEach(n -> out.add(n.asString()));
    return out;
  }
}
