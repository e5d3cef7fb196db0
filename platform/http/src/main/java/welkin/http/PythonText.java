package welkin.http;

import tools.jackson.databind.JsonNode;

/** JSON values as Python writes them, because clients match on upstream's messages. */
final class PythonText {
  /** A message never carries more of a body than this. */
  private static final int LIMIT = 4096;

  private PythonText() {}

  /** Python's {@code repr()}: texts in quotes. */
  static String repr(JsonNode value) {
    var b = new StringBuilder();
    write(b, value);
    return cut(b.toString());
  }

  /** Python's {@code str()}: a text as it is, everything else as {@link #repr}. */
  static String str(JsonNode value) {
    if (value != null && value.isString()) {
      return cut(value.stringValue());
    }
    return repr(value);
  }

  /** Not within a character: half of one cannot be written. */
  private static String cut(String text) {
    if (text.length() <= LIMIT) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(LIMIT - 1)) ? LIMIT - 1 : LIMIT;
    return text.substring(0, end) + "...";
  }

  static String repr(String text) {
    var b = new StringBuilder();
    quote(b, text);
    return b.toString();
  }

  private static void write(StringBuilder b, JsonNode value) {
    if (b.length() > LIMIT) {
      return;
    }
    if (value == null || value.isNull() || value.isMissingNode()) {
      b.append("None");
    } else if (value.isString()) {
      quote(b, value.stringValue());
    } else if (value.isBoolean()) {
      b.append(value.booleanValue() ? "True" : "False");
    } else if (value.isObject()) {
      b.append('{');
      var comma = "";
      for (var e : value.properties()) {
        b.append(comma);
        quote(b, e.getKey());
        b.append(": ");
        write(b, e.getValue());
        comma = ", ";
      }
      b.append('}');
    } else if (value.isArray()) {
      b.append('[');
      var comma = "";
      for (var e : value) {
        b.append(comma);
        write(b, e);
        comma = ", ";
      }
      b.append(']');
    } else if (value.isFloatingPointNumber()) {
      b.append(floating(value.doubleValue()));
    } else {
      b.append(value.asString());
    }
  }

  /** Python switches to an exponent at 1e16 and below 1e-4, Java at 1e7 and below 1e-3. */
  private static String floating(double d) {
    double size = Math.abs(d);
    if (size != 0 && (size >= 1e16 || size < 1e-4)) {
      var s = Double.toString(d).replace(".0E", "E").replace("E", "e");
      int e = s.indexOf('e');
      if (e < 0) {
        return s;
      }
      var exponent = Integer.parseInt(s.substring(e + 1));
      return s.substring(0, e)
          + (exponent < 0 ? "e-" : "e+")
          + (Math.abs(exponent) < 10 ? "0" : "")
          + Math.abs(exponent);
    }
    var s = new java.math.BigDecimal(Double.toString(d)).toPlainString();
    return s.contains(".") ? s : s + ".0";
  }

  private static void quote(StringBuilder b, String text) {
    char q = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    b.append(q);
    text.codePoints()
        .limit(LIMIT)
        .forEach(
            c -> {
              if (c == q || c == '\\') {
                b.append('\\').append((char) c);
              } else if (c == '\n') {
                b.append("\\n");
              } else if (c == '\r') {
                b.append("\\r");
              } else if (c == '\t') {
                b.append("\\t");
              } else if (c == ' ' || Formats.printable(c)) {
                b.appendCodePoint(c);
              } else if (c < 0x100) {
                b.append("\\x%02x".formatted(c));
              } else if (c < 0x10000) {
                b.append("\\u%04x".formatted(c));
              } else {
                b.append("\\U%08x".formatted(c));
              }
            });
    b.append(q);
  }
}
