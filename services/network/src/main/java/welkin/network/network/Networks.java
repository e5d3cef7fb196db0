package welkin.network.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.dhcp.DhcpServers;
import welkin.network.floatingip.FloatingIps;
import welkin.network.host.HostLog;
import welkin.network.port.PortStore;
import welkin.network.quota.Limits;
import welkin.network.rbac.RbacStore;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.TagStore;
import welkin.network.resource.Tags;
import welkin.network.resource.Values;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of networks. */
public final class Networks implements Noun {
  private static final String EXTERNAL = "router:external";

  /** IPv4 needs no less (RFC 791); below 1280 a network cannot carry IPv6 (RFC 8200). */
  private static final int LEAST_MTU = 68;

  private static final String SHARED_TO =
      "id IN (SELECT object_id FROM rbac_policy WHERE object_type = 'network' AND action = ?"
          + " AND target_tenant = ?)";

  private final NetworkStore store;
  private final SubnetStore subnets;
  private final PortStore ports;
  private final RbacStore rbac;
  private final Segments segments;
  private final DhcpServers dhcp;
  private final FloatingIps floatingIps;
  private final HostLog log;
  private final Limits limits;
  private final Attributes attributes =
      new Attributes("network", "networks")
          .both("name", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .post("tenant_id", Values.string(255), null)
          .flag("admin_state_up", true)
          .both("mtu", Values.number(0, 65535), null)
          .shown("status")
          .shown("subnets")
          .flag("shared", false)
          .post("availability_zone_hints", Networks::zones, Json.array())
          .shown("availability_zones")
          .shown("ipv4_address_scope")
          .shown("ipv6_address_scope")
          .flag(EXTERNAL, false)
          .both("description", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .flag("port_security_enabled", true)
          .both("dns_domain", Values.stringOrEmpty(255), StringNode.valueOf(""))
          .both("is_default", Values.flag(), null)
          .shown("l2_adjacency")
          .both(NetworkStore.TYPE, Values.string(32).orNull(), null)
          .both(NetworkStore.PHYSICAL, Values.string(64).orNull(), null)
          .both(NetworkStore.SEGMENT, Values.number(0, Integer.MAX_VALUE).orNull(), null)
          .both("qos_policy_id", Values.unavailable("QoS policies are not available"), null)
          .post("tags", Tags.reader(), Json.array())
          .standard();

  public Networks(
      Stores stores,
      Segments segments,
      DhcpServers dhcp,
      FloatingIps floatingIps,
      HostLog log,
      Limits limits) {
    this.store = stores.networks();
    this.subnets = stores.subnets();
    this.ports = stores.ports();
    this.rbac = stores.rbac();
    this.segments = segments;
    this.dhcp = dhcp;
    this.floatingIps = floatingIps;
    this.log = log;
    this.limits = limits;
  }

  /** Zone hints; the one zone there is. */
  public static JsonNode zones(JsonNode v) {
    var list = Values.listOf(Values.string(255), "zone").read(v);
    for (var z : list) {
      if (!z.stringValue().equals("nova")) {
        throw Fault.of(
            404,
            "AvailabilityZoneNotFound",
            "AvailabilityZone " + z.stringValue() + " could not be found.");
      }
    }
    return list;
  }

  @Override
  public Attributes attributes() {
    return attributes;
  }

  @Override
  public ResourceStore store() {
    return store.rows();
  }

  @Override
  public String faultName() {
    return "Network";
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR shared = 1 OR external = 1 OR id IN (SELECT object_id FROM rbac_policy"
            + " WHERE object_type = 'network' AND target_tenant = ?)",
        projectId,
        projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    if (!key.equals("shared") && !key.equals(EXTERNAL)) {
      return false;
    }
    var column = key.equals("shared") ? "shared" : "external";
    var action = key.equals("shared") ? "access_as_shared" : "access_as_external";
    boolean wanted =
        switch (values.getFirst().toLowerCase(java.util.Locale.ROOT)) {
          case "true", "1" -> true;
          case "false", "0" -> false;
          default ->
              throw Attributes.invalid(
                  key, "'" + values.getFirst() + "' cannot be converted to boolean");
        };
    query.where(
        (wanted ? "" : "NOT ") + "(" + column + " = 1 OR " + SHARED_TO + ")",
        action,
        String.valueOf(caller.projectId()));
    return true;
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    return complete(sql, caller, page, Set.of());
  }

  @Override
  public List<Resource> complete(Sql sql, Caller caller, List<Resource> page, Set<String> fields) {
    var ids = page.stream().map(Resource::id).toList();
    var granted = store.grantedTo(sql, ids, caller.projectId());
    var shared = granted.getOrDefault("access_as_shared", Set.of());
    var external = granted.getOrDefault("access_as_external", Set.of());
    boolean zones = fields.isEmpty() || fields.contains("availability_zones");
    var scheduled = zones ? store.scheduled(sql, ids) : Set.<String>of();
    for (var n : page) {
      if (shared.contains(n.id())) {
        n.set("shared", true);
      }
      if (external.contains(n.id())) {
        n.set(EXTERNAL, true);
      }
      n.set("availability_zones", scheduled.contains(n.id()) ? List.of("nova") : List.of());
    }
    return page;
  }

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var network = new Resource(values);
    network.set("id", store.rows().journal().ids().uuid());
    checkMtu(network);
    limits.take(sql, network.projectId(), "network", 1);
    segments.assign(sql, network);
    var d = network.document();
    network.set("status", "ACTIVE").set("l2_adjacency", true);
    d.putArray("subnets");
    d.putArray("availability_zones");
    d.putNull("ipv4_address_scope").putNull("ipv6_address_scope").putNull("qos_policy_id");
    defaultFlag(sql, network);
    var kept = store.rows().insert(sql, new Resource(attributes.ordered(d)));
    TagStore.keep(sql, kept);
    if (kept.flag("shared")) {
      rbac.grant(sql, kept, "network", "access_as_shared");
    }
    if (kept.flag(EXTERNAL)) {
      rbac.grant(sql, kept, "network", "access_as_external");
    }
    return kept;
  }

  /** {@code is_default} belongs to external networks, and to one of them. */
  private void defaultFlag(Sql sql, Resource network) {
    if (!network.flag(EXTERNAL)) {
      network.document().remove("is_default");
      return;
    }
    if (!network.document().has("is_default")) {
      network.set("is_default", false);
    }
    if (network.flag("is_default")) {
      store
          .otherDefault(sql, network.id())
          .ifPresent(
              other -> {
                throw Faults.conflict(
                    "DefaultExternalNetworkExists",
                    "A default external network already exists: " + other + ".");
              });
    }
  }

  private static void checkMtu(Resource network) {
    if (network.document().has("mtu")
        && network.number("mtu") != 0
        && network.number("mtu") < LEAST_MTU) {
      throw Attributes.invalid(
          "mtu",
          "'" + network.number("mtu") + "' is too small - must be at least '" + LEAST_MTU + "'");
    }
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    for (var key : List.of(NetworkStore.TYPE, NetworkStore.PHYSICAL, NetworkStore.SEGMENT)) {
      if (changes.has(key) && !changes.get(key).equals(current.document().get(key))) {
        throw Faults.invalidInput("Plugin does not support updating provider attributes");
      }
    }
    var next = current.copy().merge(changes);
    checkMtu(next);
    if (changes.has("mtu")) {
      int most = segments.largestMtu(next);
      if (next.number("mtu") > most) {
        throw Faults.invalidInput("Requested MTU is too big, maximum is " + most);
      }
      if (next.number("mtu") == 0) {
        next.set("mtu", most);
      }
    }
    if (current.flag("shared") != next.flag("shared")) {
      share(sql, current, next.flag("shared"));
    }
    if (current.flag(EXTERNAL) != next.flag(EXTERNAL)) {
      external(sql, current, next.flag(EXTERNAL));
    }
    defaultFlag(sql, next);
    var kept = store.rows().update(sql, current, new Resource(attributes.ordered(next.document())));
    log.touchNetwork(sql, kept.id());
    return kept;
  }

  private void share(Sql sql, Resource network, boolean on) {
    if (on) {
      rbac.grant(sql, network, "network", "access_as_shared");
      return;
    }
    if (usedByOthers(sql, network)) {
      throw Faults.conflict(
          "InvalidSharedSetting",
          "Unable to reconfigure sharing settings for network "
              + network.id()
              + ". Multiple tenants are using it.");
    }
    rbac.revoke(sql, network, "access_as_shared");
  }

  /** Whether ports of projects the network does not belong to are on it. */
  public boolean usedByOthers(Sql sql, Resource network) {
    return store.usedByOthers(sql, network);
  }

  private void external(Sql sql, Resource network, boolean on) {
    if (on) {
      rbac.grant(sql, network, "network", "access_as_external");
    } else {
      if (store.isGatewayNetwork(sql, network.id())) {
        throw Faults.conflict(
            "ExternalNetworkInUse",
            "External network "
                + network.id()
                + " cannot be updated to be made non-external, since it has existing gateway"
                + " ports.");
      }
      rbac.revoke(sql, network, "access_as_external");
    }
    for (var s : subnets.ofNetwork(sql, network.id())) {
      subnets.rows().update(sql, s, s.copy().set(EXTERNAL, on));
    }
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource network) {
    floatingIps.deleteUnused(sql, network.id());
    var left = new ArrayList<String>();
    for (var p : ports.ofNetwork(sql, network.id())) {
      if (!p.text("device_owner").equals("network:dhcp")) {
        left.add(p.id());
      }
    }
    if (!left.isEmpty()) {
      throw Faults.conflict(
          "NetworkInUse",
          "Unable to complete operation on network "
              + network.id()
              + ". There are one or more ports still in use on the network, id for these ports is: "
              + String.join(",", left)
              + ".");
    }
    dhcp.removeAll(sql, network.id());
    for (var s : subnets.ofNetwork(sql, network.id())) {
      subnets.rows().delete(sql, s);
      limits.give(sql, s.projectId(), "subnet", 1);
    }
    rbac.forget(sql, network.id());
    store.release(sql, network.id());
    store.rows().delete(sql, network);
    limits.give(sql, network.projectId(), "network", 1);
  }

  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    target.put("network:project_id", target.get("project_id"));
  }
}
