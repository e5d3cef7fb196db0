package welkin.identity.user;

import java.time.Instant;
import java.util.List;
import welkin.core.Secret;
import welkin.store.Sql;

/** The hashes of passwords a user had before. */
final class PasswordHistoryStore {
  private PasswordHistoryStore() {}

  /** The newest first. */
  static List<Secret> last(Sql sql, String userId, int count) {
    return sql.list(
        "SELECT password_hash FROM password_history WHERE user_id = ? ORDER BY seq DESC LIMIT ?",
        r -> Secret.of(r.text("password_hash")),
        userId,
        count);
  }

  /** Adds one and forgets those that nobody will ask for. */
  static void add(Sql sql, String userId, Secret hash, Instant at, int kept) {
    sql.insert(
        "password_history", "user_id", userId, "password_hash", hash.reveal(), "created_at", at);
    var seqs =
        sql.list(
            "SELECT seq FROM password_history WHERE user_id = ? ORDER BY seq DESC",
            r -> r.number("seq"),
            userId);
    if (seqs.size() > kept) {
      sql.update(
          "DELETE FROM password_history WHERE user_id = ? AND seq <= ?", userId, seqs.get(kept));
    }
  }
}
