package welkin.network.subnet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Json;
import welkin.network.dhcp.DhcpServers;
import welkin.network.host.HostLog;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ipam;
import welkin.network.network.NetworkStore;
import welkin.network.port.PortStore;
import welkin.network.port.Ports;
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

/** The verbs of subnets. */
public final class Subnets implements Noun {
  private final SubnetStore store;
  private final NetworkStore networks;
  private final PortStore ports;
  private final Ports portVerbs;
  private final DhcpServers dhcp;
  private final Ipam ipam;
  private final HostLog log;
  private final Limits limits;
  private final Access access;
  private final Attributes attributes = SubnetAttributes.table();

  public Subnets(
      Stores stores,
      Ports portVerbs,
      DhcpServers dhcp,
      Ipam ipam,
      HostLog log,
      Limits limits,
      Access access) {
    this.store = stores.subnets();
    this.networks = stores.networks();
    this.ports = stores.ports();
    this.portVerbs = portVerbs;
    this.dhcp = dhcp;
    this.ipam = ipam;
    this.log = log;
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
    return "Subnet";
  }

  @Override
  public void visible(ListQuery query, String projectId) {
    query.where(
        "project_id = ? OR network_id IN (SELECT n.id FROM network n WHERE n.project_id = ?"
            + " OR n.shared = 1 OR n.id IN (SELECT b.object_id FROM rbac_policy b WHERE"
            + " b.object_type = 'network' AND b.action = 'access_as_shared'"
            + " AND b.target_tenant = ?))",
        projectId,
        projectId,
        projectId);
  }

  @Override
  public boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    if (!key.equals("shared")) {
      return false;
    }
    boolean wanted = values.getFirst().equalsIgnoreCase("true") || values.getFirst().equals("1");
    query.where(
        "network_id IN (SELECT n.id FROM network n WHERE n.shared = " + (wanted ? 1 : 0) + ")");
    return true;
  }

  @Override
  public void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {
    var network = network(sql, Json.string(document, "network_id"));
    target.put("network:project_id", network.projectId());
    target.put("shared", networks.isSharedWith(sql, network, caller.projectId()));
    if (!document.has("id")
        && !access.isAdmin(caller)
        && !network.projectId().equals(caller.projectId())
        && !network.flag("router:external")
        && !networks.isSharedWith(sql, network, caller.projectId())) {
      throw Faults.notFound("Network", network.id());
    }
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
    var subnet = new Resource(values);
    values.remove("use_default_subnetpool");
    values.remove("prefixlen");
    if (subnet.text("cidr") == null) {
      throw Faults.badResource(
          "subnets", "a subnetpool must be specified in the absence of a cidr");
    }
    var network = network(sql, subnet.text("network_id"));
    var cidr = Cidr.of(subnet.text("cidr"));
    SubnetChecks.family(subnet, cidr);
    checkOverlap(sql, network, cidr);
    AddressPools.gateway(subnet, cidr);
    AddressPools.fill(subnet, cidr);
    SubnetChecks.routes(subnet);
    limits.take(sql, subnet.projectId(), "subnet", 1);
    subnet.set("router:external", network.flag("router:external"));
    var d = Json.object();
    d.setAll(values);
    var kept = store.rows().insert(sql, new Resource(attributes.ordered(d)));
    TagStore.keep(sql, kept);
    list(sql, network, kept.id(), true);
    if (Ipam.isAutomatic(kept)) {
      giveAutomatic(sql, kept);
    }
    dhcp.settle(sql, network.id());
    return kept;
  }

  private void checkOverlap(Sql sql, Resource network, Cidr cidr) {
    for (var other : store.ofNetwork(sql, network.id())) {
      if (Cidr.of(other.text("cidr")).overlaps(cidr)) {
        throw Faults.invalidInput(
            "Requested subnet with cidr: "
                + cidr
                + " for network: "
                + network.id()
                + " overlaps with another subnet");
      }
    }
  }

  /** Enters a subnet in its network's document, or strikes it out. */
  private void list(Sql sql, Resource network, String subnetId, boolean present) {
    var ids = new ArrayList<>(network.texts("subnets"));
    ids.remove(subnetId);
    if (present) {
      ids.add(subnetId);
    }
    networks.rows().update(sql, network, network.copy().set("subnets", ids));
  }

  /** Ports that were there before form an address of a new self-configuring subnet too. */
  private void giveAutomatic(Sql sql, Resource subnet) {
    var networkId = subnet.text("network_id");
    for (var p : ports.ofNetwork(sql, networkId)) {
      var owner = p.text("device_owner");
      if (!owner.startsWith("network:router")
          && !owner.equals("network:dhcp")
          && !owner.equals("network:floatingip")) {
        portVerbs.addAddress(
            sql, p, ipam.selfMade(sql, networkId, subnet, p.id(), p.text("mac_address")));
      }
    }
  }

  @Override
  public Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes) {
    var next = current.copy().merge(changes);
    var cidr = Cidr.of(current.text("cidr"));
    SubnetChecks.family(next, cidr);
    if (changes.has("gateway_ip")) {
      AddressPools.checkGateway(cidr, next.text("gateway_ip"));
      var old = current.text("gateway_ip");
      if (old != null && !old.equals(next.text("gateway_ip"))) {
        for (var u : store.users(sql, current.id())) {
          if (u.ip().equals(old) && u.deviceOwner().startsWith("network:router")) {
            throw Faults.conflict(
                "GatewayIpInUse",
                "Current gateway ip "
                    + old
                    + " already in use by port "
                    + u.portId()
                    + ". Unable to update.");
          }
        }
      }
    }
    if (changes.has("gateway_ip") || changes.has("allocation_pools")) {
      AddressPools.check(next, cidr);
    }
    SubnetChecks.routes(next);
    var kept = store.rows().update(sql, current, new Resource(attributes.ordered(next.document())));
    if (current.flag("enable_dhcp") != kept.flag("enable_dhcp")) {
      dhcp.settle(sql, kept.text("network_id"));
    }
    log.touchNetwork(sql, kept.text("network_id"));
    touchRouters(sql, kept.id());
    return kept;
  }

  private void touchRouters(Sql sql, String subnetId) {
    for (var r : store.routers(sql, subnetId)) {
      log.touch(sql, r.host(), HostLog.ROUTER, r.id());
    }
  }

  @Override
  public void delete(Sql sql, Caller caller, Resource subnet) {
    boolean automatic = Ipam.isAutomatic(subnet);
    for (var u : store.users(sql, subnet.id())) {
      if (!u.deviceOwner().equals("network:dhcp")
          && !(automatic && !u.deviceOwner().startsWith("network:router"))) {
        throw Faults.conflict(
            "SubnetInUse",
            "Unable to complete operation on subnet "
                + subnet.id()
                + ": One or more ports have an IP allocation from this subnet.");
      }
    }
    for (var u : store.users(sql, subnet.id())) {
      ports.rows().find(sql, u.portId()).ifPresent(p -> portVerbs.dropSubnet(sql, p, subnet.id()));
    }
    store.rows().delete(sql, subnet);
    limits.give(sql, subnet.projectId(), "subnet", 1);
    var network = network(sql, subnet.text("network_id"));
    list(sql, network, subnet.id(), false);
    dhcp.settle(sql, network.id());
  }
}
