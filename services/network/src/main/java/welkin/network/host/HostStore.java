package welkin.network.host;

import static java.util.stream.Collectors.toSet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import welkin.agents.contracts.NetworkPlugin.PortOwner;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceStore;
import welkin.store.ByIds;
import welkin.store.Sql;

/** What changed for which host, and which objects concern it. */
final class HostStore {
  private HostStore() {}

  /** An object of the contract. */
  record Item(String kind, String id) {}

  // ---- changes ----

  /** So many notes are written with one statement. */
  static final int TOGETHER = 100;

  /** Gives this transaction the next number, which its notes bear. */
  static void number(Sql sql) {
    sql.send("UPDATE host_cursor SET seq = seq + 1 WHERE id = 1");
  }

  /** Keeps which objects changed for which hosts: one row for both. */
  static void keep(Sql sql, List<HostNotes.Own> notes) {
    for (int i = 0; i < notes.size(); i += TOGETHER) {
      var some = notes.subList(i, Math.min(notes.size(), i + TOGETHER));
      var row = "(?, ?, ?, (SELECT seq FROM host_cursor WHERE id = 1))";
      sql.send(
          "INSERT INTO host_change (host, kind, object_id, seq) VALUES "
              + String.join(", ", Collections.nCopies(some.size(), row))
              + sql.dialect().orSet("host, kind, object_id", "seq"),
          some.stream().flatMap(n -> Stream.of(n.host(), n.item().kind, n.item().id)).toArray());
    }
  }

  /**
   * @param newest the newest sequence number
   * @param floor below this number changes may have been forgotten
   */
  record Cursor(long newest, long floor) {}

  static Cursor cursor(Sql sql) {
    return sql.one(
            "SELECT seq, floor FROM host_cursor WHERE id = 1",
            r -> new Cursor(r.number("seq"), r.number("floor")))
        .orElseThrow();
  }

  /**
   * Forgets the oldest changes, most of which are about objects long gone; a host that is behind
   * them is told everything.
   *
   * @param kept so many of the newest stay
   * @param most so many at a time
   * @return whether any were forgotten
   */
  static boolean forget(Sql sql, long kept, long most) {
    var cursor = cursor(sql);
    long floor = cursor.floor();
    long upTo = Math.min(cursor.newest() - kept, floor + most);
    if (upTo <= floor) {
      return false;
    }
    sql.update("DELETE FROM host_change WHERE seq <= ?", upTo);
    sql.update("DELETE FROM shared_change WHERE seq <= ?", upTo);
    sql.update("UPDATE host_cursor SET floor = ? WHERE id = 1", upTo);
    return true;
  }

  /** What is new for a host, oldest first, as of a cursor. */
  record News(Cursor cursor, List<Item> items) {}

  /** Mostly nothing: every host asks again and again, so it is one statement. */
  static News news(Sql sql, String host, long since) {
    var cursor = new Cursor[1];
    var items = new ArrayList<Item>();
    sql.list(
        "SELECT c.seq, c.floor, h.kind, h.object_id FROM host_cursor c LEFT JOIN host_change h ON"
            + " h.host = ? AND h.seq > ? WHERE c.id = 1 ORDER BY h.seq",
        r -> {
          cursor[0] = new Cursor(r.number("seq"), r.number("floor"));
          if (r.text("kind") != null) {
            items.add(new Item(r.text("kind"), r.text("object_id")));
          }
          return null;
        },
        host,
        since);
    return new News(cursor[0], items);
  }

  /** When something was last noted for each of these hosts; who has nothing is not named. */
  static Map<String, Long> newest(Sql sql, Collection<String> hosts) {
    var out = new HashMap<String, Long>();
    ByIds.list(
            sql,
            "SELECT host, newest FROM (SELECT host, MAX(seq) AS newest FROM host_change"
                + " GROUP BY host) n WHERE host IN ",
            hosts,
            r -> Map.entry(r.text("host"), r.number("newest")))
        .forEach(e -> out.put(e.getKey(), e.getValue()));
    return out;
  }

  // ---- what the release before notes of objects that many hosts have ----

  static boolean anyDirty(Sql sql) {
    return sql.exists("SELECT 1 FROM host_dirty LIMIT 1");
  }

  static List<Item> allDirty(Sql sql, int most) {
    return sql.list(
        "SELECT kind, object_id FROM host_dirty LIMIT ?",
        r -> new Item(r.text("kind"), r.text("object_id")),
        most);
  }

