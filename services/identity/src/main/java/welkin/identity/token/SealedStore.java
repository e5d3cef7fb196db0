package welkin.identity.token;

import java.util.ArrayList;
import java.util.function.UnaryOperator;
import welkin.store.Sql;

/** What a sealed column holds, sealed anew. */
final class SealedStore {
  private SealedStore() {}

  static void renew(Sql sql, SealedColumn c, UnaryOperator<String> anew) {
    var rows =
        sql.list(
            "SELECT " + c.name() + ", " + String.join(", ", c.key()) + " FROM " + c.table(),
            r -> {
              var out = new ArrayList<Object>();
              out.add(r.text(c.name()));
              for (var k : c.key()) {
                out.add(r.text(k));
              }
              return out;
            });
    for (var row : rows) {
      row.set(0, anew.apply((String) row.getFirst()));
      sql.update(
          "UPDATE "
              + c.table()
              + " SET "
              + c.name()
              + " = ? WHERE "
              + String.join(" = ? AND ", c.key())
              + " = ?",
          row.toArray());
    }
  }
}
