package welkin.store;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Rows by many ids with few statements. */
public final class ByIds {
  private static final int TOGETHER = 500;

  private ByIds() {}

  /**
   * The rows there are, in no order.
   *
   * @param select a statement that ends where the list of ids in parentheses is to stand
   */
  public static <T> List<T> list(Sql sql, String select, Collection<?> ids, Row.Mapper<T> mapper) {
    var all = List.copyOf(ids);
    var out = new ArrayList<T>(all.size());
    for (int i = 0; i < all.size(); i += TOGETHER) {
      var part = all.subList(i, Math.min(all.size(), i + TOGETHER));
      var marks = "(?" + ", ?".repeat(part.size() - 1) + ")";
      out.addAll(sql.list(select + marks, mapper, part.toArray()));
    }
    return out;
  }
}