  static void clean(Sql sql, Item item) {
    sql.send("DELETE FROM host_dirty WHERE kind = ? AND object_id = ?", item.kind, item.id);
  }

  // ---- who has what ----

  // A port concerns the host it is at and those where it is made ready (port_binding).

  /** Other groups that the rules of a group name. */
  static List<String> named(Sql sql, String groupId) {
    return sql.list(
        "SELECT DISTINCT remote_group_id FROM security_group_rule WHERE security_group_id = ?"
            + " AND remote_group_id IS NOT NULL AND remote_group_id <> security_group_id",
        r -> r.text("remote_group_id"),
        groupId);
  }

  private enum Fact {
    ON_NETWORK,
    USED,
    NAMES,
    NAMED
  }

  private record Known(Fact fact, String group, String other) {}

  /** What of a port's network and groups there is at a host besides the port, and their rules. */
  record Around(List<Known> facts) {
    /** Whether another port of the network is on the host. */
    boolean isOn() {
      return facts.stream().anyMatch(k -> k.fact == Fact.ON_NETWORK);
    }

    /** Whether another port of the host is in a group. */
    boolean uses(String group) {
      return is(Fact.USED, group);
    }

    /** Other groups that the rules of a group name. */
    List<String> named(String group) {
      return facts.stream()
          .filter(k -> k.fact == Fact.NAMES && k.group.equals(group))
          .map(Known::other)
          .toList();
    }

    /** Whether a rule names a group. */
    boolean isNamed(String group) {
      return is(Fact.NAMED, group);
    }

    private boolean is(Fact fact, String group) {
      return facts.stream().anyMatch(k -> k.fact == fact && k.group.equals(group));
    }
  }

  /**
   * Asks all that is to be known of a port's change, in one statement.
   *
   * @param host empty for none
   * @param groups the port's
   */
  static Around around(
      Sql sql, String networkId, String host, Collection<String> groups, String port) {
    var at = host.isEmpty() ? null : host;
    var args =
        new ArrayList<Object>(Arrays.asList(networkId, at, port, at, networkId, port, at, port));
    // groups by their ports, not ports by their group: a group may have any number
    var text =
        new StringBuilder(
            "SELECT 0 AS fact, '' AS id, '' AS other FROM port WHERE network_id = ? AND host = ?"
                + " AND id <> ? UNION SELECT 0, '', '' FROM port_binding b JOIN port p ON p.id ="
                + " b.port_id WHERE b.host = ? AND p.network_id = ? AND p.id <> ?"
                + " UNION SELECT 1, g.group_id, '' FROM port p JOIN port_group g ON g.port_id ="
                + " p.id WHERE p.host = ? AND p.id <> ?");
    if (!groups.isEmpty()) {
      var in = " IN (?" + ", ?".repeat(groups.size() - 1) + ")";
      text.append(" UNION SELECT 2, security_group_id, remote_group_id FROM security_group_rule")
          .append(" WHERE remote_group_id <> security_group_id AND security_group_id")
          .append(in)
          .append(" UNION SELECT 3, g.id, '' FROM security_group g WHERE EXISTS (SELECT 1 FROM")
          .append(" security_group_rule r WHERE r.remote_group_id = g.id) AND g.id")
          .append(in);
      args.addAll(groups);
      args.addAll(groups);
    }
    return new Around(
        sql.list(
            text.toString(),
            r -> new Known(Fact.values()[(int) r.number("fact")], r.text("id"), r.text("other")),
            args.toArray()));
  }

  /**
   * What a host has.
   *
   * @param groups of its ports, and those their rules name
   * @param served networks whose DHCP it serves
   */
  record Has(Set<String> networks, Set<String> groups, Set<String> served) {}

