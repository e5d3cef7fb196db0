package welkin.identity.user;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.store.Sql;

/** The rows of {@link LoginRecord}. */
final class LoginRecordStore {
  private static final int IDS_MAX = 500;

  private LoginRecordStore() {}

  static Optional<LoginRecord> find(Sql sql, String userId) {
    return sql.one(
        "SELECT * FROM login_record WHERE user_id = ?",
        r -> new LoginRecord(r.integer("failures"), r.time("failed_at"), r.time("active_at")),
        userId);
  }

  /** The last logins of those users who have one. */
  static Map<String, Instant> active(Sql sql, List<String> userIds) {
    var out = new HashMap<String, Instant>();
    for (int from = 0; from < userIds.size(); from += IDS_MAX) {
      var some = userIds.subList(from, Math.min(userIds.size(), from + IDS_MAX));
      sql.list(
              "SELECT user_id, active_at FROM login_record WHERE active_at IS NOT NULL AND user_id"
                  + " IN ("
                  + "?, ".repeat(some.size() - 1)
                  + "?)",
              r -> Map.entry(r.text("user_id"), r.time("active_at")),
              some.toArray())
          .forEach(e -> out.put(e.getKey(), e.getValue()));
    }
    return out;
  }

  /** What {@link #find} and {@link #put} cost, for logins that are nobody's. */
  static void refused(Sql sql, Instant now) {
    var known = sql.exists("SELECT 1 FROM refused_login WHERE id = 1");
    sql.update("UPDATE refused_login SET refused_at = ? WHERE id = 1", now);
    if (!known) {
      sql.insert("refused_login", "id", 1, "refused_at", now);
    }
  }

  static void put(Sql sql, String userId, LoginRecord record) {
    if (sql.update(
            "UPDATE login_record SET failures = ?, failed_at = ?, active_at = ? WHERE user_id = ?",
            record.failures(),
            record.failedAt(),
            record.activeAt(),
            userId)
        == 0) {
      sql.insert(
          "login_record",
          "user_id",
          userId,
          "failures",
          record.failures(),
          "failed_at",
          record.failedAt(),
          "active_at",
          record.activeAt());
    }
  }
}
