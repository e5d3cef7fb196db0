package welkin.placement.aggregate;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of the aggregates a provider is in. */
public final class AggregateStore {
  public List<String> of(Sql sql, String provider) {
    return sql.list(
        "SELECT aggregate FROM provider_aggregate WHERE provider = ? ORDER BY aggregate",
        r -> r.text("aggregate"),
        provider);
  }

  /** Every provider's, in order. */
  public Map<String, Set<String>> all(Sql sql) {
    var out = new HashMap<String, Set<String>>();
    Row.Mapper<Object> each =
        r -> out.computeIfAbsent(r.text("provider"), k -> new TreeSet<>()).add(r.text("aggregate"));
    sql.list("SELECT provider, aggregate FROM provider_aggregate", each);
    return out;
  }

  void replace(Sql sql, String provider, Collection<String> aggregates) {
    sql.update("DELETE FROM provider_aggregate WHERE provider = ?", provider);
    aggregates.forEach(a -> sql.insert("provider_aggregate", "provider", provider, "aggregate", a));
  }
}
