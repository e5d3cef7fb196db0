package welkin.http;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An object. Fields come with version windows: outside its window a field is one that does not
 * exist. The same name may be declared several times with windows that do not overlap.
 */
public final class ObjectShape extends Shape {
  private record Field(String name, Shape shape, boolean required, Version since, Version until) {
    boolean in(Version v) {
      return v.within(since, until);
    }
  }

  private record Pairs(Pattern key, Shape shape) {}

  private List<Field> fields = List.of();
  private List<Pairs> patterns = List.of();
  private boolean closed;
  private Version closedSince;
  private int min;
  private int max = Integer.MAX_VALUE;

  ObjectShape() {}

  private ObjectShape(ObjectShape from) {
    super(from);
    fields = from.fields;
    patterns = from.patterns;
    closed = from.closed;
    closedSince = from.closedSince;
    min = from.min;
    max = from.max;
  }

  public ObjectShape required(String name, Shape shape) {
    return field(new Field(name, shape, true, null, null));
  }

  public ObjectShape optional(String name, Shape shape) {
    return field(new Field(name, shape, false, null, null));
  }

  private ObjectShape field(Field f) {
    var s = copy();
    s.fields = new ArrayList<>(fields);
    s.fields.add(f);
    return s;
  }

  /** The first version of the field of this name declared last. */
  public ObjectShape since(String name, Version first) {
    return window(name, first, null);
  }

  /** The last version of the field of this name declared last. */
  public ObjectShape until(String name, Version last) {
    return window(name, null, last);
  }

  private ObjectShape window(String name, Version since, Version until) {
    var s = copy();
    s.fields = new ArrayList<>(fields);
    for (int i = fields.size() - 1; i >= 0; i--) {
      var f = fields.get(i);
      if (f.name().equals(name)) {
        s.fields.set(
            i,
            new Field(
                name,
                f.shape(),
                f.required(),
                since == null ? f.since() : since,
                until == null ? f.until() : until));
        return s;
      }
    }
    throw new IllegalArgumentException("no field '" + name + "' declared");
  }

  /** Fields that are not declared are refused. */
  public ObjectShape noOthers() {
    var s = copy();
    s.closed = true;
    return s;
  }

  /** From a version on, fields that are not declared are refused; before it they are ignored. */
  public ObjectShape noOthersSince(Version first) {
    var s = copy();
    s.closed = true;
    s.closedSince = first;
    return s;
  }

  /** Fields not declared whose name matches; other names are refused. */
  public ObjectShape patternOthers(String keyRegex, Shape shape) {
    var s = copy();
    s.patterns = new ArrayList<>(patterns);
    s.patterns.add(new Pairs(Pattern.compile(keyRegex), shape));
    s.closed = true;
    return s;
  }

  /** Least number of fields. */
  public ObjectShape minProps(int least) {
    var s = copy();
    s.min = least;
    return s;
  }

  /** Greatest number of fields. */
  public ObjectShape maxProps(int most) {
    var s = copy();
    s.max = most;
    return s;
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    if (value == null || !value.isObject()) {
      return notOfType(at, value, "object");
    }
    if (value.size() < min) {
      return Violation.of(
          at, value, "minProperties", PythonText.repr(value) + " does not have enough properties");
    }
    if (value.size() > max) {
      return Violation.of(
          at, value, "maxProperties", PythonText.repr(value) + " has too many properties");
    }
    // the order python-jsonschema meets upstream's schemas: properties, required, the others
    for (var f : fields) {
      var v = value.get(f.name());
      if (v != null && f.in(version)) {
        var wrong = f.shape().validate(new Violation.At(at, f.name()), v, version);
        if (wrong != null) {
          return wrong;
        }
      }
    }
    for (var f : fields) {
      if (f.required() && f.in(version) && !value.has(f.name())) {
        return Violation.of(
            at, value, "required", PythonText.repr(f.name()) + " is a required property");
      }
    }
    return closed || !patterns.isEmpty() ? others(at, value, version) : null;
  }

  private Violation others(Violation.At at, JsonNode value, Version version) {
    List<String> unexpected = null;
    names:
    for (var e : value.properties()) {
      for (var f : fields) {
        if (f.name().equals(e.getKey()) && f.in(version)) {
          continue names;
        }
      }
      boolean matched = false;
      for (var p : patterns) {
        if (p.key().matcher(e.getKey()).find()) {
          matched = true;
          var wrong = p.shape().validate(new Violation.At(at, e.getKey()), e.getValue(), version);
          if (wrong != null) {
            return wrong;
          }
        }
      }
      if (!matched) {
        unexpected = unexpected == null ? new ArrayList<>() : unexpected;
        unexpected.add(e.getKey());
      }
    }
    if (unexpected == null || closedSince != null && version.before(closedSince)) {
      return null;
    }
    boolean one = unexpected.size() == 1;
    var names =
        unexpected.stream().sorted().map(PythonText::repr).collect(Collectors.joining(", "));
    return Violation.of(
        at,
        value,
        "additionalProperties",
        patterns.isEmpty()
            ? "Additional properties are not allowed ("
                + names
                + (one ? " was" : " were")
                + " unexpected)"
            : names
                + (one ? " does" : " do")
                + " not match any of the regexes: "
                + patterns.stream()
                    .map(p -> PythonText.repr(p.key().pattern()))
                    .sorted()
                    .collect(Collectors.joining(", ")));
  }

  @Override
  ObjectNode schema(Version version) {
    var schema = typed("object");
    var here = fields.stream().filter(f -> f.in(version)).toList();
    if (!here.isEmpty()) {
      var properties = schema.putObject("properties");
      here.forEach(f -> properties.set(f.name(), f.shape().toJsonSchema(version)));
    }
    var needed = here.stream().filter(Field::required).map(Field::name).toList();
    if (!needed.isEmpty()) {
      var required = schema.putArray("required");
      needed.forEach(required::add);
    }
    if (!patterns.isEmpty()) {
      var pairs = schema.putObject("patternProperties");
      patterns.forEach(p -> pairs.set(p.key().pattern(), p.shape().toJsonSchema(version)));
    }
    if (closed && (closedSince == null || version.atLeast(closedSince))) {
      schema.put("additionalProperties", false);
    }
    if (min > 0) {
      schema.put("minProperties", min);
    }
    if (max < Integer.MAX_VALUE) {
      schema.put("maxProperties", max);
    }
    return schema;
  }

  @Override
  ObjectShape copy() {
    return new ObjectShape(this);
  }
}
