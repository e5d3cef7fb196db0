package welkin.http;

import java.math.BigDecimal;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A number; {@link Shape#integer()} or {@link Shape#number()}. An integer is one of 32 bits unless
 * its least or greatest value says otherwise, any other number a double: no column and no handler
 * is given what it cannot hold.
 */
public final class NumberShape extends Shape {
  private static final BigDecimal LEAST = BigDecimal.valueOf(Integer.MIN_VALUE);
  private static final BigDecimal GREATEST = BigDecimal.valueOf(Integer.MAX_VALUE);
  private static final BigDecimal LARGEST = new BigDecimal(Double.MAX_VALUE);

  private final boolean whole;
  private BigDecimal min;
  private BigDecimal max;
  private boolean lenient;

  NumberShape(boolean whole) {
    this.whole = whole;
  }

  private NumberShape(NumberShape from) {
    super(from);
    whole = from.whole;
    min = from.min;
    max = from.max;
    lenient = from.lenient;
  }

  public NumberShape min(long least) {
    return min(BigDecimal.valueOf(least));
  }

  public NumberShape min(BigDecimal least) {
    var s = copy();
    s.min = least;
    return s;
  }

  public NumberShape max(long most) {
    return max(BigDecimal.valueOf(most));
  }

  public NumberShape max(BigDecimal most) {
    var s = copy();
    s.max = most;
    return s;
  }

  public NumberShape range(long least, long most) {
    return min(least).max(most);
  }

  /** Also texts that read as such a number, as Compute takes them. */
  public NumberShape lenient() {
    var s = copy();
    s.lenient = true;
    return s;
  }

  /** What a checked integer is, texts included; the fallback when it is absent. */
  public static long read(JsonNode value, long fallback) {
    return absent(value) ? fallback : new BigDecimal(value.asString()).longValue();
  }

  @Override
  Violation inspect(Violation.At at, JsonNode value, Version version) {
    boolean ok = value != null && (whole ? value.isIntegralNumber() : value.isNumber());
    BigDecimal n;
    if (ok) {
      n = value.decimalValue();
    } else if (!lenient) {
      return notOfType(at, value, kind());
    } else if (value == null || !value.isString()) {
      return notOfType(at, value, kind(), "string");
    } else if (value.stringValue().isEmpty()) {
      return Violation.of(at, value, "minLength", "'' is too short");
    } else if (!form().matcher(value.stringValue()).matches()
        || value.stringValue().length() > 100) {
      return Violation.of(
          at,
          value,
          "pattern",
          PythonText.repr(value) + " does not match " + PythonText.repr(pattern()));
    } else {
      n = new BigDecimal(value.stringValue());
    }
    var least = min != null ? min : whole ? LEAST : LARGEST.negate();
    if (n.compareTo(least) < 0) {
      return Violation.of(
          at, value, "minimum", n.toPlainString() + " is less than the minimum of " + least);
    }
    var greatest = max != null ? max : whole ? GREATEST : LARGEST;
    if (n.compareTo(greatest) > 0) {
      return Violation.of(
          at, value, "maximum", n.toPlainString() + " is greater than the maximum of " + greatest);
    }
    return null;
  }

  private String kind() {
    return whole ? "integer" : "number";
  }

  private static final Pattern UNSIGNED = Pattern.compile("[0-9]*");
  private static final Pattern SIGNED = Pattern.compile("-?[0-9]+");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  private Pattern form() {
    return !whole ? DECIMAL : min != null && min.signum() >= 0 ? UNSIGNED : SIGNED;
  }

  private String pattern() {
    return "^" + form().pattern() + "$";
  }

  @Override
  ObjectNode schema(Version version) {
    var schema = typed(kind());
    if (lenient) {
      schema.putArray("type").add(kind()).add("string");
      schema.put("pattern", pattern());
      schema.put("minLength", 1);
    }
    if (min != null) {
      schema.put("minimum", min);
    }
    if (max != null) {
      schema.put("maximum", max);
    }
    return schema;
  }

  @Override
  NumberShape copy() {
    return new NumberShape(this);
  }
}
