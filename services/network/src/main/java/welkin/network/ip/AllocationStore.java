package welkin.network.ip;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.store.ByIds;
import welkin.store.Sql;

/** Which port has which address of which subnet; the key lets an address have one owner. */
public final class AllocationStore {
  private AllocationStore() {}

  /** Takes an address; false when somebody has it. */
  static boolean insert(Sql sql, String networkId, String subnetId, Ip ip, String portId) {
    return sql.insertIfAbsent(
            "ip_allocation",
            "subnet_id",
            subnetId,
            "address",
            ip.key(),
            "ip",
            ip.toString(),
            "port_id",
            portId,
            "network_id",
            networkId)
        > 0;
  }

  /** The highest address in use between two. */
  static Optional<Ip> highest(Sql sql, String subnetId, Ip start, Ip end) {
    return sql.one(
            "SELECT COALESCE(MAX(address), '') AS top FROM ip_allocation WHERE subnet_id = ?"
                + " AND address BETWEEN ? AND ?",
            r -> r.text("top"),
            subnetId,
            start.key(),
            end.key())
        .filter(top -> !top.isEmpty())
        .map(Ip::ofKey);
  }

  /** Keys of addresses in use between two, in order. */
  static List<String> between(Sql sql, String subnetId, Ip start, Ip end, int most) {
    return sql.list(
        "SELECT address FROM ip_allocation WHERE subnet_id = ? AND address BETWEEN ? AND ?"
            + " ORDER BY address LIMIT ?",
        r -> r.text("address"),
        subnetId,
        start.key(),
        end.key(),
        most);
  }

  static void delete(Sql sql, String portId, String subnetId, Ip ip) {
    sql.send(
        "DELETE FROM ip_allocation WHERE port_id = ? AND subnet_id = ? AND address = ?",
        portId,
        subnetId,
        ip.key());
  }

  static void deleteAll(Sql sql, String portId) {
    sql.send("DELETE FROM ip_allocation WHERE port_id = ?", portId);
  }

  /** How many addresses of subnets are in use; subnets with none are not named. */
  public static Map<String, Long> countBySubnet(Sql sql, Collection<String> subnetIds) {
    var out = new HashMap<String, Long>();
    // each count is a subquery: the list of ids ends the statement
    ByIds.list(
            sql,
            "SELECT s.id, (SELECT COUNT(*) FROM ip_allocation a WHERE a.subnet_id = s.id) AS n FROM"
                + " subnet s WHERE s.id IN ",
            subnetIds,
            r -> Map.entry(r.text("id"), r.number("n")))
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  /** Whether a port has an address of a subnet. */
  public static boolean has(Sql sql, String portId, String subnetId) {
    return sql.exists(
        "SELECT 1 FROM ip_allocation WHERE port_id = ? AND subnet_id = ?", portId, subnetId);
  }
}
