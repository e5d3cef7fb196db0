package welkin.store;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The text that inserts a row.
 *
 * @param pairs {@code column, null, ...}: no value is kept
 */
record Insertion(Object[] pairs, String text) {
  /** By table: there are few, and each is made once. */
  private static final Map<String, List<Insertion>> MADE = new ConcurrentHashMap<>();

  /** Inserts a row of {@code column, value, ...} pairs. */
  static String text(String table, Object[] pairs) {
    var made = MADE.computeIfAbsent(table, t -> new CopyOnWriteArrayList<>());
    for (var insertion : made) {
      if (insertion.isOf(pairs)) {
        return insertion.text;
      }
    }
    var names = pairs.clone();
    for (int i = 1; i < names.length; i += 2) {
      names[i] = null;
    }
    var text = "INSERT INTO " + table + " (" + columns(pairs) + ") VALUES (" + marks(pairs) + ")";
    made.add(new Insertion(names, text));
    return text;
  }

  private boolean isOf(Object[] others) {
    for (int i = 0; i < others.length; i += 2) {
      if (i >= pairs.length || !pairs[i].equals(others[i])) {
        return false;
      }
    }
    return pairs.length == others.length;
  }

  static String columns(Object[] pairs) {
    var out = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      out.append(i == 0 ? "" : ", ").append(pairs[i]);
    }
    return out.toString();
  }

  static String marks(Object[] pairs) {
    return "?" + ", ?".repeat(pairs.length / 2 - 1);
  }

  static Object[] values(Object[] pairs) {
    var out = new Object[pairs.length / 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = pairs[2 * i + 1];
    }
    return out;
  }
}
