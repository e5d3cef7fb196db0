package welkin.identity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * keystone's rules ({@code keystone-policies.tsv}: rule, check, scope types, operations), read and
 * judged here anew, so that a mistake in the program's own reading shows.
 */
final class UpstreamRules {
  private static final Pattern WORD =
      Pattern.compile(
          "\\(|\\)|[^\\s()]*%\\([^)]*\\)s|(?:'[^']*'|[^\\s()':%]+):[^\\s()]*|[^\\s()]+");

  private record Rule(String check, List<String> scopes) {}

  private final Map<String, Rule> rules = new LinkedHashMap<>();
  private final Map<String, String> byOperation = new HashMap<>();

  UpstreamRules() {
    for (var row : rows("keystone-policies.tsv")) {
      rules.put(
          row[0], new Rule(row[1], row[2].isEmpty() ? List.of() : List.of(row[2].split(","))));
      for (var operation : row[3].split(";")) {
        if (!operation.isBlank()) {
          byOperation.putIfAbsent(shape(operation.strip()), row[0]);
        }
      }
    }
  }

  /** The lines of a table beside this class, without comments. */
  static List<String[]> rows(String table) {
    try (var in = UpstreamRules.class.getResourceAsStream(table)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(l -> !l.isBlank() && !l.startsWith("#"))
          .map(l -> l.split("\t", -1))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String shape(String operation) {
    return operation.replaceAll("\\{[^}]*}", "{}");
  }

  /** The rule that guards a row, or null when upstream names none. */
  String of(String method, String path) {
    var rule = byOperation.get(shape(method + " " + path));
    if (rule == null && method.equals("HEAD")) {
      rule = byOperation.get(shape("GET " + path));
    }
    if (rule == null && method.equals("GET")) {
      rule = byOperation.get(shape("HEAD " + path));
    }
    return rule;
  }

  boolean has(String rule) {
    return rules.containsKey(rule);
  }

  String check(String rule) {
    return rules.get(rule).check;
  }

  /**
   * @param who what a token says: {@code user_id}, {@code domain_id}, {@code roles}...; a missing
   *     value is null
   * @param scope {@code project}, {@code domain} or {@code system}
   */
  boolean allows(String rule, Map<String, ?> who, String scope, Map<String, ?> target) {
    var r = rules.get(rule);
    return (r.scopes.isEmpty() || r.scopes.contains(scope)) && new Reader(r, who, target).whole();
  }

  private final class Reader {
    private final List<String> words = new ArrayList<>();
    private final Map<String, ?> who;
    private final Map<String, ?> target;
    private int at;

    Reader(Rule rule, Map<String, ?> who, Map<String, ?> target) {
      var found = WORD.matcher(rule.check);
      while (found.find()) {
        words.add(found.group());
      }
      this.who = who;
      this.target = target;
    }

    boolean whole() {
      boolean is = words.isEmpty() || either();
      if (at < words.size()) {
        throw new IllegalStateException("cannot read " + words + " after " + at);
      }
      return is;
    }

    private boolean next(String word) {
      if (at < words.size() && words.get(at).equals(word)) {
        at++;
        return true;
      }
      return false;
    }

    private boolean either() {
      boolean is = both();
      while (next("or")) {
        is |= both();
      }
      return is;
    }

    private boolean both() {
      boolean is = one();
      while (next("and")) {
        is &= one();
      }
      return is;
    }

    private boolean one() {
      if (next("not")) {
        return !one();
      }
      if (next("(")) {
        boolean is = either();
        if (!next(")")) {
          throw new IllegalStateException("no end of " + words);
        }
        return is;
      }
      return holds(words.get(at++));
    }

    private boolean holds(String leaf) {
      int colon =
          leaf.startsWith("'") ? leaf.indexOf(':', leaf.indexOf('\'', 1)) : leaf.indexOf(':');
      var kind = leaf.substring(0, colon);
      var match = leaf.substring(colon + 1);
      if (kind.equals("rule")) {
        return new Reader(rules.get(match), who, target).whole();
      }
      if (match.startsWith("%(")) {
        var key = match.substring(2, match.length() - 2);
        if (!target.containsKey(key)) {
          return false;
        }
        match = String.valueOf(target.get(key)).replace("null", "None");
      }
      return switch (kind) {
        case "role" -> ((List<?>) who.get("roles")).contains(match);
        case "is_admin" -> false;
        case "None" -> match.equals("None");
        default ->
            kind.startsWith("'")
                ? kind.equals("'" + match + "'")
                : who.containsKey(kind)
                    && String.valueOf(who.get(kind)).replace("null", "None").equals(match);
      };
    }
  }
}
