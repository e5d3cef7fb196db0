package welkin.identity.federation.mapping;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import welkin.store.Row;
import welkin.store.Sql;

/** Mappings in SQL. */
public final class MappingStore {
  private MappingStore() {}

  public static Optional<Mapping> find(Sql sql, String id) {
    return sql.one("SELECT * FROM federation_mapping WHERE id = ?", MappingStore::map, id);
  }

  static List<Mapping> list(Sql sql) {
    return sql.list("SELECT * FROM federation_mapping ORDER BY id", MappingStore::map);
  }

  static void insert(Sql sql, Mapping m) {
    sql.insert(
        "federation_mapping",
        "id",
        m.id(),
        "rules",
        m.rules(),
        "schema_version",
        m.schemaVersion());
  }

  static boolean update(Sql sql, Mapping m) {
    return sql.update(
            "UPDATE federation_mapping SET rules = ?, schema_version = ? WHERE id = ?",
            m.rules(),
            m.schemaVersion(),
            m.id())
        > 0;
  }

  static boolean delete(Sql sql, String id) {
    return sql.update("DELETE FROM federation_mapping WHERE id = ?", id) > 0;
  }

  private static Mapping map(Row r) throws SQLException {
    return new Mapping(r.text("id"), r.text("schema_version"), (ArrayNode) r.json("rules"));
  }
}
