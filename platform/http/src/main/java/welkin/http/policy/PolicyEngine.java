package welkin.http.policy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import welkin.core.Caller;
import welkin.core.Config;
import welkin.core.Fault;

/**
 * Policy rules of one service, compiled once and safe for all threads. A rule is an oslo.policy
 * check string: {@code and or not ( ) @ !}, {@code rule:x}, {@code role:x}, {@code
 * attribute:%(target.key)s}, {@code 'literal':%(key)s}, {@code None:%(key)s} and Network's {@code
 * field:resource:name=value}; empty means any authenticated caller.
 *
 * <p>A target is a map from key to value; values may be nested maps and may be {@link
 * java.util.function.Supplier}s, asked only when a check needs them (the owner of a parent, say).
 */
public final class PolicyEngine {
  private final Map<String, String> texts;
  private final Map<String, List<String>> scopeTypes;
  private final boolean enforceScope;
  private final Map<String, Check> rules;

  private PolicyEngine(
      Map<String, String> texts, Map<String, List<String>> scopeTypes, boolean enforceScope) {
    this.texts = texts;
    this.scopeTypes = scopeTypes;
    this.enforceScope = enforceScope;
    this.rules = compile(texts);
  }

  /**
   * @param rules rule name to check string
   * @throws IllegalArgumentException for a check that cannot be read, a reference to no rule, or
   *     rules that refer to one another in a circle
   */
  public static PolicyEngine of(Map<String, String> rules) {
    return new PolicyEngine(new LinkedHashMap<>(rules), Map.of(), false);
  }

  public static PolicyEngine of(PolicyTable table) {
    var scopes = new HashMap<String, List<String>>();
    table.rows().forEach(r -> scopes.put(r.rule(), r.scopeTypes()));
    return new PolicyEngine(table.checks(), scopes, false);
  }

