package welkin.identity.shared;

import welkin.store.Sql;

/** The one row that counts the epochs. */
final class EpochStore {
  private EpochStore() {}

  static long count(Sql sql) {
    return sql.number("SELECT ended FROM epoch WHERE id = 1");
  }

  static void end(Sql sql) {
    sql.update("UPDATE epoch SET ended = ended + 1 WHERE id = 1");
  }
}
