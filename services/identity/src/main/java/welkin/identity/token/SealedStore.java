package welkin.identity.token;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import welkin.store.Sql;

/** Every column of Identity that holds something sealed with the credential keys. */
public final class SealedStore {
  private record Column(String table, String name, List<String> key) {}

  private static final List<Column> COLUMNS =
      List.of(
          new Column("credential", "encrypted_blob", List.of("id")),
          new Column("oauth1_consumer", "encrypted_secret", List.of("id")),
          new Column("oauth1_request_token", "encrypted_secret", List.of("id")),
          new Column("oauth1_access_token", "encrypted_secret", List.of("id")),
          new Column(
              "domain_config", "sealed", List.of("domain_id", "option_group", "option_name")));

  private SealedStore() {}

  /** Seals all of it anew. */
  public static void renew(Sql sql, UnaryOperator<String> anew) {
    COLUMNS.forEach(c -> renew(sql, c, anew));
  }

  private static void renew(Sql sql, Column c, UnaryOperator<String> anew) {
    var rows =
        sql.list(
            "SELECT " + c.name + ", " + String.join(", ", c.key) + " FROM " + c.table,
            r -> {
              var out = new ArrayList<Object>();
              out.add(r.text(c.name));
              for (var k : c.key) {
                out.add(r.text(k));
              }
              return out;
            });
    for (var row : rows) {
      row.set(0, anew.apply((String) row.getFirst()));
      sql.update(
          "UPDATE "
              + c.table
              + " SET "
              + c.name
              + " = ? WHERE "
              + String.join(" = ? AND ", c.key)
              + " = ?",
          row.toArray());
    }
  }
}
