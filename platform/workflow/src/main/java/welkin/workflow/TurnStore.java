package welkin.workflow;

import java.time.Instant;
import welkin.store.Sql;

/** SQL of turns. */
final class TurnStore {
  private TurnStore() {}

  /** Whether somebody had the turn and its time has not come again. */
  static boolean isEarly(Sql sql, String job, Instant now) {
    return sql.exists("SELECT 1 FROM turn WHERE name = ? AND next_at > ?", job, now);
  }

  /** Takes a turn whose time has come, or that nobody ever had; false when another was faster. */
  static boolean take(Sql sql, String job, String holder, Instant now, Instant next) {
    int taken =
        sql.update(
            "UPDATE turn SET holder = ?, next_at = ? WHERE name = ? AND next_at <= ?",
            holder,
            next,
            job,
            now);
    if (taken == 0 && !sql.exists("SELECT 1 FROM turn WHERE name = ?", job)) {
      taken = sql.insertIfAbsent("turn", "name", job, "holder", holder, "next_at", next);
    }
    return taken == 1;
  }
}
