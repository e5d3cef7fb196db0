package welkin.identity.token;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import welkin.store.Sql;

/** The rows of {@link LastUsed}. */
final class LastUsedStore {
  private static final int IDS_MAX = 500;

  private LastUsedStore() {}

  private static String name(LastUsed.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** Never back to an earlier time: another process may have seen a later use. */
  static void put(Sql sql, LastUsed.Used used, Instant at) {
    sql.insertIfAbsent("last_used", "kind", name(used.kind()), "id", used.id(), "used_at", at);
    sql.update(
        "UPDATE last_used SET used_at = ? WHERE kind = ? AND id = ? AND used_at < ?",
        at,
        name(used.kind()),
        used.id(),
        at);
  }

  static Map<String, Instant> find(Sql sql, LastUsed.Kind kind, List<String> ids) {
    var out = new HashMap<String, Instant>();
    for (int from = 0; from < ids.size(); from += IDS_MAX) {
      var some = ids.subList(from, Math.min(ids.size(), from + IDS_MAX));
      var args = new ArrayList<Object>(some);
      args.addFirst(name(kind));
      sql.list(
              "SELECT id, used_at FROM last_used WHERE kind = ? AND id IN ("
                  + "?, ".repeat(some.size() - 1)
                  + "?)",
              r -> Map.entry(r.text("id"), r.time("used_at")),
              args.toArray())
          .forEach(e -> out.put(e.getKey(), e.getValue()));
    }
    return out;
  }

  /** What is of no interest any more: old tokens, and credentials that are gone. */
  static void forget(Sql sql, Instant tokensBefore) {
    sql.update("DELETE FROM last_used WHERE kind = 'token' AND used_at < ?", tokensBefore);
    sql.update(
        "DELETE FROM last_used WHERE kind = 'credential' AND id NOT IN (SELECT id FROM"
            + " credential)");
    sql.update(
        "DELETE FROM last_used WHERE kind = 'application_credential' AND id NOT IN (SELECT id FROM"
            + " application_credential)");
  }
}
