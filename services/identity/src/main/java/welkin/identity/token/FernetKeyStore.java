package welkin.identity.token;

import java.time.Instant;
import java.util.TreeMap;
import welkin.store.Sql;

/** The rows of {@link FernetKeys}, each key sealed by the {@link ClusterKey}. */
final class FernetKeyStore {
  private FernetKeyStore() {}

  /**
   * @param since by the database's clock, when the key got this number
   */
  record Row(int number, String sealed, Instant since) {}

  static TreeMap<Integer, Row> all(Sql sql, String repository) {
    var out = new TreeMap<Integer, Row>();
    sql.list(
            "SELECT * FROM fernet_key WHERE repository = ?",
            r -> new Row(r.integer("number"), r.text("sealed"), r.time("since")),
            repository)
        .forEach(r -> out.put(r.number, r));
    return out;
  }

  static void insert(Sql sql, String repository, Row row) {
    sql.insert(
        "fernet_key",
        "repository",
        repository,
        "number",
        row.number,
        "sealed",
        row.sealed,
        "since",
        row.since);
  }

  static void renumber(Sql sql, String repository, int from, int to) {
    sql.update(
        "UPDATE fernet_key SET number = ?, since = ? WHERE repository = ? AND number = ?",
        to,
        sql.now(),
        repository,
        from);
  }

  static void delete(Sql sql, String repository, int number) {
    sql.update("DELETE FROM fernet_key WHERE repository = ? AND number = ?", repository, number);
  }
}
