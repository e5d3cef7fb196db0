package welkin.http;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A text. */
public final class StringShape extends Shape {
  private int min;
  private int max = Integer.MAX_VALUE;
  private Pattern pattern;
  private String human;
  private List<String> choices;
  private String format;
  private Predicate<String> formatTest;
  private boolean allowEmpty;
  private String nameRule;
  private Predicate<String> nameTest;

  StringShape() {}

  private StringShape(StringShape from) {
    super(from);
    min = from.min;
    max = from.max;
    pattern = from.pattern;
    human = from.human;
    choices = from.choices;
    format = from.format;
    formatTest = from.formatTest;
    allowEmpty = from.allowEmpty;
    nameRule = from.nameRule;
    nameTest = from.nameTest;
  }

  /** Least and greatest length in characters (code points, as Python counts). */
  public StringShape length(int least, int most) {
    var s = copy();
    s.min = least;
    s.max = most;
    return s;
  }

  /** A regular expression found in the text; anchor it yourself. */
  public StringShape pattern(String regex) {
    return pattern(regex, null);
  }

  /**
   * @param message the whole message when it is not found, instead of one that shows the expression
   */
  public StringShape pattern(String regex, String message) {
    var s = copy();
    s.pattern = Pattern.compile(regex);
    s.human = message;
    return s;
  }

  public StringShape oneOf(String... values) {
    var s = copy();
    s.choices = List.of(values);
    return s;
  }

  /** uuid, ip, ipv4, ipv6, cidr, mac, date-time, uri, base64 or hostname; see {@link Formats}. */
  public StringShape format(String name) {
    var s = copy();
    s.format = name;
    s.formatTest = Formats.of(name);
    return s;
  }

  /** The empty text is fine whatever the format says. */
  public StringShape orEmpty() {
    var s = copy();
    s.allowEmpty = true;
    return s;
  }

  /** Compute's names: printable, no blanks at the ends. */
  public StringShape name() {
    var s = copy();
    s.nameRule = "printable characters. Can not start or end with whitespace.";
    s.nameTest = t -> printable(t) && t.equals(t.strip());
    return s;
  }

  private static boolean printable(String text) {
    return text.codePoints().allMatch(c -> Formats.printable(c) || Character.isSpaceChar(c));
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    if (value == null || !value.isString()) {
      return notOfType(at, value, "string");
    }
    var text = value.stringValue();
    if (choices != null && !choices.contains(text)) {
      return Violation.of(
          at,
          value,
          "enum",
          PythonText.repr(value)
              + " is not one of "
              + choices.stream().map(PythonText::repr).collect(Collectors.joining(", ", "[", "]")));
    }
    // counting code points is needed only near the limits
    int length = text.length() > max || min > 0 ? text.codePointCount(0, text.length()) : min;
    if (length < min) {
      return Violation.of(at, value, "minLength", PythonText.repr(value) + " is too short");
    }
    if (length > max) {
      return Violation.of(at, value, "maxLength", PythonText.repr(value) + " is too long");
    }
    if (allowEmpty && text.isEmpty()) {
      return null;
    }
    if (pattern != null && !pattern.matcher(text).find()) {
      return human != null
          ? new Violation(path(at), value, "pattern", human, true)
          : Violation.of(
              at,
              value,
              "pattern",
              PythonText.repr(value) + " does not match " + PythonText.repr(pattern.pattern()));
    }
    if (formatTest != null && !formatTest.test(text)) {
      return Violation.of(
          at, value, "format", PythonText.repr(value) + " is not a " + PythonText.repr(format));
    }
    if (nameTest != null && !nameTest.test(text)) {
      return new Violation(
          path(at),
          value,
          "format",
          "An invalid 'name' value was provided. The name must be: " + nameRule,
          true);
    }
    return null;
  }

  private static List<String> path(Violation.At at) {
    return at == null ? List.of() : at.path();
  }

  @Override
  ObjectNode schema(Version version) {
    var schema = typed("string");
    if (min > 0) {
      schema.put("minLength", min);
    }
    if (max < Integer.MAX_VALUE) {
      schema.put("maxLength", max);
    }
    if (pattern != null) {
      schema.put("pattern", pattern.pattern());
    }
    if (format != null) {
      schema.put("format", format);
    }
    if (choices != null) {
      var values = schema.putArray("enum");
      choices.forEach(values::add);
    }
    return schema;
  }

  @Override
  StringShape copy() {
    return new StringShape(this);
  }
}
