package welkin.placement.index;

import java.util.List;
import welkin.store.Sql;

/** SQL of the log of changed providers; its order is the order of commits. */
final class ChangeLogStore {
  private ChangeLogStore() {}

  static void append(Sql sql, String provider) {
    sql.send("INSERT INTO provider_change (provider) VALUES (?)", provider);
  }

  static long newest(Sql sql) {
    return sql.number("SELECT MAX(seq) FROM provider_change");
  }

  /** The oldest entry still there; 0 when there is none. */
  static long oldest(Sql sql) {
    return sql.number("SELECT MIN(seq) FROM provider_change");
  }

  /**
   * Who changed, in the order of their first changes: new ones come in the order they were made.
   */
  static List<String> since(Sql sql, long seq, long to) {
    return sql.list(
        "SELECT provider, MIN(seq) AS at FROM provider_change WHERE seq > ? AND seq <= ?"
            + " GROUP BY provider ORDER BY at",
        r -> r.text("provider"),
        seq,
        to);
  }

  /** Forgets all but the newest entries; whoever knows less reads everything. */
  static void trim(Sql sql, int kept) {
    sql.update("DELETE FROM provider_change WHERE seq <= ?", newest(sql) - kept);
  }
}
