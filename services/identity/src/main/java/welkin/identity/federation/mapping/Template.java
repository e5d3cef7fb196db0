package welkin.identity.federation.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A text of a rule's local part with places for values: {@code {0}}, {@code {1}}; a brace itself is
 * doubled. Values are never read as templates or lists themselves: what a user can have written at
 * the provider must not become more than a text.
 */
final class Template {
  private static final Pattern PLACE = Pattern.compile("\\{\\{|}}|\\{(\\d{0,4})}");
  private static final Pattern WHOLE = Pattern.compile("\\{(\\d{1,4})}");
  private static final Pattern ITEM =
      Pattern.compile("\\s*(?:'((?:[^'\\\\]|\\\\.)*)'|\"((?:[^\"\\\\]|\\\\.)*)\")\\s*(,|$)");

  private Template() {}

  /** The text with the values in place; empty when there is no such value. */
  static Optional<String> text(String template, List<List<String>> values) {
    var m = PLACE.matcher(template);
    var out = new StringBuilder();
    int next = 0;
    int at = 0;
    while (m.find()) {
      out.append(template, at, m.start());
      at = m.end();
      if (m.group(1) == null) {
        out.append(m.group().charAt(0));
        continue;
      }
      int i = m.group(1).isEmpty() ? next++ : Integer.parseInt(m.group(1));
      if (i >= values.size()) {
        return Optional.empty();
      }
      out.append(written(values.get(i)));
    }
    return Optional.of(out.append(template, at, template.length()).toString());
  }

  /** The values a template stands for: all of those it names, or a list written out in a rule. */
  static Optional<List<String>> texts(String template, List<List<String>> values) {
    var whole = WHOLE.matcher(template);
    if (whole.matches()) {
      int i = Integer.parseInt(whole.group(1));
      return i < values.size() ? Optional.of(values.get(i)) : Optional.empty();
    }
    if (!PLACE.matcher(template).find()) {
      return Optional.of(constants(template));
    }
    return text(template, values).map(List::of);
  }

  /** A list as Python writes it, else the one text. */
  private static List<String> constants(String text) {
    var trimmed = text.strip();
    if (!trimmed.startsWith("[") || !trimmed.endsWith("]")) {
      return List.of(text);
    }
    var inner = trimmed.substring(1, trimmed.length() - 1);
    var out = new ArrayList<String>();
    var m = ITEM.matcher(inner);
    int at = 0;
    while (at < inner.length()) {
      if (!m.find(at) || m.start() != at) {
        return inner.isBlank() ? List.of() : List.of(text);
      }
      out.add((m.group(1) != null ? m.group(1) : m.group(2)).replaceAll("\\\\(.)", "$1"));
      at = m.end();
    }
    return out;
  }

  /** One value as it is, several as Python writes a list. */
  private static String written(List<String> values) {
    if (values.size() == 1) {
      return values.getFirst();
    }
    var out = new StringBuilder("[");
    for (var v : values) {
      out.append(out.length() > 1 ? ", " : "");
      out.append('\'').append(v.replace("\\", "\\\\").replace("'", "\\'")).append('\'');
    }
    return out.append(']').toString();
  }
}