  /**
   * This engine with an operator's {@code policy.yaml} ({@code "rule": "check"}) laid on top; a
   * missing file changes nothing. A name that is no rule of the service must be used by another
   * rule of the file, otherwise the file is refused and the nearest name suggested.
   */
  public PolicyEngine withOverrides(Path policyYaml) {
    if (policyYaml == null || !Files.exists(policyYaml)) {
      return this;
    }
    Object root;
    try {
      root =
          new Load(LoadSettings.builder().setLabel(policyYaml.toString()).build())
              .loadFromString(Files.readString(policyYaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (root == null) {
      return this;
    }
    if (!(root instanceof Map<?, ?> map)) {
      throw new IllegalArgumentException(policyYaml + ": expected lines of \"rule\": \"check\"");
    }
    var over = new LinkedHashMap<String, String>();
    map.forEach(
        (k, v) -> {
          if (v != null && !(v instanceof String)) {
            throw new IllegalArgumentException(
                policyYaml + ": the check of '" + k + "' must be a text");
          }
          over.put(String.valueOf(k), v == null ? "" : (String) v);
        });
    try {
      return withOverrides(over);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(policyYaml + ": " + e.getMessage(), e);
    }
  }

  /** This engine with some rules replaced; see {@link #withOverrides(Path)}. */
  public PolicyEngine withOverrides(Map<String, String> over) {
    var used = new HashSet<String>();
    for (var check : over.values()) {
      CheckParser.parse(
          check,
          name -> {
            used.add(name);
            return Check.never();
          },
          Check.never());
    }
    for (var name : over.keySet()) {
      if (!texts.containsKey(name) && !used.contains(name)) {
        throw new IllegalArgumentException(unknown(name, texts.keySet()));
      }
    }
    var all = new LinkedHashMap<>(texts);
    all.putAll(over);
    return new PolicyEngine(all, scopeTypes, enforceScope);
  }

  /**
   * This engine refusing tokens whose scope is none of the rule's scope types (oslo.policy's {@code
   * enforce_scope}).
   */
  public PolicyEngine enforcingScope(boolean enforce) {
    return new PolicyEngine(texts, scopeTypes, enforce);
  }

  /** The names of all rules, in the table's order. */
  public Set<String> rules() {
    return texts.keySet();
  }

  public boolean has(String rule) {
    return rules.containsKey(rule);
  }

  /** The check string in force for a rule, or null. */
  public String check(String rule) {
    return texts.get(rule);
  }

  /** The scope types stored for a rule. */
  public List<String> scopeTypes(String rule) {
    return scopeTypes.getOrDefault(rule, List.of());
  }

  /**
   * Whether a caller may.
   *
   * @throws IllegalArgumentException when there is no such rule: that is a mistake in the program
   */
  public boolean allows(String rule, Caller caller, Map<String, ?> target) {
    var check = rules.get(rule);
    if (check == null) {
      throw new IllegalArgumentException(unknown(rule, texts.keySet()));
    }
    return (!enforceScope || inScope(rule, caller)) && check.test(caller, target);
  }

  /** Refuses with 403 {@code Forbidden} unless the caller may. */
  public void enforce(String rule, Caller caller, Map<String, ?> target) {
    if (!allows(rule, caller, target)) {
      throw Fault.forbidden("Policy doesn't allow " + rule + " to be performed.");
    }
  }

  /**
   * An answer and the checks that decided it.
   *
   * @param because the deciding leaves with the rules they stand in, e.g. {@code
   *     rule:context_is_admin: role:admin does not hold}
   */
  public record Explanation(String rule, boolean allowed, String check, List<String> because) {
    @Override
    public String toString() {
      return rule + (allowed ? " is allowed: " : " is refused: ") + String.join("; ", because);
    }
  }

  /** Why {@link #allows} answers as it does. */
  public Explanation explain(String rule, Caller caller, Map<String, ?> target) {
    boolean allowed = allows(rule, caller, target);
    var because = new ArrayList<String>();
    if (enforceScope && !inScope(rule, caller)) {
      because.add("the token has " + scope(caller) + " scope, the rule needs " + scopeTypes(rule));
    } else {
      rules.get(rule).why(caller, target, because);
    }
    return new Explanation(rule, allowed, texts.get(rule), because.stream().distinct().toList());
  }

  private boolean inScope(String rule, Caller caller) {
    var wanted = scopeTypes(rule);
    return wanted.isEmpty() || wanted.contains(scope(caller));
  }

  private static String scope(Caller caller) {
    return caller.system() ? "system" : caller.domainId() != null ? "domain" : "project";
  }

  private static Map<String, Check> compile(Map<String, String> texts) {
    var refs = new ArrayList<Check.Ref>();
    var users = new HashMap<String, List<String>>();
    var compiled = new HashMap<String, Check>(texts.size() * 2);
    // is_admin is what the service's context_is_admin says; a context_is_admin that asks for
    // is_admin itself (or a service without one) means the admin role
    var adminRole = Check.role("role:admin", "admin");
    boolean aliased = texts.containsKey("context_is_admin");
    texts.forEach(
        (name, text) -> {
          var admin = adminRole;
          if (aliased && !name.equals("context_is_admin")) {
            var ref = new Check.Ref("context_is_admin");
            refs.add(ref);
            admin = ref;
          }
          compiled.put(
              name,
              CheckParser.parse(
                  text,
                  other -> {
                    if (!texts.containsKey(other)) {
                      throw new IllegalArgumentException(unknown(other, texts.keySet()));
                    }
                    users.computeIfAbsent(name, n -> new ArrayList<>()).add(other);
                    var ref = new Check.Ref(other);
                    refs.add(ref);
                    return ref;
                  },
                  admin));
          if (aliased && text.contains("is_admin:") && !name.equals("context_is_admin")) {
            users.computeIfAbsent(name, n -> new ArrayList<>()).add("context_is_admin");
          }
        });
    refs.forEach(r -> r.bind(compiled.get(r.name())));
    var done = new HashSet<String>();
    users.keySet().forEach(name -> refuseCircles(name, users, new ArrayList<>(), done));
    return compiled;
  }

  private static void refuseCircles(
      String name, Map<String, List<String>> users, List<String> path, Set<String> done) {
    if (path.contains(name)) {
      path.add(name);
      throw new IllegalArgumentException("policy rules in a circle: " + String.join(" -> ", path));
    }
    if (!done.contains(name)) {
      path.add(name);
      users.getOrDefault(name, List.of()).forEach(n -> refuseCircles(n, users, path, done));
      path.removeLast();
      done.add(name);
    }
  }

  private static String unknown(String name, Set<String> known) {
    var near = Config.nearest(name, known);
    return "unknown policy rule '"
        + name
        + "'"
        + (near == null ? "" : ", did you mean '" + near + "'?");
  }
}
