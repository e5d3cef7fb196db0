package welkin.network.host;

import static java.util.stream.Collectors.toCollection;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import welkin.network.host.HostStore.Cursor;
import welkin.network.host.SharedChange.Part;
import welkin.store.ByIds;
import welkin.store.Sql;

/** SQL of changes that concern every host that has an object, and of which hosts these are. */
final class SharedStore {
  private static final int TOGETHER = 200;

  private SharedStore() {}

  /** What changed. */
  record Note(Part part, String object, String entry) {}

  /** Keeps what changed, under this transaction's number. */
  static void insert(Sql sql, List<Note> notes) {
    for (int i = 0; i < notes.size(); i += TOGETHER) {
      var some = notes.subList(i, Math.min(notes.size(), i + TOGETHER));
      var row = "((SELECT seq FROM host_cursor WHERE id = 1), ?, ?, ?)";
      sql.send(
          "INSERT INTO shared_change (seq, part, object_id, entry) VALUES "
              + String.join(", ", Collections.nCopies(some.size(), row)),
          some.stream().flatMap(n -> Stream.of(n.part.name(), n.object, n.entry)).toArray());
    }
  }

  private record Row(long seq, Note note) {}

  /**
   * Changes, in order, with what holds now.
   *
   * @param cursor when they were read
   * @param from all that came after this number is among them
   */
  record News(Cursor cursor, long from, List<SharedChange> changes) {}

  /**
   * What changed after a number.
   *
   * @param most so many numbers back at most
   */
  static News news(Sql sql, long after, long most) {
    var cursor = new Cursor[1];
    var rows = new ArrayList<Row>();
    sql.list(
        "SELECT c.seq AS newest, c.floor, s.seq, s.part, s.object_id, s.entry FROM host_cursor c"
            + " LEFT JOIN shared_change s ON s.seq > ? AND s.seq > c.seq - ? WHERE c.id = 1"
            + " ORDER BY s.seq",
        r -> {
          cursor[0] = new Cursor(r.number("newest"), r.number("floor"));
          if (r.text("part") != null) {
            rows.add(
                new Row(
                    r.number("seq"),
                    new Note(Part.valueOf(r.text("part")), r.text("object_id"), r.text("entry"))));
          }
          return null;
        },
        after,
        most);
    var truth = new HashMap<Note, String>();
    var flat = new HashSet<String>();
    var notes = List.copyOf(rows.stream().map(Row::note).collect(toCollection(LinkedHashSet::new)));
    for (int i = 0; i < notes.size(); i += TOGETHER) {
      look(sql, notes.subList(i, Math.min(notes.size(), i + TOGETHER)), truth, flat);
    }
    var out = new ArrayList<SharedChange>();
    for (var row : rows) {
      var n = row.note;
      if (!flat.contains(n.object) || n.part != Part.FORWARDING && n.part != Part.PEER) {
        out.add(new SharedChange(row.seq, n.part, n.object, n.entry, truth.get(n)));
      } else if (n.part == Part.FORWARDING) {
        // hosts keep no tables of such a network, but one serves its DHCP
        out.add(new SharedChange(row.seq, Part.LEASES, n.object, "", null));
      }
    }
    return new News(cursor[0], Math.max(after, cursor[0].newest() - most), out);
  }

