package welkin.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rows by many ids with few statements. */
public final class ByIds {
  private static final int TOGETHER = 512;

  private ByIds() {}

  /**
   * The rows there are, in no order.
   *
   * @param select a statement that ends where the list of ids in parentheses is to stand
   */
  public static <T> List<T> list(Sql sql, String select, Collection<?> ids, Row.Mapper<T> mapper) {
    return list(sql, select, ids, "", mapper);
  }

  /**
   * Rows that belong to others, by the id of whose they are; who has none is not named.
   *
   * @param select as for {@link #list}
   * @param owner the column with that id
   * @param order by which each one's rows are in order
   */
  public static <T> Map<String, List<T>> byOwner(
      Sql sql, String select, Collection<?> ids, String owner, String order, Row.Mapper<T> mapper) {
    var out = new HashMap<String, List<T>>();
    list(sql, select, ids, " ORDER BY " + order, r -> Map.entry(r.text(owner), mapper.map(r)))
        .forEach(e -> out.computeIfAbsent(e.getKey(), k -> new ArrayList<>()).add(e.getValue()));
    return out;
  }

  private static <T> List<T> list(
      Sql sql, String select, Collection<?> ids, String after, Row.Mapper<T> mapper) {
    var all = List.copyOf(ids);
    var out = new ArrayList<T>(all.size());
    for (int i = 0; i < all.size(); i += TOGETHER) {
      var part = all.subList(i, Math.min(all.size(), i + TOGETHER));
      var args = filled(part);
      var marks = "(?" + ", ?".repeat(args.length - 1) + ")";
      out.addAll(sql.list(select + marks + after, mapper, args));
    }
    return out;
  }

  /** As many as the next power of two, so that there are few statements to prepare. */
  private static Object[] filled(List<?> ids) {
    int size = ids.size() < 2 ? ids.size() : 2 * Integer.highestOneBit(ids.size() - 1);
    var args = ids.toArray(new Object[size]);
    Arrays.fill(args, ids.size(), size, ids.getLast());
    return args;
  }
}
