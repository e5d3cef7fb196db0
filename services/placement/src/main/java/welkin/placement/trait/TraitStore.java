package welkin.placement.trait;

import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import welkin.placement.Names;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of traits; the standard ones are in the program, custom ones in the table. */
public final class TraitStore {
  public boolean exists(Sql sql, String name) {
    return Names.TRAITS.contains(name) || sql.exists("SELECT 1 FROM trait WHERE name = ?", name);
  }

  List<String> custom(Sql sql) {
    return sql.list("SELECT name FROM trait ORDER BY name", r -> r.text("name"));
  }

  /** Traits that some provider has. */
  List<String> associated(Sql sql) {
    return sql.list(
        "SELECT DISTINCT trait FROM provider_trait ORDER BY trait", r -> r.text("trait"));
  }

  boolean insert(Sql sql, String name, Instant now) {
    return sql.insertIfAbsent("trait", "name", name, "created_at", now) == 1;
  }

  boolean inUse(Sql sql, String name) {
    return sql.exists("SELECT 1 FROM provider_trait WHERE trait = ?", name);
  }

  void delete(Sql sql, String name) {
    sql.update("DELETE FROM trait WHERE name = ?", name);
  }

  public List<String> of(Sql sql, String provider) {
    return sql.list(
        "SELECT trait FROM provider_trait WHERE provider = ? ORDER BY trait",
        r -> r.text("trait"),
        provider);
  }

  /** Every provider's, in order. */
  public Map<String, Set<String>> all(Sql sql) {
    var out = new HashMap<String, Set<String>>();
    Row.Mapper<Object> each =
        r -> out.computeIfAbsent(r.text("provider"), k -> new TreeSet<>()).add(r.text("trait"));
    sql.list("SELECT provider, trait FROM provider_trait", each);
    return out;
  }

  void replace(Sql sql, String provider, Collection<String> names) {
    sql.update("DELETE FROM provider_trait WHERE provider = ?", provider);
    names.forEach(n -> sql.insert("provider_trait", "provider", provider, "trait", n));
  }
}
