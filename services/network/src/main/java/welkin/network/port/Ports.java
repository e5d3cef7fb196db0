package welkin.network.port;

import java.util.ArrayList;
import java.util.HashSet;
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
import welkin.network.floatingip.FloatingIpStore;
import welkin.network.host.ComputeNotifier;
import welkin.network.host.HostLog;
import welkin.network.ip.Ip;
import welkin.network.ip.Ipam;
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
import welkin.network.securitygroup.SecurityGroups;
import welkin.network.stores.Stores;
import welkin.network.subnet.SubnetStore;
import welkin.store.ListQuery;
import welkin.store.Sql;

/** The verbs of ports; every other noun that needs a port makes it here. */
public final class Ports implements Noun {
  private static final String SECURITY = "port_security_enabled";

  private final PortStore store;
  private final NetworkStore networks;
  private final SubnetStore subnets;
  private final FloatingIpStore floating;
  private final SecurityGroups groups;
  private final Ipam ipam;
  private final Binding binding;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final ComputeNotifier compute;
  private final String dnsDomain;
  private final Attributes attributes = PortAttributes.table();

  public Ports(
      Stores stores,
      SecurityGroups groups,
      Ipam ipam,
      Agents agents,
      HostLog log,
      Limits limits,
      Access access,
      ComputeNotifier compute,
      String dnsDomain) {
    this.store = stores.ports();
    this.networks = stores.networks();
    this.subnets = stores.subnets();
    this.floating = stores.floating();
    this.groups = groups;
    this.ipam = ipam;
    this.binding = new Binding(agents);
    this.log = log;
    this.limits = limits;
    this.access = access;
    this.compute = compute;
    this.dnsDomain = dnsDomain;
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
    var network = network(sql, Json.string(values, "network_id"));
    if (!access.isAdmin(caller)
        && !network.projectId().equals(caller.projectId())
        && !networks.isSharedWith(sql, network, caller.projectId())) {
      throw Faults.notFound("Network", network.id());
    }
    return make(sql, caller, network, values);
  }

  /** Makes a port for another noun: a router's leg, a DHCP server, a floating address. */
  public Resource make(Sql sql, Resource network, ObjectNode values) {
    return make(sql, null, network, attributes.create(values).setAll(owner(values)));
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

  private Resource make(Sql sql, Caller caller, Resource network, JsonNode given) {
    var port = new Resource((ObjectNode) given);
    var id = port.document().has("id") ? port.id() : store.rows().journal().ids().uuid();
    port.set("id", id);
    port.set("status", "network:floatingip".equals(port.text("device_owner")) ? "N/A" : "DOWN");
    port.set("mac_address", mac(sql, network, port.text("mac_address")));
    if (counts(port)) {
      limits.take(sql, port.projectId(), "port", 1);
    }
    var wish = port.document().get("fixed_ips");
    var available = subnets.ofNetwork(sql, network.id());
    var owner = port.text("device_owner");
    var mac = port.text("mac_address");
    List<Fixed> addresses;
    if (wish == null) {
      addresses = ipam.choose(sql, network.id(), available, id, mac, owner);
    } else {
      addresses = new ArrayList<>();
      for (var w : wish) {
        addresses.add(ipam.wanted(sql, network.id(), available, w, id, mac, owner));
      }
      if (!wish.isEmpty()) {
        ipam.automatic(sql, network.id(), available, id, mac, owner, addresses);
      }
    }
    addresses(port, addresses);
    security(sql, caller, network, port, null);
    if (!port.document().has(PortStore.PROFILE)) {
      port.set(PortStore.PROFILE, Json.object());
    }
    binding.bind(network, null, port);
    port.document().putNull("qos_policy_id");
    assignment(port);
    port.set("created_at", "").set("updated_at", "").set("revision_number", 1);
    var kept = new Resource(attributes.ordered(port.document()));
    store.rows().insert(sql, kept);
    store.addGroups(sql, kept);
    if (!kept.texts("tags").isEmpty()) {
      TagStore.keep(sql, kept);
    }
    log.port(sql, null, kept);
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
      var h = store.rows().journal().ids().hex();
      var mac = "fa:16:3e:" + h.substring(0, 2) + ":" + h.substring(2, 4) + ":" + h.substring(4, 6);
      if (!store.hasMac(sql, network.id(), mac)) {
        return mac;
      }
    }
  }

  private static void addresses(Resource port, List<Fixed> addresses) {
    var list = port.document().putArray("fixed_ips");
    addresses.forEach(
        a -> list.addObject().put("subnet_id", a.subnetId()).put("ip_address", a.ip()));
  }

