package welkin.agents.simulated;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A table of a simulated host: keys in order, values beside them; or keys alone. It is small,
 * because a thousand hosts in one process hold every address of their networks a thousand times,
 * which none of a thousand machines does: eight bytes an entry, and each text once in the process.
 */
final class Table {
  private static final String[] NONE = {};
  private String[] keys = NONE;
  private String[] values;

  private Table(boolean valued) {
    values = valued ? NONE : null;
  }

  static Table of(Map<String, String> entries) {
    var t = new Table(true);
    var sorted = entries.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList();
    t.keys = sorted.stream().map(e -> e.getKey().intern()).toArray(String[]::new);
    t.values = sorted.stream().map(e -> e.getValue().intern()).toArray(String[]::new);
    return t;
  }

  static Table of(List<String> keys) {
    var t = new Table(false);
    t.keys = keys.stream().distinct().sorted().map(String::intern).toArray(String[]::new);
    return t;
  }

  List<String> keys() {
    return List.of(keys);
  }

  Map<String, String> entries() {
    var out = new LinkedHashMap<String, String>();
    for (int i = 0; i < keys.length; i++) {
      out.put(keys[i], values[i]);
    }
    return out;
  }

  void add(String key) {
    put(key, null);
  }

  void put(String key, String value) {
    int at = Arrays.binarySearch(keys, key);
    if (at < 0) {
      at = -at - 1;
      keys = grown(keys, at);
      keys[at] = key.intern();
      if (values != null) {
        values = grown(values, at);
      }
    }
    if (values != null) {
      values[at] = value.intern();
    }
  }

  void remove(String key) {
    int at = Arrays.binarySearch(keys, key);
    if (at >= 0) {
      keys = without(keys, at);
      if (values != null) {
        values = without(values, at);
      }
    }
  }

  private static String[] grown(String[] old, int at) {
    var now = Arrays.copyOf(old, old.length + 1);
    System.arraycopy(old, at, now, at + 1, old.length - at);
    return now;
  }

  private static String[] without(String[] old, int at) {
    var now = Arrays.copyOf(old, old.length - 1);
    System.arraycopy(old, at + 1, now, at, now.length - at);
    return now;
  }
}
