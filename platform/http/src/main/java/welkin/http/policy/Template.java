package welkin.http.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The right side of a check: text with {@code %(key)s}. Taken apart once; the usual case, one key
 * and nothing else, fills in without building a string.
 */
final class Template {
  /** What a key finds in a target that does not have it; null is a value that is there. */
  static final Object ABSENT = new Object();

  private final List<Object> parts;
  private final String constant;
  private final Key only;

  private Template(List<Object> parts) {
    this.parts = parts;
    this.constant =
        parts.isEmpty() ? "" : parts.size() == 1 && parts.getFirst() instanceof String s ? s : null;
    this.only = parts.size() == 1 && parts.getFirst() instanceof Key k ? k : null;
  }

  static Template of(String text) {
    var parts = new ArrayList<Object>();
    int at = 0;
    for (int open; (open = text.indexOf("%(", at)) >= 0; ) {
      int close = text.indexOf(")s", open);
      if (close < 0) {
        throw new IllegalArgumentException("'" + text + "': '%(' without ')s'");
      }
      if (open > at) {
        parts.add(text.substring(at, open));
      }
      parts.add(Key.of(text.substring(open + 2, close)));
      at = close + 2;
    }
    if (at < text.length()) {
      parts.add(text.substring(at));
    }
    return new Template(parts);
  }

  /** The text when it has no keys, otherwise null. */
  String constant() {
    return constant;
  }

  /** The text with the target's values, or null when the target lacks one of the keys. */
  String fill(Map<String, ?> target) {
    if (constant != null) {
      return constant;
    }
    if (only != null) {
      var v = only.find(target);
      return v == ABSENT ? null : Check.python(v);
    }
    var b = new StringBuilder();
    for (var p : parts) {
      if (p instanceof Key k) {
        var v = k.find(target);
        if (v == ABSENT) {
          return null;
        }
        b.append(Check.python(v));
      } else {
        b.append(p);
      }
    }
    return b.toString();
  }

  /**
   * A key of a target. It is looked up as it is written first; then, split at dots or at its first
   * colon, down nested maps. {@code tenant_id} and {@code project_id} stand for one another.
   */
  record Key(String name, String[] path, String twin) {
    static Key of(String name) {
      var path =
          name.indexOf('.') >= 0
              ? name.split("\\.")
              : name.indexOf(':') > 0 ? name.split(":", 2) : null;
      var twin =
          name.endsWith("tenant_id")
              ? name.substring(0, name.length() - 9) + "project_id"
              : name.endsWith("project_id")
                  ? name.substring(0, name.length() - 10) + "tenant_id"
                  : null;
      return new Key(name, path, twin);
    }

    Object find(Map<String, ?> target) {
      var v = target.get(name);
      if (v == null && !target.containsKey(name)) {
        v = path == null ? ABSENT : walk(target);
        if (v == ABSENT && twin != null) {
          v = target.get(twin);
          if (v == null && !target.containsKey(twin)) {
            return ABSENT;
          }
        }
      }
      return v instanceof Supplier<?> s ? s.get() : v;
    }

    private Object walk(Map<String, ?> target) {
      Object at = target;
      for (var step : path) {
        if (at instanceof Supplier<?> s) {
          at = s.get();
        }
        if (!(at instanceof Map<?, ?> m) || !m.containsKey(step)) {
          return ABSENT;
        }
        at = m.get(step);
      }
      return at;
    }
  }
}
