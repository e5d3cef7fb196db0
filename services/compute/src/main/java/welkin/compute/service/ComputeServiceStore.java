package welkin.compute.service;

import java.util.List;
import java.util.function.LongPredicate;
import welkin.store.Sql;

/** SQL of Compute's services. */
final class ComputeServiceStore {
  private ComputeServiceStore() {}

  /**
   * The services that are no hosts.
   *
   * @param heardLately of a reading of the listening clock
   */
  static List<ServiceRow> own(Sql sql, LongPredicate heardLately) {
    return sql.list(
        "SELECT * FROM service WHERE program <> 'nova-compute' ORDER BY id",
        r ->
            new ServiceRow(
                r.number("id"),
                r.text("uuid"),
                r.text("program"),
                r.text("host"),
                "internal",
                r.flag("disabled"),
                r.text("disabled_reason"),
                r.flag("forced_down"),
                heardLately.test(r.number("heard")),
                r.time("seen_at")));
  }

  /** Servers that are on a host, or may come back to it. */
  static List<String> serversOn(Sql sql, String host) {
    return sql.list(
        "SELECT id FROM server WHERE deleted = 0 AND host = ? UNION SELECT server_id AS id FROM"
            + " server_migration WHERE status = 'finished' AND source_host = ?",
        r -> r.text("id"),
        host,
        host);
  }
}
