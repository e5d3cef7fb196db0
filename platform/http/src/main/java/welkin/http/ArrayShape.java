package welkin.http;

import java.util.HashSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A list. */
public final class ArrayShape extends Shape {
  private final Shape items;
  private int min;
  private int max = Integer.MAX_VALUE;
  private boolean unique;

  ArrayShape(Shape items) {
    this.items = items;
  }

  private ArrayShape(ArrayShape from) {
    super(from);
    items = from.items;
    min = from.min;
    max = from.max;
    unique = from.unique;
  }

  public ArrayShape min(int least) {
    var s = copy();
    s.min = least;
    return s;
  }

  public ArrayShape max(int most) {
    var s = copy();
    s.max = most;
    return s;
  }

  public ArrayShape unique() {
    var s = copy();
    s.unique = true;
    return s;
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    if (value == null || !value.isArray()) {
      return notOfType(at, value, "array");
    }
    int n = value.size();
    if (n < min) {
      return Violation.of(at, value, "minItems", PythonText.repr(value) + " is too short");
    }
    if (n > max) {
      return Violation.of(at, value, "maxItems", PythonText.repr(value) + " is too long");
    }
    for (int i = 0; i < n; i++) {
      var wrong = items.validate(new Violation.At(at, String.valueOf(i)), value.get(i), version);
      if (wrong != null) {
        return wrong;
      }
    }
    if (unique) {
      var seen = new HashSet<JsonNode>();
      for (var v : value) {
        if (!seen.add(v)) {
          return Violation.of(
              at, value, "uniqueItems", PythonText.repr(value) + " has non-unique elements");
        }
      }
    }
    return null;
  }

  @Override
  ObjectNode schema(Version version) {
    var schema = typed("array");
    schema.set("items", items.toJsonSchema(version));
    if (min > 0) {
      schema.put("minItems", min);
    }
    if (max < Integer.MAX_VALUE) {
      schema.put("maxItems", max);
    }
    if (unique) {
      schema.put("uniqueItems", true);
    }
    return schema;
  }

  @Override
  ArrayShape copy() {
    return new ArrayShape(this);
  }
}
