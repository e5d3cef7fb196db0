package welkin.http;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** Anything, or null only. */
final class AnyShape extends Shape {
  private final boolean nullOnly;

  AnyShape(boolean nullOnly) {
    this.nullOnly = nullOnly;
  }

  private AnyShape(AnyShape from) {
    super(from);
    nullOnly = from.nullOnly;
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    return nullOnly && !absent(value) ? notOfType(at, value, "null") : null;
  }

  @Override
  ObjectNode schema(Version version) {
    return nullOnly ? typed("null") : Json.object();
  }

  @Override
  Shape copy() {
    return new AnyShape(this);
  }
}