  private void assignment(Resource port) {
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

  /** Groups, pairs and the switch they depend on: filled in for a new port, checked always. */
  private void security(Sql sql, Caller caller, Resource network, Resource port, Resource before) {
    var d = port.document();
    boolean trusted = port.text("device_owner").startsWith("network:");
    if (!d.has(SECURITY)) {
      d.put(SECURITY, !trusted && network.flag(SECURITY));
    }
    boolean on = d.get(SECURITY).asBoolean(true);
    if (!d.has("security_groups") || d.get("security_groups").isNull()) {
      var list = d.putArray("security_groups");
      if (on && !trusted && !port.list("fixed_ips").isEmpty()) {
        list.add(groups.defaultGroup(sql, port.projectId()));
      }
    } else if (before == null
        || !before.texts("security_groups").equals(port.texts("security_groups"))) {
      groups.check(sql, port.texts("security_groups"), port.projectId(), caller);
    }
    if (!on && !port.list("security_groups").isEmpty()) {
      throw Faults.conflict(
          "PortSecurityPortHasSecurityGroup",
          "Port has security group associated. Cannot disable port security or IP address until"
              + " security group is removed.");
    }
    if (!on && !port.list("allowed_address_pairs").isEmpty()) {
      throw Faults.conflict(
          "AddressPairAndPortSecurityRequired",
          "Port Security must be enabled in order to have allowed address pairs on a port.");
    }
    for (var p : port.list("allowed_address_pairs")) {
      if (!p.has("mac_address")) {
        ((ObjectNode) p).put("mac_address", port.text("mac_address"));
      }
    }
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
      readdress(sql, network, current, next, changes.get("fixed_ips"));
    }
    security(sql, caller, network, next, current);
    recount(sql, current, next);
    if (changes.has(PortStore.HOST) || changes.has(PortStore.VNIC_TYPE)) {
      if (binding.bind(network, current, next)
          && !next.text(PortStore.HOST).equals(current.text(PortStore.HOST))) {
        next.set("status", "DOWN");
        // it goes there by itself now
        BindingStore.delete(sql, current.id(), next.text(PortStore.HOST));
      }
    }
    assignment(next);
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
    log.port(sql, current, kept);
    if (!current.document().path("fixed_ips").equals(kept.document().path("fixed_ips"))
        || !current.texts("security_groups").equals(kept.texts("security_groups"))) {
      compute.changed(sql, kept);
    }
    return kept;
  }

  /** Keeps the addresses that are wanted still, gives the others back, takes the new ones. */
  private void readdress(
      Sql sql, Resource network, Resource current, Resource next, JsonNode wishes) {
    var owner = next.text("device_owner");
    if (owner.equals("network:router_interface") || owner.equals("network:router_gateway")) {
      if (wishes.isEmpty()) {
        throw Faults.badResource("port", "A router port needs an address");
      }
    }
    var available = subnets.ofNetwork(sql, network.id());
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
          lose(sql, current, f);
          ipam.release(sql, current.id(), f);
        }
      }
    }
    for (var w : open) {
      keep.add(
          ipam.wanted(
              sql, network.id(), available, w, current.id(), next.text("mac_address"), owner));
    }
    addresses(next, keep);
  }

  private void lose(Sql sql, Resource port, Fixed address) {
    floating.loseAddress(sql, log, port.id(), address.ip());
  }

  /** Adds addresses to a port, for a subnet that came later. */
  public Resource addAddress(Sql sql, Resource port, Fixed address) {
    var next = port.copy();
    ((tools.jackson.databind.node.ArrayNode) next.document().get("fixed_ips"))
        .addObject()
        .put("subnet_id", address.subnetId())
        .put("ip_address", address.ip());
    assignment(next);
    return keep(sql, port, next);
  }

  /** Takes away a port's addresses of a subnet that goes. */
  public Resource dropSubnet(Sql sql, Resource port, String subnetId) {
    var next = port.copy();
    var list = next.document().putArray("fixed_ips");
    for (var f : port.list("fixed_ips")) {
      if (subnetId.equals(Json.string(f, "subnet_id"))) {
        ipam.release(sql, port.id(), new Fixed(subnetId, Json.string(f, "ip_address")));
      } else {
        list.add(f);
      }
    }
    assignment(next);
    return keep(sql, port, next);
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
    floating.loseAddress(sql, log, port.id(), null);
    ipam.releaseAll(sql, port.id());
    PortStore.dropGroups(sql, port.id());
    var ready = BindingStore.of(sql, port.id());
    if (!ready.isEmpty()) {
      BindingStore.deleteAll(sql, port.id());
    }
    store.rows().delete(sql, port);
    ready.forEach(b -> log.left(sql, port, b.host()));
    if (counts(port)) {
      limits.give(sql, port.projectId(), "port", 1);
    }
    log.port(sql, port, null);
    compute.deleted(sql, port);
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
