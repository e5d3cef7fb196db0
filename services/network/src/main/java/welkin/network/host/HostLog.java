package welkin.network.host;

import java.util.List;
import java.util.function.Consumer;
import welkin.network.resource.Resource;
import welkin.store.Sql;

/**
 * Notes, in the transaction of a change, which hosts must look again. Two kinds of note keep the
 * cost flat: a change that a guest waits for goes to its host at once; what concerns every host of
 * a network or group (forwarding entries, leases, members) is noted once for the object and spread
 * later, many changes in one.
 */
public final class HostLog {
  /** Object kinds, as the contract names them. */
  public static final String NETWORK = "network";

  public static final String PORT = "port";
  public static final String GROUP = "group";
  public static final String ROUTER = "router";

  private volatile Consumer<String> poke = host -> {};
  private volatile Runnable flushSoon = () -> {};

  /**
   * @param poke tells a host to look, after the commit
   * @param flushSoon asks for {@link #spread} before long
   */
  void wire(Consumer<String> poke, Runnable flushSoon) {
    this.poke = poke;
    this.flushSoon = flushSoon;
  }

  /** Something of a host changed, or went away. */
  public void touch(Sql sql, String host, String kind, String id) {
    if (host == null || host.isEmpty()) {
      return;
    }
    sql.update("UPDATE host_cursor SET seq = seq + 1 WHERE id = 1");
    if (sql.update(
            "UPDATE host_change SET seq = (SELECT seq FROM host_cursor WHERE id = 1)"
                + " WHERE host = ? AND kind = ? AND object_id = ?",
            host,
            kind,
            id)
        == 0) {
      sql.update(
          "INSERT INTO host_change (host, kind, object_id, seq)"
              + " SELECT ?, ?, ?, seq FROM host_cursor WHERE id = 1",
          host,
          kind,
          id);
    }
    sql.afterCommit(() -> poke.accept(host));
  }

  /** Something changed for every host that has the object; told before long. */
  public void dirty(Sql sql, String kind, String id) {
    if (sql.insertIfAbsent("host_dirty", "kind", kind, "object_id", id) > 0) {
      sql.afterCommit(flushSoon);
    }
  }

  /** Something changed for every host that has the network; told at once. */
  public void touchNetwork(Sql sql, String networkId) {
    hostsOfNetwork(sql, networkId).forEach(h -> touch(sql, h, NETWORK, networkId));
  }

  /** A group's rules changed: told at once, with the groups its rules name. */
  public void touchGroup(Sql sql, String groupId) {
    var named = named(sql, groupId);
    for (var host : hostsOfGroup(sql, groupId)) {
      touch(sql, host, GROUP, groupId);
      named.forEach(g -> touch(sql, host, GROUP, g));
    }
  }

  /** Turns what was noted for objects into notes for hosts. */
  void spread(Sql sql) {
    var noted =
        sql.list(
            "SELECT kind, object_id FROM host_dirty LIMIT 500",
            r -> List.of(r.text("kind"), r.text("object_id")));
    for (var n : noted) {
      var kind = n.get(0);
      var id = n.get(1);
      var hosts = kind.equals(NETWORK) ? hostsOfNetwork(sql, id) : hostsOfGroup(sql, id);
      hosts.forEach(h -> touch(sql, h, kind, id));
      sql.update("DELETE FROM host_dirty WHERE kind = ? AND object_id = ?", kind, id);
    }
  }

  /** Hosts with a port of a network. */
  public static List<String> hostsOfNetwork(Sql sql, String networkId) {
    return sql.list(
        "SELECT DISTINCT host FROM port WHERE network_id = ? AND host <> ''",
        r -> r.text("host"),
        networkId);
  }

  /** Hosts with a port in a group, or in a group whose rules name it. */
  static List<String> hostsOfGroup(Sql sql, String groupId) {
    return sql.list(
        "SELECT DISTINCT p.host FROM port_group g JOIN port p ON p.id = g.port_id"
            + " WHERE p.host <> '' AND (g.group_id = ? OR g.group_id IN"
            + " (SELECT security_group_id FROM security_group_rule WHERE remote_group_id = ?))",
        r -> r.text("host"),
        groupId,
        groupId);
  }

  private static List<String> named(Sql sql, String groupId) {
    return sql.list(
        "SELECT DISTINCT remote_group_id FROM security_group_rule WHERE security_group_id = ?"
            + " AND remote_group_id IS NOT NULL AND remote_group_id <> security_group_id",
        r -> r.text("remote_group_id"),
        groupId);
  }

  /**
   * Notes what a port's change means.
   *
   * @param before null for a new port
   * @param after null for a deleted one
   */
  public void port(Sql sql, Resource before, Resource after) {
    var now = after != null ? after : before;
    var networkId = now.text("network_id");
    var from = before == null ? "" : host(before);
    var to = after == null ? "" : host(after);
    if (!from.equals(to)) {
      if (!from.isEmpty()) {
        touch(sql, from, PORT, now.id());
        if (!isOn(sql, networkId, from, now.id())) {
          touch(sql, from, NETWORK, networkId);
          touchNetwork(sql, networkId);
        }
      }
      if (!to.isEmpty() && !isOn(sql, networkId, to, now.id())) {
        touchNetwork(sql, networkId);
        touch(sql, to, NETWORK, networkId);
      }
    }
    if (!to.isEmpty()) {
      touch(sql, to, PORT, now.id());
      for (var g : after.texts("security_groups")) {
        if (!uses(sql, g, to, now.id())) {
          touch(sql, to, GROUP, g);
          named(sql, g).forEach(r -> touch(sql, to, GROUP, r));
        }
      }
    }
    if (!from.isEmpty() || !to.isEmpty() || addresses(before) != addresses(after)) {
      dirty(sql, NETWORK, networkId);
    }
    members(sql, before, after);
  }

  private void members(Sql sql, Resource before, Resource after) {
    if (before != null
        && after != null
        && before.document().path("fixed_ips").equals(after.document().path("fixed_ips"))
        && before.texts("security_groups").equals(after.texts("security_groups"))) {
      return;
    }
    var groups = new java.util.HashSet<String>();
    if (before != null) {
      groups.addAll(before.texts("security_groups"));
    }
    if (after != null) {
      groups.addAll(after.texts("security_groups"));
    }
    groups.forEach(
        g -> {
          if (sql.exists("SELECT 1 FROM security_group_rule WHERE remote_group_id = ?", g)) {
            dirty(sql, GROUP, g);
          }
        });
  }

  private static int addresses(Resource port) {
    return port == null ? 0 : port.list("fixed_ips").size();
  }

  private static boolean isOn(Sql sql, String networkId, String host, String exceptPort) {
    return sql.exists(
        "SELECT 1 FROM port WHERE network_id = ? AND host = ? AND id <> ? LIMIT 1",
        networkId,
        host,
        exceptPort);
  }

  private static boolean uses(Sql sql, String group, String host, String exceptPort) {
    return sql.exists(
        "SELECT 1 FROM port p JOIN port_group g ON g.port_id = p.id"
            + " WHERE g.group_id = ? AND p.host = ? AND p.id <> ? LIMIT 1",
        group,
        host,
        exceptPort);
  }

  private static String host(Resource port) {
    var h = port.text("binding:host_id");
    return h == null ? "" : h;
  }
}
