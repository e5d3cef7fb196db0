package welkin.http;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** One of several shapes. */
final class ChoiceShape extends Shape {
  private final List<Shape> shapes;
  private final boolean exactlyOne;

  ChoiceShape(List<Shape> shapes, boolean exactlyOne) {
    this.shapes = shapes;
    this.exactlyOne = exactlyOne;
  }

  private ChoiceShape(ChoiceShape from) {
    super(from);
    shapes = from.shapes;
    exactlyOne = from.exactlyOne;
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    int fits = 0;
    for (var s : shapes) {
      if (s.validate(at, value, version) == null) {
        fits++;
        if (!exactlyOne) {
          return null;
        }
      }
    }
    if (fits == 1) {
      return null;
    }
    return fits == 0
        ? Violation.of(
            at,
            value,
            exactlyOne ? "oneOf" : "anyOf",
            PythonText.repr(value) + " is not valid under any of the given schemas")
        : Violation.of(
            at,
            value,
            "oneOf",
            PythonText.repr(value) + " is valid under more than one of the given schemas");
  }

  @Override
  ObjectNode schema(Version version) {
    var schema = Json.object();
    var list = schema.putArray(exactlyOne ? "oneOf" : "anyOf");
    shapes.forEach(s -> list.add(s.toJsonSchema(version)));
    return schema;
  }

  @Override
  Shape copy() {
    return new ChoiceShape(this);
  }
}
