package welkin.http;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * What a request body must look like, said once for all microversions and worded, when it does not,
 * as upstream's JSON Schemas word it. Shapes are immutable: every modifier answers a new one, so
 * constants can be shared and refined.
 *
 * <pre>{@code
 * static final Shape CREATE = Shape.object()
 *     .required("keypair", Shape.object()
 *         .required("name", Shape.string().length(1, 255).name())
 *         .optional("type", Shape.string().oneOf("ssh", "x509")).since("type", v(2, 2))
 *         .optional("public_key", Shape.string().length(0, 65535))
 *         .noOthers())
 *     .noOthers();
 * }</pre>
 */
public abstract sealed class Shape
    permits ObjectShape, ArrayShape, StringShape, NumberShape, BoolShape, ChoiceShape, AnyShape {
  private boolean nullable;
  private boolean secret;
  private Style style = Style.NOVA;

  Shape() {}

  Shape(Shape from) {
    nullable = from.nullable;
    secret = from.secret;
    style = from.style;
  }

  public static ObjectShape object() {
    return new ObjectShape();
  }

  public static ArrayShape array(Shape items) {
    return new ArrayShape(items);
  }

  public static StringShape string() {
    return new StringShape();
  }

  public static NumberShape integer() {
    return new NumberShape(true);
  }

  public static NumberShape number() {
    return new NumberShape(false);
  }

  public static BoolShape bool() {
    return new BoolShape();
  }

  /** Anything at all. */
  public static Shape any() {
    return new AnyShape(false);
  }

  /** Null and nothing else, as the body of an action without parameters. */
  public static Shape nothing() {
    return new AnyShape(true);
  }

  /** At least one of several. */
  public static Shape anyOf(Shape... shapes) {
    return new ChoiceShape(List.of(shapes), false);
  }

  /** Exactly one of several. */
  public static Shape oneOf(Shape... shapes) {
    return new ChoiceShape(List.of(shapes), true);
  }

  /** Null is fine too. */
  public Shape nullable() {
    var s = copy();
    s.nullable = true;
    return s;
  }

  /** The value is never repeated in a message. */
  public Shape secret() {
    var s = copy();
    s.secret = true;
    return s;
  }

  /** In whose words this shape, as the shape of a whole body, refuses; Compute's when not said. */
  public Shape said(Style words) {
    var s = copy();
    s.style = words;
    return s;
  }

  /** Refuses a body that does not fit with a 400 {@link Fault} in the words of {@link #said}. */
  public void check(JsonNode body, Version version) {
    check(body, version, style);
  }

  /** Refuses a body that does not fit, naming the field, with a 400 {@link Fault}. */
  public void check(JsonNode body, Version version, Style style) {
    var wrong = violation(body, version);
    if (wrong != null) {
      throw Fault.badRequest(style.render(wrong)).with("path", String.join("/", wrong.path()));
    }
  }

  /**
   * The first thing wrong with a body, or null; upstream too reports the first only.
   *
   * @param version null for a service without microversions
   */
  public Violation violation(JsonNode body, Version version) {
    return validate(null, body, version == null ? Version.HIGHEST : version);
  }

  /** This shape at one version as JSON Schema (2020-12, what OpenAPI 3.1 takes). */
  public final ObjectNode toJsonSchema(Version version) {
    var schema = schema(version == null ? Version.HIGHEST : version);
    if (secret) {
      schema.put("format", "password");
    }
    if (nullable && schema.get("type") instanceof StringNode type) {
      schema.putArray("type").add(type).add("null");
      if (schema.get("enum") instanceof tools.jackson.databind.node.ArrayNode values) {
        values.addNull();
      }
    } else if (nullable && schema.has("type")) {
      schema.withArray("type").add("null");
    } else if (nullable && schema.has("anyOf")) {
      schema.withArray("anyOf").addObject().put("type", "null");
    }
    return schema;
  }

  final Violation validate(Violation.At at, JsonNode value, Version version) {
    if (nullable && absent(value)) {
      return null;
    }
    var wrong = inspect(at, value, version);
    if (wrong != null && secret) {
      var path = at == null ? List.<String>of() : at.path();
      if (wrong.path().equals(path)) {
        return new Violation(
            path,
            StringNode.valueOf("***"),
            wrong.rule(),
            wrong.reason().replace(PythonText.repr(value), "'***'"),
            wrong.complete());
      }
    }
    return wrong;
  }

  abstract Violation inspect(Violation.At at, JsonNode value, Version version);

  abstract ObjectNode schema(Version version);

  abstract Shape copy();

  static boolean absent(JsonNode value) {
    return value == null || value.isNull() || value.isMissingNode();
  }

  /** The violation of a value that is of none of the types. */
  final Violation notOfType(Violation.At at, JsonNode value, String... types) {
    var names = new ArrayList<String>();
    for (var t : types) {
      names.add(PythonText.repr(t));
    }
    if (nullable) {
      names.add("'null'");
    }
    return Violation.of(
        at, value, "type", PythonText.repr(value) + " is not of type " + String.join(", ", names));
  }

  static ObjectNode typed(String type) {
    return Json.object().put("type", type);
  }

  /** How a violation is said. A service whose words differ from these gives its own. */
  @FunctionalInterface
  public interface Style {
    /** Compute: {@code Invalid input for field/attribute name. Value: . '' is too short}. */
    Style NOVA =
        v ->
            v.complete() || v.field() == null
                ? v.reason()
                : "Invalid input for field/attribute "
                    + v.field()
                    + ". Value: "
                    + PythonText.str(v.value())
                    + ". "
                    + v.reason();

    /** Compute, for query parameters: the outermost name is the parameter's. */
    Style NOVA_QUERY =
        v ->
            v.path().isEmpty()
                ? v.reason()
                : "Invalid input for query parameters "
                    + v.path().getFirst()
                    + ". Value: "
                    + PythonText.str(v.value())
                    + ". "
                    + v.reason();

    /** Identity: {@code Invalid input for field 'user/name': '' is too short}. */
    Style KEYSTONE =
        v ->
            v.path().isEmpty()
                ? v.reason()
                : "Invalid input for field '" + String.join("/", v.path()) + "': " + v.reason();

    /** Placement: {@code JSON does not validate: 'name' is a required property}. */
    Style PLACEMENT = v -> "JSON does not validate: " + v.reason();

    /** {@code name: '' is too short}. */
    Style PLAIN =
        v -> v.path().isEmpty() ? v.reason() : String.join(".", v.path()) + ": " + v.reason();

    String render(Violation violation);
  }
}