  static Has has(Sql sql, String host) {
    var sets =
        List.of(
            new LinkedHashSet<String>(), new LinkedHashSet<String>(), new LinkedHashSet<String>());
    sql.list(
        "SELECT 0 AS kind, network_id AS id FROM port WHERE host = ?"
            + " UNION SELECT 0, p.network_id FROM port_binding b"
            + " JOIN port p ON p.id = b.port_id WHERE b.host = ?"
            + " UNION SELECT 1, g.group_id FROM port p"
            + " JOIN port_group g ON g.port_id = p.id WHERE p.host = ?"
            + " UNION SELECT 1, g.group_id FROM port_binding b"
            + " JOIN port_group g ON g.port_id = b.port_id WHERE b.host = ?"
            + " UNION SELECT 1, r.remote_group_id FROM port p"
            + " JOIN port_group g ON g.port_id = p.id"
            + " JOIN security_group_rule r ON r.security_group_id = g.group_id"
            + " WHERE p.host = ? AND r.remote_group_id IS NOT NULL"
            + " UNION SELECT 1, r.remote_group_id FROM port_binding b"
            + " JOIN port_group g ON g.port_id = b.port_id"
            + " JOIN security_group_rule r ON r.security_group_id = g.group_id"
            + " WHERE b.host = ? AND r.remote_group_id IS NOT NULL"
            + " UNION SELECT 2, network_id FROM dhcp_binding WHERE host = ? ORDER BY id",
        r -> sets.get((int) r.number("kind")).add(r.text("id")),
        Collections.nCopies(7, host).toArray());
    return new Has(sets.get(0), sets.get(1), sets.get(2));
  }

  /** Guests' ports that are bound to a host. */
  static Set<String> ports(Sql sql, String host) {
    return new LinkedHashSet<>(
        sql.list(
            "SELECT id FROM port WHERE host = ? AND vif_type = 'bridge'"
                + " AND device_owner NOT LIKE 'network:%' UNION SELECT port_id AS id FROM"
                + " port_binding WHERE host = ? ORDER BY id",
            r -> r.text("id"), host, host));
  }

  /**
   * A port at a host.
   *
   * @param mac null where it is only made ready
   */
  record Wire(String mac, String host) {}

  /** The ports of a network that are on a host, and other hosts where some are made ready. */
  static List<Wire> wires(Sql sql, String networkId) {
    return sql.list(
        "SELECT mac_address, host FROM port WHERE network_id = ? AND host <> ''"
            + " UNION ALL SELECT NULL, b.host FROM port_binding b"
            + " JOIN port p ON p.id = b.port_id WHERE p.network_id = ?",
        r -> new Wire(r.text("mac_address"), r.text("host")),
        networkId,
        networkId);
  }

  /**
   * A port, as one of a host's.
   *
   * @param ready hosts where it is made ready
   */
  record Placed(Resource port, Set<String> ready) {}

  /** Ports by id and where they are made ready, in no order. */
  static List<Placed> placed(Sql sql, Collection<String> ids) {
    record Row(String doc, String adminDoc, String ready) {}
    return ByIds.byOwner(
            sql,
            "SELECT p.id, p.doc, p.admin_doc, b.host AS ready FROM port p"
                + " LEFT JOIN port_binding b ON b.port_id = p.id WHERE p.id IN ",
            ids,
            "id",
            "p.id",
            r -> new Row(r.text("doc"), r.text("admin_doc"), r.text("ready")))
        .values()
        .stream()
        .map(
            rows ->
                new Placed(
                    ResourceStore.parsed(rows.getFirst().doc, rows.getFirst().adminDoc),
                    rows.stream().map(Row::ready).filter(Objects::nonNull).collect(toSet())))
        .toList();
  }

  /** Hosts where a port is made ready. */
  static List<String> readyHosts(Sql sql, String portId) {
    return sql.list("SELECT host FROM port_binding WHERE port_id = ?", r -> r.text("host"), portId);
  }

  /** Subnets of a network with a router's leg. */
  static Set<String> routed(Sql sql, String networkId) {
    return Set.copyOf(
        sql.list(
            "SELECT DISTINCT a.subnet_id FROM router_leg l"
                + " JOIN ip_allocation a ON a.port_id = l.port_id"
                + " WHERE l.network_id = ? AND l.gateway = 0",
            r -> r.text("subnet_id"),
            networkId));
  }

  /** Every address of the ports of groups, by group. */
  static Map<String, List<String>> members(Sql sql, Collection<String> groups) {
    return ByIds.byOwner(
        sql,
        "SELECT g.group_id, a.ip FROM port_group g JOIN ip_allocation a ON a.port_id = g.port_id"
            + " WHERE g.group_id IN ",
        groups,
        "group_id",
        "g.group_id",
        r -> r.text("ip"));
  }

  /** Whose an address on a network is. */
  static Optional<PortOwner> owner(Sql sql, String networkId, String ip) {
    return sql.one(
        "SELECT p.id, p.device_id, p.project_id FROM ip_allocation a"
            + " JOIN port p ON p.id = a.port_id WHERE a.ip = ? AND a.network_id = ?",
        r -> new PortOwner(r.text("id"), r.text("device_id"), r.text("project_id")),
        ip,
        networkId);
  }
}
