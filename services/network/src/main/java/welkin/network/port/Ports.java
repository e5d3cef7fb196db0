package welkin.network.port;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.network.agent.Agents;
import welkin.network.ip.Ip;
import welkin.network.ip.Ipam.Fixed;
import welkin.network.network.NetworkStore;
import welkin.network.quota.Limits;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Noun;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.TagStore;
import welkin.network.stores.Stores;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of ports; every other noun that needs a port makes it here. */
public final class Ports implements Noun {
  private final PortStore store;
  private final NetworkStore networks;
  private final PortAddresses addresses;
  private final PortSecurity security;
  private final Binding binding;
  private final PortNotices notices;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes = PortAttributes.table();

  public Ports(
      Stores stores,
      PortAddresses addresses,
      PortSecurity security,
      Agents agents,
      PortNotices notices,
      Limits limits,
      Access access) {
    this.store = stores.ports();
    this.networks = stores.networks();
    this.addresses = addresses;
    this.security = security;
    this.binding = new Binding(agents);
    this.notices = notices;
    this.limits = limits;
    this.access = access;
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
    return "Port";
  }

  @Override
  public boolean asKept() {
    return true;
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR network_id IN (SELECT n.id FROM network n WHERE n.project_id = ?)",
        projectId,
        projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    switch (key) {
      case "fixed_ips" -> {
        for (var v : values) {
          int eq = v.indexOf('=');
          var what = eq < 0 ? v : v.substring(0, eq);
          var text = eq < 0 ? "" : v.substring(eq + 1);
          switch (what) {
            case "ip_address" -> {
              var ip = Ip.parse(text);
              query.where(
                  "id IN (SELECT port_id FROM ip_allocation WHERE ip = ?)",
                  ip == null ? text : ip.toString());
            }
            case "subnet_id", "subnet" ->
                query.where("id IN (SELECT port_id FROM ip_allocation WHERE subnet_id = ?)", text);
            case "ip_address_substr" ->
                query.where(
                    "id IN (SELECT port_id FROM ip_allocation WHERE ip LIKE ?)", "%" + text + "%");
            default -> throw Attributes.invalid("fixed_ips", "'" + v + "' is not a valid filter");
          }
        }
        return true;
      }
      case "security_groups" -> {
        query.where(
            "id IN (SELECT port_id FROM port_group WHERE group_id IN ("
                + "?, ".repeat(values.size() - 1)
                + "?))",
            values.toArray());
        return true;
      }
      default -> {
        return false;
      }
    }
  }

  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    // most rules are content with less
    var id = Json.string(document, "network_id");
    target.put("network:project_id", (Supplier<?>) () -> network(sql, id).projectId());
    target.put(
        "shared",
        (Supplier<?>) () -> networks.isSharedWith(sql, network(sql, id), caller.projectId()));
  }

  @Override
  public void targets(
      Sql sql, Caller caller, List<Resource> page, List<Map<String, Object>> targets) {
    networks.targets(sql, caller.projectId(), page, targets);
  }

  private Resource network(Sql sql, String id) {
    return networks.find(sql, id).orElseThrow(() -> Faults.notFound("Network", id));
  }

  @Override
  public Resource create(Sql sql, Caller caller, ObjectNode values) {
    var mac = Json.string(values, "mac_address");
    var wanted = mac == null ? mac() : mac;
    var networkId = Json.string(values, "network_id");
    var ground =
        store
            .ground(sql, networkId, wanted)
            .orElseThrow(() -> Faults.notFound("Network", networkId));
    var network = ground.network();
    if (!access.isAdmin(caller)
        && !network.projectId().equals(caller.projectId())
        && !networks.isSharedWith(sql, network, caller.projectId())) {
      throw Faults.notFound("Network", network.id());
    }
    values.put("mac_address", ground.macTaken() ? mac(sql, network, mac) : wanted);
    return make(sql, caller, network, ground.subnets(), values);
  }

  /** Makes a port for another noun: a router's leg, a DHCP server, a floating address. */
  public Resource make(Sql sql, Resource network, ObjectNode values) {
    var given = attributes.create(values);
    given.setAll(owner(values));
    given.put("mac_address", mac(sql, network, Json.string(given, "mac_address")));
    return make(sql, null, network, addresses.available(sql, network), given);
  }

  private static ObjectNode owner(ObjectNode values) {
    var out = Json.object();
    var project = Json.string(values, "project_id");
    out.put("project_id", project == null ? "" : project);
    out.put("tenant_id", project == null ? "" : project);
    if (values.has("id")) {
      out.set("id", values.get("id"));
    }
    return out;
  }

  private Resource make(
      Sql sql, Caller caller, Resource network, List<Resource> subnets, ObjectNode given) {
    var port = new Resource(given);
    var id = port.document().has("id") ? port.id() : store.rows().journal().ids().uuid();
    port.set("id", id);
    port.set("status", "network:floatingip".equals(port.text("device_owner")) ? "N/A" : "DOWN");
    if (counts(port)) {
      limits.take(sql, port.projectId(), "port", 1);
    }
    addresses.give(sql, network, subnets, port);
    security.settle(sql, caller, network, port, null);
    if (!port.document().has(PortStore.PROFILE)) {
      port.set(PortStore.PROFILE, Json.object());
    }
    binding.bind(network, null, port);
    port.document().putNull("qos_policy_id");
    addresses.name(port);
    port.set("created_at", "").set("updated_at", "").set("revision_number", 1);
    var kept = new Resource(attributes.ordered(port.document()));
    store.rows().insert(sql, kept);
    store.addGroups(sql, kept);
    if (!kept.texts("tags").isEmpty()) {
      TagStore.keep(sql, kept);
    }
    notices.made(sql, kept);
    return kept;
  }

  private static boolean counts(Resource port) {
    return !port.projectId().isEmpty() && !port.text("device_owner").equals("network:dhcp");
  }

  private String mac(Sql sql, Resource network, String wanted) {
    if (wanted != null) {
      if (store.hasMac(sql, network.id(), wanted)) {
        throw Faults.conflict(
            "MacAddressInUse",
            "Unable to complete operation for network "
                + network.id()
                + ". The mac address "
                + wanted
                + " is in use.");
      }
      return wanted;
    }
    while (true) {
      var mac = mac();
      if (!store.hasMac(sql, network.id(), mac)) {
        return mac;
      }
    }
  }

  private String mac() {
    var h = store.rows().journal().ids().hex();
    return "fa:16:3e:" + h.substring(0, 2) + ":" + h.substring(2, 4) + ":" + h.substring(4, 6);
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    if (changes.has("mac_address")
        && !current.text("mac_address").equals(Json.string(changes, "mac_address"))
        && !current.text(PortStore.HOST).isEmpty()) {
      throw Faults.conflict(
          "PortBound",
          "Unable to complete operation on port "
              + current.id()
              + ", port is already bound, port type: "
              + current.text(PortStore.VIF_TYPE)
              + ", old_mac "
              + current.text("mac_address")
              + ", new_mac "
              + Json.string(changes, "mac_address")
              + ".");
    }
    var next = current.copy().merge(changes);
    if (changes.has(PortStore.PROFILE) && changes.get(PortStore.PROFILE).isNull()) {
      next.set(PortStore.PROFILE, Json.object());
    }
    var network = network(sql, current.text("network_id"));
    if (changes.has("mac_address")) {
      var wanted = Json.string(changes, "mac_address");
      if (!current.text("mac_address").equals(wanted)) {
        next.set("mac_address", mac(sql, network, wanted));
      }
    }
    if (changes.has("fixed_ips")) {
      addresses.change(sql, network, current, next, changes.get("fixed_ips"));
    }
    security.settle(sql, caller, network, next, current);
    recount(sql, current, next);
    if (changes.has(PortStore.HOST) || changes.has(PortStore.VNIC_TYPE)) {
      if (binding.bind(network, current, next)
          && !next.text(PortStore.HOST).equals(current.text(PortStore.HOST))) {
        next.set("status", "DOWN");
        // it goes there by itself now
        BindingStore.delete(sql, current.id(), next.text(PortStore.HOST));
      }
    }
    addresses.name(next);
    return keep(sql, current, next);
  }

  private void recount(Sql sql, Resource before, Resource after) {
    if (counts(before) && !counts(after)) {
      limits.give(sql, before.projectId(), "port", 1);
    } else if (!counts(before) && counts(after)) {
      limits.take(sql, after.projectId(), "port", 1);
    }
  }

  private Resource keep(Sql sql, Resource current, Resource next) {
    var kept = new Resource(attributes.ordered(next.document()));
    store.rows().update(sql, current, kept);
    if (!current.texts("security_groups").equals(kept.texts("security_groups"))) {
      store.keepGroups(sql, kept);
    }
    notices.changed(sql, current, kept);
    return kept;
  }

  /** Adds an address to a port, for a subnet that came later. */
  public Resource addAddress(Sql sql, Resource port, Fixed address) {
    return keep(sql, port, addresses.with(port, address));
  }

  /** Takes away a port's addresses of a subnet that goes. */
  public Resource dropSubnet(Sql sql, Resource port, String subnetId) {
    return keep(sql, port, addresses.without(sql, port, subnetId));
  }

  /** Gives a port of this service to a host, or takes it back with an empty name. */
  public Resource place(Sql sql, Resource port, String host) {
    var next = port.copy().set(PortStore.HOST, host);
    binding.bind(network(sql, port.text("network_id")), port, next);
    if (!host.equals(port.text(PortStore.HOST))) {
      next.set("status", "DOWN");
    }
    return keep(sql, port, next);
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource port) {
    var owner = port.text("device_owner");
    switch (owner) {
      case "network:router_interface", "network:router_gateway", "network:floatingip" -> {
        if (inUse(sql, port)) {
          throw Faults.conflict(
              "ServicePortInUse",
              "Port "
                  + port.id()
                  + " cannot be deleted directly via the port API: has device owner "
                  + owner
                  + ".");
        }
      }
      default -> {
        // may go
      }
    }
    remove(sql, port);
  }

  private static boolean inUse(Sql sql, Resource port) {
    return PortStore.serves(sql, port.id());
  }

  /** Deletes a port whatever it is for. */
  public void remove(Sql sql, Resource port) {
    var attached = PortStore.attached(sql, port.id());
    addresses.release(sql, port, attached.floating());
    PortStore.dropGroups(sql, port.id());
    if (!attached.ready().isEmpty()) {
      BindingStore.deleteAll(sql, port.id());
    }
    store.rows().delete(sql, port);
    attached.ready().forEach(h -> notices.left(sql, port, h));
    if (counts(port)) {
      limits.give(sql, port.projectId(), "port", 1);
    }
    notices.removed(sql, port);
  }

  /** Reads addresses as a port's {@code fixed_ips} gives them. */
  public static JsonNode fixedIps(JsonNode value) {
    return PortAttributes.fixedIps(value);
  }

  /** A fault for a port that has a device already. */
  public static Fault inUse(Resource port) {
    return Faults.conflict(
        "PortInUse",
        "Unable to complete operation on port "
            + port.id()
            + " for network "
            + port.text("network_id")
            + ". Port already has an attached device "
            + port.text("device_id").toLowerCase(Locale.ROOT)
            + ".");
  }
}
