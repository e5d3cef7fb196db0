package welkin.identity.token;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import welkin.identity.token.Revocations.Event;
import welkin.store.Row;
import welkin.store.Sql;

/** Revocations in SQL. */
final class RevocationStore {
  private RevocationStore() {}

  static void insert(Sql sql, Event e) {
    sql.insert(
        "revocation_event",
        "audit_id",
        e.auditId(),
        "user_id",
        e.userId(),
        "project_id",
        e.projectId(),
        "domain_id",
        e.domainId(),
        "issued_before",
        e.issuedBefore(),
        "revoked_at",
        e.revokedAt());
  }

  static void forget(Sql sql, Instant before) {
    sql.update("DELETE FROM revocation_event WHERE revoked_at < ?", before);
  }

  static List<Event> list(Sql sql) {
    return sql.list("SELECT * FROM revocation_event ORDER BY seq", RevocationStore::map);
  }

  /**
   * Reads what came after a position.
   *
   * @return the position of the last one
   */
  static long after(Sql sql, long seq, Consumer<Event> reader) {
    var rows =
        sql.list(
            "SELECT * FROM revocation_event WHERE seq > ? ORDER BY seq",
            r -> Map.entry(r.number("seq"), map(r)),
            seq);
    rows.forEach(r -> reader.accept(r.getValue()));
    return rows.isEmpty() ? seq : rows.getLast().getKey();
  }

  private static Event map(Row r) throws SQLException {
    return new Event(
        r.text("audit_id"),
        r.text("user_id"),
        r.text("project_id"),
        r.text("domain_id"),
        r.time("issued_before"),
        r.time("revoked_at"));
  }
}
