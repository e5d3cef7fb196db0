package welkin.identity.user;

import java.util.Optional;
import welkin.store.Sql;

/** The rows of {@link LoginRecord}. */
final class LoginRecordStore {
  private LoginRecordStore() {}

  static Optional<LoginRecord> find(Sql sql, String userId) {
    return sql.one(
        "SELECT * FROM login_record WHERE user_id = ?",
        r -> new LoginRecord(r.integer("failures"), r.time("failed_at"), r.time("active_at")),
        userId);
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
