package welkin.identity.user;

import java.time.Instant;
import java.util.Optional;
import welkin.store.Sql;

/**
 * How a user's logins went lately.
 *
 * @param failures wrong passwords since the last right one
 * @param failedAt the last of them, or null
 * @param activeAt the last login, or null
 */
record LoginRecord(int failures, Instant failedAt, Instant activeAt) {
  static final LoginRecord NONE = new LoginRecord(0, null, null);

  static Optional<LoginRecord> find(Sql sql, String userId) {
    return sql.one(
        "SELECT * FROM login_record WHERE user_id = ?",
        r -> new LoginRecord(r.integer("failures"), r.time("failed_at"), r.time("active_at")),
        userId);
  }

  void store(Sql sql, String userId) {
    if (sql.update(
            "UPDATE login_record SET failures = ?, failed_at = ?, active_at = ? WHERE user_id = ?",
            failures,
            failedAt,
            activeAt,
            userId)
        == 0) {
      sql.insert(
          "login_record",
          "user_id",
          userId,
          "failures",
          failures,
          "failed_at",
          failedAt,
          "active_at",
          activeAt);
    }
  }
}
