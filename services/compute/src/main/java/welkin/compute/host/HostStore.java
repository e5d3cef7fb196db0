package welkin.compute.host;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.agents.contracts.HostReport;
import welkin.store.ByIds;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of compute hosts. */
final class HostStore {
  private static final String FROM =
      " FROM compute_node n JOIN service s ON s.host = n.host AND s.program = 'nova-compute'";

  private static final String PULSE =
      "s.id AS service_id, s.disabled, s.disabled_reason, s.forced_down, s.seen_at, s.heard,"
          + " n.host, n.updated_at, n.build_failures, n.told";

  private static final String SELECT =
      "SELECT "
          + PULSE
          + ", n.id AS node_id, n.uuid AS node_uuid, s.uuid AS service_uuid, s.created_at, n.report"
          + FROM;

  /** How many hosts one statement dates; a fixed number, so that it is prepared once. */
  private static final int AT_ONCE = 50;

  private HostStore() {}

  private static Host map(Row r) throws java.sql.SQLException {
    return new Host(
        r.text("host"),
        r.number("node_id"),
        r.text("node_uuid"),
        r.number("service_id"),
        r.text("service_uuid"),
        r.flag("disabled"),
        r.text("disabled_reason"),
        r.flag("forced_down"),
        r.time("seen_at"),
        r.number("heard"),
        r.time("created_at"),
        r.time("updated_at"),
        r.json("report", HostReport.class),
        r.integer("build_failures"),
        r.text("told"));
  }

  /** What changes often, of every host. */
  static List<Host.Pulse> pulses(Sql sql) {
    return sql.list(
        "SELECT " + PULSE + FROM,
        r ->
            new Host.Pulse(
                r.text("host"),
                r.number("service_id"),
                r.flag("disabled"),
                r.text("disabled_reason"),
                r.flag("forced_down"),
                r.time("seen_at"),
                r.number("heard"),
                r.time("updated_at"),
                r.integer("build_failures"),
                r.text("told")));
  }

  static Optional<Host> find(Sql sql, String host) {
    return sql.one(SELECT + " WHERE n.host = ?", HostStore::map, host);
  }

  static List<Host> find(Sql sql, Collection<String> hosts) {
    return ByIds.list(sql, SELECT + " WHERE n.host IN ", hosts, HostStore::map);
  }

  /** Registers a service; returns at once when it is there already. */
  static void addService(Sql sql, String uuid, String program, String host, long heard) {
    var now = sql.now();
    sql.insertIfAbsent(
        "service",
        "uuid",
        uuid,
        "program",
        program,
        "host",
        host,
        "disabled",
        false,
        "forced_down",
        false,
        "seen_at",
        now,
        "heard",
        heard,
        "created_at",
        now);
  }

  static void addNode(Sql sql, String uuid, HostReport report) {
    var now = sql.now();
    sql.insertIfAbsent(
        "compute_node",
        "uuid",
        uuid,
        "host",
        report.host(),
        "report",
        report,
        "created_at",
        now,
        "updated_at",
        now);
  }

  /** Dates the signs of life of many hosts. */
  static void seen(Sql sql, List<String> hosts, long heard) {
    var marks = String.join(", ", Collections.nCopies(AT_ONCE, "?"));
    var now = sql.now();
    for (int from = 0; from < hosts.size(); from += AT_ONCE) {
      var args = new Object[AT_ONCE + 3];
      args[0] = now;
      args[1] = now;
      args[2] = heard;
      for (int i = 0; i < AT_ONCE; i++) {
        args[3 + i] = hosts.get(Math.min(from + i, hosts.size() - 1));
      }
      sql.update(
          "UPDATE service SET seen_at = ?, updated_at = ?, heard = ? WHERE program ="
              + " 'nova-compute' AND host IN ("
              + marks
              + ")",
          args);
    }
  }

  /** Dates the signs of life of the services of a control host. */
  static void ownSeen(Sql sql, String host, long heard) {
    sql.update(
        "UPDATE service SET seen_at = ?, heard = ? WHERE host = ? AND program <> 'nova-compute'",
        sql.now(),
        heard,
        host);
  }

  static void report(Sql sql, Collection<HostReport> reports) {
    var now = sql.now();
    sql.batch(
        "UPDATE compute_node SET report = ?, updated_at = ? WHERE host = ?",
        reports.stream().map(r -> new Object[] {r, now, r.host()}).toList());
  }

  static void told(Sql sql, String host, String digest) {
    sql.update("UPDATE compute_node SET told = ? WHERE host = ?", digest, host);
  }

  static void built(Sql sql, String host, boolean well) {
    sql.update(
        "UPDATE compute_node SET build_failures = "
            + (well ? "0" : "build_failures + 1")
            + " WHERE host = ?",
        host);
  }

  static void setService(Sql sql, long id, Map<String, ?> columns) {
    var now = sql.now();
    columns.forEach(
        (column, value) ->
            sql.update(
                "UPDATE service SET " + column + " = ?, updated_at = ? WHERE id = ?",
                value,
                now,
                id));
  }

  static void deleteHost(Sql sql, String host) {
    sql.update("DELETE FROM service WHERE host = ? AND program = 'nova-compute'", host);
    sql.update("DELETE FROM compute_node WHERE host = ?", host);
  }

  /** Availability zones by host, from the aggregates that name one. */
  static List<Map.Entry<List<String>, Map<String, String>>> aggregates(Sql sql) {
    return sql.list(
        "SELECT hosts, metadata FROM aggregate ORDER BY id",
        r -> Map.entry(r.stringList("hosts"), r.stringMap("metadata")));
  }
}
