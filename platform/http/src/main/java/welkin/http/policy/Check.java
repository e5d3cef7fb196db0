package welkin.http.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import welkin.core.Caller;

/** One node of a compiled rule. Evaluation allocates nothing in the common cases. */
interface Check {
  boolean test(Caller caller, Map<String, ?> target);

  /** The check as it is written. */
  String text();

  /** Adds the leaves that decided the outcome: the true one of an or, the false one of an and. */
  default void why(Caller caller, Map<String, ?> target, List<String> into) {
    into.add(text() + (test(caller, target) ? " holds" : " does not hold"));
  }

  /** A leaf: its text and what it does. */
  record Leaf(String text, Test test) implements Check {
    @Override
    public boolean test(Caller caller, Map<String, ?> target) {
      return test.apply(caller, target);
    }
  }

  /** What a leaf does. */
  interface Test {
    boolean apply(Caller caller, Map<String, ?> target);
  }

  /** All of several. */
  record And(Check[] parts) implements Check {
    @Override
    public boolean test(Caller caller, Map<String, ?> target) {
      for (var p : parts) {
        if (!p.test(caller, target)) {
          return false;
        }
      }
      return true;
    }

    @Override
    public String text() {
      return join(parts, " and ");
    }

    @Override
    public void why(Caller caller, Map<String, ?> target, List<String> into) {
      for (var p : parts) {
        if (!p.test(caller, target)) {
          p.why(caller, target, into);
          return;
        }
      }
      for (var p : parts) {
        p.why(caller, target, into);
      }
    }
  }

  /** Any of several. */
  record Or(Check[] parts) implements Check {
    @Override
    public boolean test(Caller caller, Map<String, ?> target) {
      for (var p : parts) {
        if (p.test(caller, target)) {
          return true;
        }
      }
      return false;
    }

    @Override
    public String text() {
      return join(parts, " or ");
    }

    @Override
    public void why(Caller caller, Map<String, ?> target, List<String> into) {
      for (var p : parts) {
        if (p.test(caller, target)) {
          p.why(caller, target, into);
          return;
        }
      }
      for (var p : parts) {
        p.why(caller, target, into);
      }
    }
  }

  /** The opposite of one. */
  record Not(Check part) implements Check {
    @Override
    public boolean test(Caller caller, Map<String, ?> target) {
      return !part.test(caller, target);
    }

    @Override
    public String text() {
      return "not " + part.text();
    }
  }

  /** Another rule by name; bound after all rules are compiled. */
  final class Ref implements Check {
    private final String name;
    private Check rule;

    Ref(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }

    void bind(Check to) {
      rule = to;
    }

    @Override
    public boolean test(Caller caller, Map<String, ?> target) {
      return rule.test(caller, target);
    }

    @Override
    public String text() {
      return "rule:" + name;
    }

    @Override
    public void why(Caller caller, Map<String, ?> target, List<String> into) {
      var inner = new ArrayList<String>();
      rule.why(caller, target, inner);
      inner.forEach(s -> into.add("rule:" + name + ": " + s));
    }
  }

  private static String join(Check[] parts, String word) {
    var b = new StringBuilder("(");
    for (int i = 0; i < parts.length; i++) {
      b.append(i == 0 ? "" : word).append(parts[i].text());
    }
    return b.append(')').toString();
  }

  // ---- leaves ----

  static Check always() {
    return new Leaf("@", (c, t) -> true);
  }

  static Check never() {
    return new Leaf("!", (c, t) -> false);
  }

  static Check authenticated() {
    return new Leaf("any authenticated caller", (c, t) -> !c.isAnonymous());
  }

  /** {@code role:name}; the name may come from the target. Case does not matter. */
  static Check role(String text, String name) {
    var template = Template.of(name);
    if (template.constant() != null) {
      var wanted = template.constant();
      return new Leaf(text, (c, t) -> hasRole(c, wanted));
    }
    return new Leaf(
        text,
        (c, t) -> {
          var wanted = template.fill(t);
          return wanted != null && hasRole(c, wanted);
        });
  }

