package welkin.agents.network;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Small numbers for ids, the same as long as the id is kept; a freed one rests as long as can be.
 */
final class Numbers {
  private static final int MAX = 65_535;
  private final Map<String, Integer> byId = new HashMap<>();
  private int last;

  /** Takes over a number given in an earlier life. */
  void adopt(String id, int number) {
    byId.put(id, number);
    last = Math.max(last, number);
  }

  int of(String id) {
    return byId.computeIfAbsent(
        id,
        x -> {
          var taken = new java.util.HashSet<>(byId.values());
          do {
            last = last >= MAX ? 1 : last + 1;
          } while (taken.contains(last));
          return last;
        });
  }

  boolean has(String id) {
    return byId.containsKey(id);
  }

  void retain(Collection<String> ids) {
    byId.keySet().retainAll(ids);
  }
}
