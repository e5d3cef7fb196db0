package welkin.network.port;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.Sql;

/** Ports and the groups they are in. */
public final class PortStore {
  static final String HOST = "binding:host_id";
  static final String VIF_TYPE = "binding:vif_type";
  static final String VIF_DETAILS = "binding:vif_details";
  static final String PROFILE = "binding:profile";
  static final String VNIC_TYPE = "binding:vnic_type";

  private final ResourceStore rows;

  public PortStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "port",
            "port",
            "(SELECT n.project_id FROM network n WHERE n.id = port.network_id)",
            Set.of(HOST, VIF_TYPE, VIF_DETAILS, PROFILE),
            Column.text("network_id"),
            Column.text("name"),
            Column.text("description"),
            Column.text("mac_address"),
            Column.text("status"),
            Column.flag("admin_state_up"),
            Column.text("device_id"),
            Column.text("device_owner"),
            Column.text(HOST, "host"),
            Column.text(VNIC_TYPE, "vnic_type"),
            Column.text(VIF_TYPE, "vif_type"),
            Column.flag("port_security_enabled"),
            Column.text("dns_name"));
  }

  public ResourceStore rows() {
    return rows;
  }

  public List<Resource> ofNetwork(Sql sql, String networkId) {
    return rows.where(sql, "network_id", networkId);
  }

  /**
   * What a port is made on.
   *
   * @param subnets in order of their ids
   * @param macTaken whether another port there has the MAC address
   */
  record Ground(Resource network, List<Resource> subnets, boolean macTaken) {}

  /** The network a port is made on, if there is one, with what is to be known of it. */
  Optional<Ground> ground(Sql sql, String networkId, String mac) {
    record Row(String doc, String adminDoc, String subnet, boolean taken) {}
    var rows =
        sql.list(
            "SELECT n.doc, n.admin_doc, s.doc AS subnet, p.id AS taken FROM network n"
                + " LEFT JOIN subnet s ON s.network_id = n.id"
                + " LEFT JOIN port p ON p.network_id = n.id AND p.mac_address = ?"
                + " WHERE n.id = ? ORDER BY s.id",
            r ->
                new Row(
                    r.text("doc"), r.text("admin_doc"), r.text("subnet"), r.text("taken") != null),
            mac,
            networkId);
    return rows.stream()
        .findFirst()
        .map(
            n ->
                new Ground(
                    ResourceStore.parsed(n.doc, n.adminDoc),
                    rows.stream()
                        .filter(r -> r.subnet != null)
                        .map(r -> ResourceStore.parsed(r.subnet, null))
                        .toList(),
                    n.taken));
  }

  /**
   * What hangs on a port.
   *
   * @param floating whether floating addresses lead to it
   * @param ready hosts where it is made ready
   */
  record Attached(boolean floating, List<String> ready) {}

  static Attached attached(Sql sql, String portId) {
    var hosts =
        sql.list(
            "SELECT '' AS host FROM floatingip WHERE port_id = ?"
                + " UNION SELECT host FROM port_binding WHERE port_id = ? ORDER BY host",
            r -> r.text("host"),
            portId,
            portId);
    boolean floating = hosts.contains("");
    return new Attached(floating, floating ? hosts.subList(1, hosts.size()) : hosts);
  }

  boolean hasMac(Sql sql, String networkId, String mac) {
    return sql.exists(
        "SELECT 1 FROM port WHERE network_id = ? AND mac_address = ?", networkId, mac);
  }

  /** The port with an address on a network, if any. */
  public Optional<String> withAddress(Sql sql, String networkId, String ip) {
    return sql.one(
        "SELECT port_id FROM ip_allocation WHERE ip = ? AND network_id = ?",
        r -> r.text("port_id"),
        ip,
        networkId);
  }

  static void dropGroups(Sql sql, String portId) {
    sql.send("DELETE FROM port_group WHERE port_id = ?", portId);
  }

  /** Whether a router or floating address stands on a port. */
  static boolean serves(Sql sql, String portId) {
    return sql.exists("SELECT 1 FROM router_leg WHERE port_id = ?", portId)
        || sql.exists("SELECT 1 FROM floatingip WHERE floating_port_id = ?", portId);
  }

  void keepGroups(Sql sql, Resource port) {
    dropGroups(sql, port.id());
    addGroups(sql, port);
  }

  void addGroups(Sql sql, Resource port) {
    for (var g : port.texts("security_groups")) {
      sql.sendIfAbsent("port_group", "group_id", g, "port_id", port.id());
    }
  }
}
