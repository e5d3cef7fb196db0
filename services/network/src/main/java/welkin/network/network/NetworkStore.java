package welkin.network.network;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.ByIds;
import welkin.store.Sql;

/** Networks, their segments, and where their DHCP server runs. */
public final class NetworkStore {
  static final String TYPE = "provider:network_type";
  static final String PHYSICAL = "provider:physical_network";
  static final String SEGMENT = "provider:segmentation_id";

  private final ResourceStore rows;

  public NetworkStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "network",
            "network",
            "project_id",
            Set.of(TYPE, PHYSICAL, SEGMENT),
            Column.text("name"),
            Column.text("description"),
            Column.text("status"),
            Column.flag("admin_state_up"),
            Column.flag("shared"),
            Column.flag("router:external", "external"),
            Column.flag("is_default"),
            Column.number("mtu", "mtu"),
            Column.flag("port_security_enabled"),
            Column.text(TYPE, "network_type"),
            Column.text(PHYSICAL, "physical_network"),
            Column.number(SEGMENT, "segmentation_id"));
  }

  public ResourceStore rows() {
    return rows;
  }

  public Optional<Resource> find(Sql sql, String id) {
    return rows.find(sql, id);
  }

  /** Of these objects the ones given to a project in particular, by the action. */
  Map<String, Set<String>> grantedTo(Sql sql, Collection<String> ids, String projectId) {
    var out = new HashMap<String, Set<String>>();
    if (ids.isEmpty() || projectId == null) {
      return out;
    }
    var args = new ArrayList<Object>(ids);
    args.add(projectId);
    sql.list(
        "SELECT action, object_id FROM rbac_policy WHERE object_id IN ("
            + "?, ".repeat(ids.size() - 1)
            + "?) AND target_tenant = ?",
        r -> out.computeIfAbsent(r.text("action"), k -> new HashSet<>()).add(r.text("object_id")),
        args.toArray());
    return out;
  }

  /** The same, for one action. */
  public Set<String> grantedTo(Sql sql, Collection<String> ids, String projectId, String action) {
    return grantedTo(sql, ids, projectId).getOrDefault(action, Set.of());
  }

  /** Whether a project other than the owner may use a network. */
  public boolean isSharedWith(Sql sql, Resource network, String projectId) {
    return network.flag("shared")
        || !grantedTo(sql, List.of(network.id()), projectId, "access_as_shared").isEmpty();
  }

  /** What rules ask about the networks that things of a page belong to. */
  public void targets(
      Sql sql, String projectId, List<Resource> page, List<Map<String, Object>> targets) {
    var networks = new HashMap<String, Resource>();
    var ids = new HashSet<String>();
    page.forEach(r -> ids.add(r.text("network_id")));
    rows.findAll(sql, ids).forEach(n -> networks.put(n.id(), n));
    var granted = grantedTo(sql, ids, projectId, "access_as_shared");
    for (int i = 0; i < page.size(); i++) {
      var network = networks.get(page.get(i).text("network_id"));
      targets.get(i).put("network:project_id", network.projectId());
      targets.get(i).put("shared", network.flag("shared") || granted.contains(network.id()));
    }
  }

  /**
   * A network and what belongs to it.
   *
   * @param subnets in order of their ids
   * @param dhcpHost of its DHCP server, or null
   */
  public record Whole(Resource network, List<Resource> subnets, String dhcpHost) {}

  /** Networks by id with what belongs to them, in no order. */
  public List<Whole> whole(Sql sql, Collection<String> ids) {
    record Row(String doc, String adminDoc, String subnet, String dhcpHost) {}
    return ByIds.byOwner(
            sql,
            "SELECT n.id, n.doc, n.admin_doc, s.doc AS subnet, d.host FROM network n"
                + " LEFT JOIN subnet s ON s.network_id = n.id"
                + " LEFT JOIN dhcp_binding d ON d.network_id = n.id WHERE n.id IN ",
            ids,
            "id",
            "s.id",
            r -> new Row(r.text("doc"), r.text("admin_doc"), r.text("subnet"), r.text("host")))
        .values()
        .stream()
        .map(
            rows -> {
              var n = rows.getFirst();
              return new Whole(
                  ResourceStore.parsed(n.doc, n.adminDoc),
                  rows.stream()
                      .filter(r -> r.subnet != null)
                      .map(r -> ResourceStore.parsed(r.subnet, null))
                      .toList(),
                  n.dhcpHost);
            })
        .toList();
  }

  /** The host of a network's DHCP server. */
  public Optional<String> dhcpHost(Sql sql, String networkId) {
    return sql.one(
        "SELECT host FROM dhcp_binding WHERE network_id = ?", r -> r.text("host"), networkId);
  }

  /** Of these networks the ones with a DHCP server. */
  Set<String> scheduled(Sql sql, Collection<String> ids) {
    return ids.isEmpty()
        ? Set.of()
        : new HashSet<>(
            sql.list(
                "SELECT network_id FROM dhcp_binding WHERE network_id IN ("
                    + "?, ".repeat(ids.size() - 1)
                    + "?)",
                r -> r.text("network_id"),
                ids.toArray()));
  }

  /** Another network that is the default external one. */
  Optional<String> otherDefault(Sql sql, String id) {
    return sql.one(
        "SELECT id FROM network WHERE is_default = 1 AND id <> ?", r -> r.text("id"), id);
  }

  /** Whether ports of projects the network does not belong to are on it. */
  boolean usedByOthers(Sql sql, Resource network) {
    return sql.exists(
        "SELECT 1 FROM port WHERE network_id = ? AND project_id <> ? AND project_id <> ''"
            + " AND device_owner NOT LIKE 'network:%' LIMIT 1",
        network.id(), network.projectId());
  }

  /** Whether a router has its gateway in a network. */
  boolean isGatewayNetwork(Sql sql, String id) {
    return sql.exists("SELECT 1 FROM router_leg WHERE network_id = ? AND gateway = 1 LIMIT 1", id);
  }

  boolean take(Sql sql, String type, String physical, int id, String networkId) {
    return sql.insertIfAbsent(
            "segment",
            "network_type",
            type,
            "physical_network",
            physical,
            "segmentation_id",
            id,
            "network_id",
            networkId)
        > 0;
  }

  void release(Sql sql, String networkId) {
    sql.update("DELETE FROM segment WHERE network_id = ?", networkId);
  }

  /** The lowest number of a range that no network has, or -1. */
  int free(Sql sql, String type, String physical, int from, int to) {
    long highest =
        sql.number(
            "SELECT COALESCE(MAX(segmentation_id), ?) FROM segment WHERE network_type = ?"
                + " AND physical_network = ? AND segmentation_id BETWEEN ? AND ?",
            from - 1,
            type,
            physical,
            from,
            to);
    if (highest < to) {
      return (int) highest + 1;
    }
    int next = from;
    for (var taken :
        sql.list(
            "SELECT segmentation_id FROM segment WHERE network_type = ? AND physical_network = ?"
                + " AND segmentation_id BETWEEN ? AND ? ORDER BY segmentation_id",
            r -> r.integer("segmentation_id"),
            type,
            physical,
            from,
            to)) {
      if (taken > next) {
        return next;
      }
      next = taken + 1;
    }
    return next <= to ? next : -1;
  }
}