  /** Looks at what notes are about, in one statement: more may be found, which is no harm. */
  private static void look(Sql sql, List<Note> notes, Map<Note, String> truth, Set<String> flat) {
    var networks = distinct(notes, n -> n.part.ofNetwork(), Note::object);
    var groups = distinct(notes, n -> n.part == Part.MEMBER, Note::object);
    var macs = distinct(notes, n -> n.part == Part.FORWARDING, Note::entry);
    var hosts = distinct(notes, n -> n.part == Part.PEER, Note::entry);
    var ips = distinct(notes, n -> n.part == Part.MEMBER, Note::entry);
    int most = Stream.of(networks, groups, macs, hosts, ips).mapToInt(List::size).max().orElse(1);
    // all lists are as long, of a few lengths, so that there are few statements to prepare
    int size = most < 2 ? 1 : 2 * Integer.highestOneBit(most - 1);
    var in = " IN (?" + ", ?".repeat(size - 1) + ")";
    var args = new ArrayList<Object>();
    for (var list :
        List.of(networks, macs, networks, hosts, networks, hosts, groups, ips, networks)) {
      args.addAll(list);
      args.addAll(Collections.nCopies(size - list.size(), list.isEmpty() ? null : list.getLast()));
    }
    sql.list(
        "SELECT 'FORWARDING' AS part, network_id AS object, mac_address AS entry, host FROM port"
            + " WHERE host <> '' AND network_id"
            + in
            + " AND mac_address"
            + in
            + " UNION SELECT 'PEER', network_id, host, host FROM port WHERE network_id"
            + in
            + " AND host"
            + in
            + " UNION SELECT 'PEER', p.network_id, b.host, b.host FROM port_binding b"
            + " JOIN port p ON p.id = b.port_id WHERE p.network_id"
            + in
            + " AND b.host"
            + in
            + " UNION SELECT 'MEMBER', g.group_id, a.ip, a.ip FROM ip_allocation a"
            + " JOIN port_group g ON g.port_id = a.port_id WHERE g.group_id"
            + in
            + " AND a.ip"
            + in
            + " UNION SELECT 'FLAT', id, '', '' FROM network WHERE network_type <> 'vxlan' AND id"
            + in,
        r ->
            r.text("part").equals("FLAT")
                ? flat.add(r.text("object"))
                : truth.put(
                    new Note(Part.valueOf(r.text("part")), r.text("object"), r.text("entry")),
                    r.text("host")),
        args.toArray());
  }

  private static List<String> distinct(
      List<Note> notes, Predicate<Note> which, Function<Note, String> what) {
    return notes.stream().filter(which).map(what).distinct().toList();
  }

  /** That a host has a network, or uses a group. */
  record Held(String object, String host) {}

  /** Hosts with a port of these networks, or with a port made ready there. */
  static Set<Held> hostsOfNetworks(Sql sql, Collection<String> ids) {
    var out =
        held(
            sql,
            "SELECT DISTINCT network_id AS held, host FROM port WHERE host <> ''"
                + " AND network_id IN ",
            ids);
    out.addAll(
        held(
            sql,
            "SELECT DISTINCT p.network_id AS held, b.host FROM port_binding b"
                + " JOIN port p ON p.id = b.port_id WHERE p.network_id IN ",
            ids));
    return out;
  }

  /** Hosts with a port in these groups, or in a group whose rules name one of them. */
  static Set<Held> hostsOfGroups(Sql sql, Collection<String> ids) {
    // a group to those of these it is about: itself, and what its rules name
    var using = new HashMap<String, Set<String>>();
    ids.forEach(id -> using.computeIfAbsent(id, k -> new HashSet<>()).add(id));
    ByIds.list(
            sql,
            "SELECT DISTINCT security_group_id, remote_group_id FROM security_group_rule"
                + " WHERE remote_group_id IN ",
            ids,
            r -> Map.entry(r.text("security_group_id"), r.text("remote_group_id")))
        .forEach(e -> using.computeIfAbsent(e.getKey(), k -> new HashSet<>()).add(e.getValue()));
    var held =
        held(
            sql,
            "SELECT DISTINCT g.group_id AS held, p.host FROM port_group g"
                + " JOIN port p ON p.id = g.port_id WHERE p.host <> '' AND g.group_id IN ",
            using.keySet());
    held.addAll(
        held(
            sql,
            "SELECT DISTINCT g.group_id AS held, b.host FROM port_binding b"
                + " JOIN port_group g ON g.port_id = b.port_id WHERE g.group_id IN ",
            using.keySet()));
    var out = new HashSet<Held>();
    held.forEach(h -> using.get(h.object).forEach(about -> out.add(new Held(about, h.host))));
    return out;
  }

  private static Set<Held> held(Sql sql, String select, Collection<String> ids) {
    return new HashSet<>(
        ByIds.list(sql, select, ids, r -> new Held(r.text("held"), r.text("host"))));
  }
}
