package welkin.placement.resourceclass;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import welkin.placement.Names;
import welkin.store.Sql;

/** SQL of resource classes; the standard ones are in the program, custom ones in the table. */
public final class ResourceClassStore {
  public boolean exists(Sql sql, String name) {
    return Names.RESOURCE_CLASSES.contains(name)
        || sql.exists("SELECT 1 FROM resource_class WHERE name = ?", name);
  }

  List<String> all(Sql sql) {
    var out = new ArrayList<>(Names.RESOURCE_CLASSES);
    out.addAll(
        sql.list("SELECT name FROM resource_class ORDER BY created_at, name", r -> r.text("name")));
    return out;
  }

  /** Whether it was not there before. */
  boolean insert(Sql sql, String name, Instant now) {
    return sql.insertIfAbsent("resource_class", "name", name, "created_at", now) == 1;
  }

  void rename(Sql sql, String from, String to) {
    sql.update("UPDATE resource_class SET name = ? WHERE name = ?", to, from);
    sql.update("UPDATE inventory SET class = ? WHERE class = ?", to, from);
    sql.update("UPDATE allocation SET class = ? WHERE class = ?", to, from);
  }

  List<String> providersOf(Sql sql, String name) {
    return sql.list(
        "SELECT provider FROM inventory WHERE class = ?", r -> r.text("provider"), name);
  }

  void delete(Sql sql, String name) {
    sql.update("DELETE FROM resource_class WHERE name = ?", name);
  }
}
