package welkin.network.dhcp;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import welkin.store.Sql;

/** Which host serves DHCP for which network. */
public final class DhcpStore {
  private DhcpStore() {}

  static void bind(Sql sql, String networkId, String host) {
    sql.insertIfAbsent("dhcp_binding", "network_id", networkId, "host", host);
  }

  static void unbind(Sql sql, String networkId) {
    sql.update("DELETE FROM dhcp_binding WHERE network_id = ?", networkId);
  }

  /** Gives a network from one host to another; false when it was not at the first. */
  static boolean rebind(Sql sql, String networkId, String from, String to) {
    return sql.update(
            "UPDATE dhcp_binding SET host = ? WHERE network_id = ? AND host = ?",
            to,
            networkId,
            from)
        > 0;
  }

  /** Hosts that serve a network. */
  static List<String> hosts(Sql sql) {
    return sql.list("SELECT DISTINCT host FROM dhcp_binding", r -> r.text("host"));
  }

  /** Networks with a subnet that wants DHCP, and no host. */
  static List<String> unbound(Sql sql) {
    return sql.list(
        "SELECT DISTINCT network_id FROM subnet WHERE enable_dhcp = 1 AND network_id NOT IN"
            + " (SELECT network_id FROM dhcp_binding)",
        r -> r.text("network_id"));
  }

  /** How many networks each host serves. */
  static Map<String, Long> load(Sql sql) {
    var out = new HashMap<String, Long>();
    sql.list(
            "SELECT host, COUNT(*) AS n FROM dhcp_binding GROUP BY host",
            r -> Map.entry(r.text("host"), r.number("n")))
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  /** The networks a host serves. */
  public static List<String> onHost(Sql sql, String host) {
    return sql.list(
        "SELECT network_id FROM dhcp_binding WHERE host = ?", r -> r.text("network_id"), host);
  }
}
