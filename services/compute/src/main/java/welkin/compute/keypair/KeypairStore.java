package welkin.compute.keypair;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.core.Fault;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of keypairs. */
final class KeypairStore {
  private static final List<ListQuery.Sort> BY_NAME = List.of(new ListQuery.Sort("name", true));

  private KeypairStore() {}

  private static Keypair map(Row r) throws java.sql.SQLException {
    return new Keypair(
        r.number("id"),
        r.text("user_id"),
        r.text("name"),
        r.text("type"),
        r.text("fingerprint"),
        r.text("public_key"),
        r.time("created_at"));
  }

  static Optional<Keypair> find(Sql sql, String userId, String name) {
    return sql.one(
        "SELECT * FROM keypair WHERE user_id = ? AND name = ?", KeypairStore::map, userId, name);
  }

  /** A page by name; the marker is a name. */
  static List<Keypair> list(Sql sql, String userId, Paging page) {
    if (page.marker() != null && find(sql, userId, page.marker()).isEmpty()) {
      throw Fault.badRequest("marker [" + page.marker() + "] not found");
    }
    return ListQuery.of("SELECT * FROM keypair", "keypair", "id")
        .where("user_id = ?", userId)
        .where("? IS NULL OR name > ?", page.marker(), page.marker())
        .sort(BY_NAME, Map.of("name", "name"))
        .limit(page.limit())
        .list(sql, KeypairStore::map);
  }

  static long count(Sql sql, String userId) {
    return sql.number("SELECT COUNT(*) FROM keypair WHERE user_id = ?", userId);
  }

  static void insert(Sql sql, Keypair k) {
    sql.insert(
        "keypair",
        "user_id",
        k.userId(),
        "name",
        k.name(),
        "type",
        k.type(),
        "fingerprint",
        k.fingerprint(),
        "public_key",
        k.publicKey(),
        "created_at",
        k.createdAt());
  }

  static boolean delete(Sql sql, String userId, String name) {
    return sql.update("DELETE FROM keypair WHERE user_id = ? AND name = ?", userId, name) > 0;
  }
}
