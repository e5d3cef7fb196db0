package welkin.placement.inventory;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of inventories. */
public final class InventoryStore {
  private static final String SELECT = "SELECT * FROM inventory WHERE provider = ?";
  private static final Row.Mapper<Inventory> MAPPER =
      r ->
          new Inventory(
              r.text("class"),
              r.number("total"),
              r.number("reserved"),
              r.number("min_unit"),
              r.number("max_unit"),
              r.number("step_size"),
              r.decimal("allocation_ratio"),
              r.number("used"));

  public List<Inventory> of(Sql sql, String provider) {
    return ask(sql, provider).list();
  }

  public Sql.Asked<Inventory> ask(Sql sql, String provider) {
    return sql.ask(SELECT, MAPPER, provider);
  }

  /** Every provider's, by provider and class. */
  public Map<String, Map<String, Inventory>> all(Sql sql) {
    var out = new HashMap<String, Map<String, Inventory>>();
    Row.Mapper<Object> each =
        r -> {
          var i = MAPPER.map(r);
          return out.computeIfAbsent(r.text("provider"), k -> new LinkedHashMap<>())
              .put(i.resourceClass(), i);
        };
    sql.list("SELECT * FROM inventory ORDER BY provider, class", each);
    return out;
  }

  public Optional<Inventory> find(Sql sql, String provider, String resourceClass) {
    return sql.one(SELECT + " AND class = ?", MAPPER, provider, resourceClass);
  }

  /** Writes one inventory; what is used of it stays. */
  void put(Sql sql, String provider, Inventory i, Instant now) {
    if (sql.update(
            "UPDATE inventory SET total = ?, reserved = ?, min_unit = ?, max_unit = ?,"
                + " step_size = ?, allocation_ratio = ?, updated_at = ?"
                + " WHERE provider = ? AND class = ?",
            i.total(),
            i.reserved(),
            i.minUnit(),
            i.maxUnit(),
            i.stepSize(),
            i.allocationRatio(),
            now,
            provider,
            i.resourceClass())
        == 0) {
      sql.insert(
          "inventory",
          "provider",
          provider,
          "class",
          i.resourceClass(),
          "total",
          i.total(),
          "reserved",
          i.reserved(),
          "min_unit",
          i.minUnit(),
          "max_unit",
          i.maxUnit(),
          "step_size",
          i.stepSize(),
          "allocation_ratio",
          i.allocationRatio(),
          "used",
          0L,
          "updated_at",
          now);
    }
  }

  void delete(Sql sql, String provider, String resourceClass) {
    sql.update("DELETE FROM inventory WHERE provider = ? AND class = ?", provider, resourceClass);
  }

  /** Counts what is taken of a provider, by class; negative amounts go back. */
  public void addUsed(Sql sql, String provider, Map<String, Long> amounts) {
    if (amounts.isEmpty()) {
      return;
    }
    var args = new ArrayList<Object>();
    amounts.forEach((resourceClass, amount) -> args.addAll(List.of(resourceClass, amount)));
    args.add(provider);
    args.addAll(amounts.keySet());
    sql.send(
        "UPDATE inventory SET used = used + CASE class"
            + " WHEN ? THEN ?".repeat(amounts.size())
            + " END WHERE provider = ? AND class IN ("
            + String.join(", ", Collections.nCopies(amounts.size(), "?"))
            + ")",
        args.toArray());
  }
}
