package welkin.http;

import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** True or false. */
public final class BoolShape extends Shape {
  private static final List<String> YES =
      List.of("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t");
  private static final List<String> NO =
      List.of("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f");
  private static final String CHOICES = "[True, " + quoted(YES) + ", False, " + quoted(NO) + "]";

  private boolean lenient;

  BoolShape() {}

  private BoolShape(BoolShape from) {
    super(from);
    lenient = from.lenient;
  }

  /** Also the texts Compute takes for a boolean: {@code "true"}, {@code "on"}, {@code "1"} ... */
  public BoolShape lenient() {
    var s = copy();
    s.lenient = true;
    return s;
  }

  /** What a checked value means, texts included; the fallback when it is absent. */
  public static boolean read(JsonNode value, boolean fallback) {
    return absent(value)
        ? fallback
        : value.isBoolean() ? value.booleanValue() : YES.contains(value.asString());
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    if (value != null && value.isBoolean()) {
      return null;
    }
    if (!lenient) {
      return notOfType(at, value, "boolean");
    }
    if (value == null || !value.isString()) {
      return notOfType(at, value, "boolean", "string");
    }
    var s = value.stringValue();
    return YES.contains(s) || NO.contains(s)
        ? null
        : Violation.of(at, value, "enum", PythonText.repr(value) + " is not one of " + CHOICES);
  }

  @Override
  ObjectNode schema(Version version) {
    if (!lenient) {
      return typed("boolean");
    }
    var schema = typed("boolean");
    schema.putArray("type").add("boolean").add("string");
    var values = schema.putArray("enum").add(true);
    YES.forEach(values::add);
    values.add(false);
    NO.forEach(values::add);
    return schema;
  }

  @Override
  BoolShape copy() {
    return new BoolShape(this);
  }

  private static String quoted(List<String> words) {
    return "'" + String.join("', '", words) + "'";
  }
}
