package welkin.compute.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** What stored texts mean that are read again and again: parsed once. */
final class Parsed<T> {
  /** More of them start over. */
  private static final int MANY = 2_000;

  /** Longer ones are rare, and not worth the memory. */
  private static final int LONG = 4_096;

  private final Map<String, T> known = new ConcurrentHashMap<>();
  private final Function<String, T> parse;

  Parsed(Function<String, T> parse) {
    this.parse = parse;
  }

  T of(String text) {
    if (text == null || text.length() > LONG) {
      return parse.apply(text);
    }
    if (known.size() > MANY) {
      known.clear();
    }
    return known.computeIfAbsent(text, parse);
  }
}