  private static boolean hasRole(Caller caller, String wanted) {
    var roles = caller.roles();
    for (int i = 0, n = roles.size(); i < n; i++) {
      if (roles.get(i).equalsIgnoreCase(wanted)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@code field:resource:name=value} and {@code field:resource:name=~regex} of Network: a field of
   * the target, never of the caller. A field that is absent or null does not match.
   */
  static Check field(String text, String match) {
    int colon = match.indexOf(':');
    int equals = match.indexOf('=', colon + 1);
    if (colon < 0 || equals < 0) {
      throw new IllegalArgumentException("'" + text + "': expected field:resource:name=value");
    }
    var key = Template.Key.of(match.substring(colon + 1, equals));
    var value = match.substring(equals + 1);
    if (value.startsWith("~")) {
      var regex = Pattern.compile(value.substring(1));
      return new Leaf(
          text,
          (c, t) -> {
            var v = key.find(t);
            return v != null && v != Template.ABSENT && regex.matcher(python(v)).lookingAt();
          });
    }
    return new Leaf(
        text,
        (c, t) -> {
          var v = key.find(t);
          return v != null && v != Template.ABSENT && python(v).equals(value);
        });
  }

  /**
   * {@code kind:match}: kind is a literal or an attribute of the caller, match a text with {@code
   * %(key)s} taken from the target. A key the target does not have makes the check false. An
   * attribute the caller does not have equals only a {@code None} that is written out; upstream
   * also lets it equal a null of the target, which would open what belongs to nobody.
   */
  static Check generic(String text, String kind, String match) {
    var template = Template.of(match);
    var literal = literal(kind);
    if (literal != null) {
      return new Leaf(text, (c, t) -> literal.equals(template.fill(t)));
    }
    var attribute = attribute(kind);
    if (template.constant() != null) {
      var constant = template.constant();
      return new Leaf(
          text,
          (c, t) -> {
            var v = attribute.apply(c);
            return constant.equals(v == null ? "None" : v);
          });
    }
    return new Leaf(
        text,
        (c, t) -> {
          var v = attribute.apply(c);
          return v != null && v.equals(template.fill(t));
        });
  }

  /** The text of a Python literal, or null when {@code kind} names an attribute. */
  private static String literal(String kind) {
    int n = kind.length();
    if (n >= 2 && (kind.charAt(0) == '\'' || kind.charAt(0) == '"')) {
      if (kind.charAt(n - 1) != kind.charAt(0)) {
        throw new IllegalArgumentException("unclosed quote in '" + kind + "'");
      }
      return kind.substring(1, n - 1);
    }
    if (kind.equals("None") || kind.equals("True") || kind.equals("False")) {
      return kind;
    }
    return !kind.isEmpty() && kind.chars().allMatch(Character::isDigit) ? kind : null;
  }

  /** Upstream's credential names; one that no caller ever has is a mistake in the rule. */
  private static Function<Caller, String> attribute(String kind) {
    return switch (kind) {
      case "user_id", "user", "token.user.id" -> Caller::userId;
      case "user_name", "token.user.name" -> Caller::userName;
      case "user_domain_id", "token.user.domain.id" -> Caller::userDomainId;
      case "project_id", "tenant_id", "tenant", "token.project.id" -> Caller::projectId;
      case "project_name", "token.project.name" -> Caller::projectName;
      case "project_domain_id", "token.project.domain.id" -> Caller::projectDomainId;
      case "domain_id", "token.domain.id" -> Caller::domainId;
      case "system_scope", "token.system.all" -> c -> c.system() ? "all" : null;
      case "is_admin_project" -> c -> "True";
      default ->
          throw new IllegalArgumentException(
              "'" + kind.toLowerCase(Locale.ROOT) + "' is nothing that is known of a caller");
    };
  }

  /** How Python would write a value of the target. */
  static String python(Object v) {
    return switch (v) {
      case null -> "None";
      case String s -> s;
      case Boolean b -> b ? "True" : "False";
      case Supplier<?> s -> python(s.get());
      default -> v.toString();
    };
  }
}
