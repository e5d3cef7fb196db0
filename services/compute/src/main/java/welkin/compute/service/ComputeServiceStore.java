package welkin.compute.service;

import java.time.Instant;
import java.util.List;
import welkin.store.Sql;

/** SQL of Compute's services. */
final class ComputeServiceStore {
  private ComputeServiceStore() {}

  /** The services that are no hosts. */
  static List<ServiceRow> own(Sql sql, Instant now) {
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
                true,
                now));
  }

  static List<String> serversOn(Sql sql, String host) {
    return sql.list(
        "SELECT id FROM server WHERE deleted = 0 AND host = ?", r -> r.text("id"), host);
  }
}
