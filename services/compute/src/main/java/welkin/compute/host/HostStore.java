package welkin.compute.host;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.agents.contracts.HostReport;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of compute hosts. */
final class HostStore {
  private static final String SELECT =
      "SELECT n.host, n.id AS node_id, n.uuid AS node_uuid, s.id AS service_id, s.uuid AS"
          + " service_uuid, s.disabled, s.disabled_reason, s.forced_down, s.seen_at, s.created_at,"
          + " s.updated_at, n.report FROM compute_node n JOIN service s ON s.host = n.host AND"
          + " s.program = 'nova-compute'";

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
        r.time("created_at"),
        r.time("updated_at"),
        r.json("report", HostReport.class));
  }

  static List<Host> list(Sql sql) {
    return sql.list(SELECT + " ORDER BY n.id", HostStore::map);
  }

  static Optional<Host> find(Sql sql, String host) {
    return sql.one(SELECT + " WHERE n.host = ?", HostStore::map, host);
  }

  /** Registers a service; returns at once when it is there already. */
  static void addService(Sql sql, String uuid, String program, String host, Instant now) {
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
        "created_at",
        now);
  }

  static void addNode(Sql sql, String uuid, HostReport report, Instant now) {
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

  static void seen(Sql sql, HostReport report, Instant now) {
    sql.update(
        "UPDATE service SET seen_at = ?, updated_at = ? WHERE host = ? AND program ="
            + " 'nova-compute'",
        now,
        now,
        report.host());
    sql.update(
        "UPDATE compute_node SET report = ?, updated_at = ? WHERE host = ?",
        report,
        now,
        report.host());
  }

  static void setService(Sql sql, long id, Instant now, Map<String, ?> columns) {
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
