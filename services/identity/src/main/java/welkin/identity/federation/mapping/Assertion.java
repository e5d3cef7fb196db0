package welkin.identity.federation.mapping;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an identity provider says of somebody who logged in there: attributes by name, each with its
 * values. Whoever makes one has verified it.
 */
public record Assertion(Map<String, List<String>> attributes) {
  public Assertion {
    attributes = Map.copyOf(attributes);
  }

  /** One in the form in which web servers pass it on: several values with {@code ;} between. */
  public static Assertion of(Map<String, String> attributes) {
    var out = new LinkedHashMap<String, List<String>>();
    attributes.forEach((name, value) -> out.put(name, List.of(value.split(";", -1))));
    return new Assertion(out);
  }

  /** Empty when it does not say. */
  public List<String> values(String name) {
    return attributes.getOrDefault(name, List.of());
  }

  /** The first value; null when it does not say. */
  public String value(String name) {
    var all = values(name);
    return all.isEmpty() ? null : all.getFirst();
  }
}
