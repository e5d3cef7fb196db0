package welkin.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;

/**
 * A list request as SQL: filters, sort by allow-listed keys, and a keyset page after a marker row.
 * Sort keys from a request reach SQL only through the allow-list.
 */
public final class ListQuery {
  /** One sort key, as the API names it. */
  public record Sort(String key, boolean ascending) {}

  private final String select;
  private final String table;
  private final String idColumn;
  private final List<String> where = new ArrayList<>();
  private final List<Object> args = new ArrayList<>();
  private final List<String> order = new ArrayList<>();
  private final List<Boolean> ascending = new ArrayList<>();
  private Integer limit;

  private ListQuery(String select, String table, String idColumn) {
    this.select = select;
    this.table = table;
    this.idColumn = idColumn;
  }

  /**
   * @param select what to read, e.g. {@code SELECT * FROM server}
   * @param table the table the marker row is looked up in
   * @param idColumn its unique column, the last sort key
   */
  public static ListQuery of(String select, String table, String idColumn) {
    return new ListQuery(select, table, idColumn);
  }

  /** A condition with {@code ?} marks. */
  public ListQuery where(String condition, Object... values) {
    where.add("(" + condition + ")");
    args.addAll(java.util.Arrays.asList(values));
    return this;
  }

  /** {@code column = value}, or nothing when the value is null. */
  public ListQuery whereIfGiven(String column, Object value) {
    return value == null ? this : where(column + " = ?", value);
  }

  /** {@code column IN (...)}; an empty collection matches nothing. */
  public ListQuery whereIn(String column, Collection<?> values) {
    if (values.isEmpty()) {
      return where("1 = 0");
    }
    where.add(column + " IN (" + "?, ".repeat(values.size() - 1) + "?)");
    args.addAll(values);
    return this;
  }

  /**
   * @param allowed API name to SQL expression; expressions must not be null in any row (use
   *     COALESCE)
   * @throws Fault 400 for a key that is not in the list
   */
  public ListQuery sort(List<Sort> keys, Map<String, String> allowed) {
    for (var k : keys) {
      var column = allowed.get(k.key());
      if (column == null) {
        throw Fault.badRequest("Sort key " + k.key() + " is not one of " + allowed.keySet());
      }
      if (!order.contains(column)) {
        order.add(column);
        ascending.add(k.ascending());
      }
    }
    return this;
  }

  /**
   * Starts after the row whose id is {@code marker}; call after {@link #sort}.
   *
   * @throws Fault 400 when there is no such row
   */
  public ListQuery after(Sql sql, String marker) {
    if (marker == null) {
      return this;
    }
    closeOrder();
    var columns = new StringBuilder();
    for (int i = 0; i < order.size(); i++) {
      columns.append(i == 0 ? "" : ", ").append(order.get(i)).append(" AS k").append(i);
    }
    var values =
        sql.one(
                "SELECT " + columns + " FROM " + table + " WHERE " + idColumn + " = ?",
                r -> {
                  var v = new ArrayList<Object>();
                  for (int i = 0; i < order.size(); i++) {
                    v.add(r.value("k" + i));
                  }
                  return v;
                },
                marker)
            .orElseThrow(() -> Fault.badRequest("marker [" + marker + "] not found"));
    var condition = new StringBuilder();
    var bound = new ArrayList<Object>();
    for (int i = 0; i < order.size(); i++) {
      condition.append(i == 0 ? "" : " OR ").append('(');
      for (int j = 0; j < i; j++) {
        condition.append(order.get(j)).append(" = ? AND ");
        bound.add(values.get(j));
      }
      condition.append(order.get(i)).append(ascending.get(i) ? " > ?" : " < ?").append(')');
      bound.add(values.get(i));
    }
    // said by itself, the first key tells an index where to begin; of the alternatives engines make
    // a filter
    where(order.getFirst() + (ascending.getFirst() ? " >= ?" : " <= ?"), values.getFirst());
    return where(condition.toString(), bound.toArray());
  }

  /** At most this many rows; null for all. */
  public ListQuery limit(Integer rows) {
    this.limit = rows;
    return this;
  }

  private void closeOrder() {
    if (!order.contains(idColumn)) {
      boolean last = ascending.isEmpty() || ascending.getLast();
      order.add(idColumn);
      ascending.add(last);
    }
  }

  public <T> List<T> list(Sql sql, Row.Mapper<T> mapper) {
    closeOrder();
    var text = new StringBuilder(select);
    if (!where.isEmpty()) {
      text.append(" WHERE ").append(String.join(" AND ", where));
    }
    text.append(" ORDER BY ");
    for (int i = 0; i < order.size(); i++) {
      text.append(i == 0 ? "" : ", ")
          .append(order.get(i))
          .append(ascending.get(i) ? " ASC" : " DESC");
    }
    var bound = new ArrayList<>(args);
    if (limit != null) {
      text.append(" LIMIT ?");
      bound.add(limit);
    }
    return sql.list(text.toString(), mapper, bound.toArray());
  }

  /** How many rows match, whatever the page. */
  public long count(Sql sql) {
    return sql.number(
        "SELECT COUNT(*) FROM "
            + table
            + (where.isEmpty() ? "" : " WHERE " + String.join(" AND ", where)),
        args.toArray());
  }
}
