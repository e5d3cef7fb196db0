package welkin.network.subnet;

import java.util.List;
import java.util.Set;
import welkin.network.resource.Journal;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.network.resource.ResourceStore.Column;
import welkin.store.Sql;

/** Subnets and who has addresses of them. */
public final class SubnetStore {
  private final ResourceStore rows;

  public SubnetStore(Journal journal) {
    rows =
        new ResourceStore(
            journal,
            "subnet",
            "subnet",
            "(SELECT n.project_id FROM network n WHERE n.id = subnet.network_id)",
            Set.of(),
            Column.text("network_id"),
            Column.text("name"),
            Column.text("description"),
            Column.number("ip_version", "ip_version"),
            Column.text("cidr"),
            Column.text("gateway_ip"),
            Column.flag("enable_dhcp"),
            Column.text("ipv6_ra_mode"),
            Column.text("ipv6_address_mode"),
            Column.text("subnetpool_id"),
            Column.flag("router:external", "external"));
  }

  public ResourceStore rows() {
    return rows;
  }

  public List<Resource> ofNetwork(Sql sql, String networkId) {
    return rows.where(sql, "network_id", networkId);
  }

  /** A router with a leg in a subnet, on a host. */
  record Router(String id, String host) {}

  /** The routers of a subnet that are on a host. */
  List<Router> routers(Sql sql, String subnetId) {
    return sql.list(
        "SELECT DISTINCT r.id, r.host FROM ip_allocation a JOIN router_leg l ON l.port_id ="
            + " a.port_id JOIN router r ON r.id = l.router_id WHERE a.subnet_id = ? AND r.host IS"
            + " NOT NULL",
        r -> new Router(r.text("id"), r.text("host")),
        subnetId);
  }

  /** A port with an address of a subnet, and what it is for. */
  public record User(String portId, String deviceOwner, String deviceId, String ip) {}

  public List<User> users(Sql sql, String subnetId) {
    return sql.list(
        "SELECT p.id, p.device_owner, p.device_id, a.ip FROM ip_allocation a"
            + " JOIN port p ON p.id = a.port_id WHERE a.subnet_id = ?",
        r -> new User(r.text("id"), r.text("device_owner"), r.text("device_id"), r.text("ip")),
        subnetId);
  }
}
