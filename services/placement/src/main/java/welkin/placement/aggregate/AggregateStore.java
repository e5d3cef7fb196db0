package welkin.placement.aggregate;

import java.util.Collection;
import java.util.List;
import welkin.store.Sql;

/** SQL of the aggregates a provider is in. */
public final class AggregateStore {
  public List<String> of(Sql sql, String provider) {
    return sql.list(
        "SELECT aggregate FROM provider_aggregate WHERE provider = ? ORDER BY aggregate",
        r -> r.text("aggregate"),
        provider);
  }

  void replace(Sql sql, String provider, Collection<String> aggregates) {
    sql.update("DELETE FROM provider_aggregate WHERE provider = ?", provider);
    aggregates.forEach(a -> sql.insert("provider_aggregate", "provider", provider, "aggregate", a));
  }
}
