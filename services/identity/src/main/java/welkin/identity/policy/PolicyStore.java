package welkin.identity.policy;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.ListRequest;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** Policies in SQL. */
final class PolicyStore {
  private PolicyStore() {}

  static Optional<Policy> find(Sql sql, String id) {
    return sql.one("SELECT * FROM policy WHERE id = ?", PolicyStore::map, id);
  }

  static List<Policy> list(Sql sql, ListRequest request) {
    return request.list(
        sql, ListQuery.of("SELECT * FROM policy", "policy", "id"), Map.of(), PolicyStore::map);
  }

  static void insert(Sql sql, Policy p) {
    sql.insert(
        "policy", "id", p.id(), "type", p.type(), "policy_blob", p.blob(), "extra", p.extra());
  }

  static void update(Sql sql, Policy p) {
    sql.update(
        "UPDATE policy SET type = ?, policy_blob = ?, extra = ? WHERE id = ?",
        p.type(),
        p.blob(),
        p.extra(),
        p.id());
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM policy WHERE id = ?", id);
  }

  private static Policy map(Row r) throws SQLException {
    return new Policy(
        r.text("id"), r.text("type"), r.text("policy_blob"), Attributes.object(r.json("extra")));
  }
}
