package welkin.network.host;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import welkin.network.host.SharedChanges.Change;
import welkin.network.host.SharedChanges.Part;
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
   * What changed after one number, up to another, with what holds now.
   *
   * @return in order
   */
  static List<Change> between(Sql sql, long after, long upTo) {
    var rows =
        sql.list(
            "SELECT seq, part, object_id, entry FROM shared_change WHERE seq > ? AND seq <= ?"
                + " ORDER BY seq",
            r ->
                new Row(
                    r.number("seq"),
                    new Note(Part.valueOf(r.text("part")), r.text("object_id"), r.text("entry"))),
            after,
            upTo);
    var truth = new HashMap<Note, String>();
    var macs = notes(rows, Part.FORWARDING);
    var peers = notes(rows, Part.PEER);
    var members = notes(rows, Part.MEMBER);
    pairs(
        sql,
        "SELECT network_id AS a, mac_address AS b, host AS c FROM port WHERE host <> '' AND",
        "network_id",
        "mac_address",
        macs,
        Part.FORWARDING,
        truth);
    pairs(
        sql,
        "SELECT DISTINCT network_id AS a, host AS b, host AS c FROM port WHERE",
        "network_id",
        "host",
        peers,
        Part.PEER,
        truth);
    pairs(
        sql,
        "SELECT DISTINCT p.network_id AS a, b.host AS b, b.host AS c FROM port_binding b"
            + " JOIN port p ON p.id = b.port_id WHERE",
        "p.network_id",
        "b.host",
        peers,
        Part.PEER,
        truth);
    pairs(
        sql,
        "SELECT DISTINCT g.group_id AS a, a.ip AS b, a.ip AS c FROM ip_allocation a"
            + " JOIN port_group g ON g.port_id = a.port_id WHERE",
        "g.group_id",
        "a.ip",
        members,
        Part.MEMBER,
        truth);
    var flat = flat(sql, macs, peers);
    var out = new ArrayList<Change>();
    for (var row : rows) {
      var n = row.note;
      if (!flat.contains(n.object)) {
        out.add(new Change(row.seq, n.part, n.object, n.entry, truth.get(n)));
      }
    }
    return out;
  }

  private static Set<Note> notes(List<Row> rows, Part part) {
    var out = new LinkedHashSet<Note>();
    for (var row : rows) {
      if (row.note.part == part) {
        out.add(row.note);
      }
    }
    return out;
  }

  /** Looks pairs up: more may be found than asked for, which is no harm. */
  private static void pairs(
      Sql sql,
      String select,
      String first,
      String second,
      Set<Note> notes,
      Part part,
      Map<Note, String> truth) {
    var all = List.copyOf(notes);
    for (int i = 0; i < all.size(); i += TOGETHER) {
      var some = all.subList(i, Math.min(all.size(), i + TOGETHER));
      var objects = some.stream().map(Note::object).distinct().toList();
      var entries = some.stream().map(Note::entry).distinct().toList();
      var args = new ArrayList<Object>(objects);
      args.addAll(entries);
      sql.list(
              select + in(first, objects) + " AND" + in(second, entries),
              r -> Map.entry(new Note(part, r.text("a"), r.text("b")), r.text("c")),
              args.toArray())
          .forEach(e -> truth.put(e.getKey(), e.getValue()));
    }
  }

  private static String in(String column, List<?> values) {
    return " "
        + column
        + " IN ("
        + String.join(", ", Collections.nCopies(values.size(), "?"))
        + ")";
  }

  /** Of the networks, those without tunnels, whose hosts keep no such tables. */
  private static Set<String> flat(Sql sql, Set<Note> macs, Set<Note> peers) {
    var ids = new HashSet<String>();
    macs.forEach(n -> ids.add(n.object));
    peers.forEach(n -> ids.add(n.object));
    return new HashSet<>(
        ByIds.list(
            sql,
            "SELECT id FROM network WHERE network_type <> 'vxlan' AND id IN ",
            ids,
            r -> r.text("id")));
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

  /** Networks whose DHCP a host serves. */
  static Set<String> served(Sql sql, String host) {
    return new HashSet<>(
        sql.list(
            "SELECT network_id FROM dhcp_binding WHERE host = ?", r -> r.text("network_id"), host));
  }
}
