package welkin.network.resource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.http.policy.PolicyEngine;
import welkin.store.Sql;

/**
 * Who may do what to a noun: the rule of the verb, and for each attribute given the rule of that
 * attribute where there is one ({@code create_network:shared}).
 */
public final class Access {
  private final PolicyEngine policy;

  public Access(PolicyEngine policy) {
    this.policy = policy;
  }

  /** Whether lists are not narrowed to the caller's project. */
  public boolean seesAll(Caller caller) {
    return policy.allows("context_is_admin", caller, Map.of()) || caller.hasRole("service");
  }

  public boolean isAdmin(Caller caller) {
    return seesAll(caller);
  }

  boolean has(String rule) {
    return policy.has(rule);
  }

  public boolean allows(String rule, Caller caller, Map<String, ?> target) {
    return policy.allows(rule, caller, target);
  }

  /** A document as a policy target. */
  public Map<String, Object> target(Sql sql, Caller caller, Noun noun, ObjectNode document) {
    var t = new HashMap<String, Object>();
    fill(t, document);
    noun.target(sql, caller, document, t);
    return t;
  }

  /** The target that a target becomes with a document that was made or changed as it allowed. */
  static Map<String, Object> after(Map<String, Object> target, ObjectNode document) {
    var t = new HashMap<>(target);
    fill(t, document);
    return t;
  }

  private static void fill(Map<String, Object> target, ObjectNode document) {
    document.forEachEntry((k, v) -> target.put(k, plain(v)));
    target.put("tenant_id", target.get("project_id"));
  }

  /** The documents of a page as policy targets. */
  List<Map<String, Object>> targets(Sql sql, Caller caller, Noun noun, List<Resource> page) {
    var out = new ArrayList<Map<String, Object>>();
    for (var r : page) {
      var t = new HashMap<String, Object>();
      fill(t, r.document());
      out.add(t);
    }
    noun.targets(sql, caller, page, out);
    return out;
  }

  private static Object plain(JsonNode v) {
    return v.isString() ? v.stringValue() : v.isBoolean() ? v.asBoolean() : v.isNull() ? null : v;
  }

  /** Refuses to make what the caller may not; the target that was allowed. */
  Map<String, Object> create(
      Sql sql, Caller caller, Noun noun, ObjectNode body, ObjectNode values) {
    var name = noun.attributes().singular();
    var rules = new ArrayList<String>();
    rules.add("create_" + name);
    body.forEachEntry(
        (k, v) -> {
          if (values.has(k) && noun.attributes().explicit(k, values.get(k))) {
            attributeRules("create_" + name, k, values.get(k), rules);
          }
        });
    var target = target(sql, caller, noun, values);
    check(rules, caller, target);
    return target;
  }

  /**
   * Refuses to change what the caller may see.
   *
   * @param target of the resource as it is; as it will be afterwards
   */
  void update(Caller caller, Noun noun, Map<String, Object> target, ObjectNode changes) {
    var name = noun.attributes().singular();
    var rules = new ArrayList<String>();
    rules.add("update_" + name);
    changes.forEachEntry(
        (k, v) -> {
          attributeRules("update_" + name, k, v, rules);
          target.put(k, plain(v));
        });
    check(rules, caller, target);
  }

  /** Refuses {@code rule} on a resource: as unknown when the caller may not even see it. */
  public void act(Sql sql, Caller caller, Noun noun, Resource current, String rule) {
    var target = target(sql, caller, noun, current.document());
    see(caller, noun, current, target);
    check(List.of(rule), caller, target);
  }

  /** Refuses to show a resource. */
  public Map<String, Object> see(Sql sql, Caller caller, Noun noun, Resource current) {
    var target = target(sql, caller, noun, current.document());
    see(caller, noun, current, target);
    return target;
  }

  private void see(Caller caller, Noun noun, Resource current, Map<String, Object> target) {
    if (!policy.allows("get_" + noun.attributes().singular(), caller, target)) {
      throw noun.notFound(current.id());
    }
  }

  /** Takes out of a document what the caller may not see. */
  public void hide(Caller caller, Noun noun, ObjectNode document, Map<String, ?> target) {
    var prefix = "get_" + noun.attributes().singular() + ":";
    List<String> gone = new ArrayList<>();
    document
        .propertyNames()
        .forEach(
            k -> {
              if (policy.has(prefix + k) && !policy.allows(prefix + k, caller, target)) {
                gone.add(k);
              }
            });
    gone.forEach(document::remove);
  }

  /** How many of the hidden attributes a caller sees: all, none, or some. */
  int seen(Caller caller, String singular, Set<String> hidden, Map<String, ?> target) {
    int seen = 0;
    for (var h : hidden) {
      var rule = "get_" + singular + ":" + h;
      if (!policy.has(rule) || policy.allows(rule, caller, target)) {
        seen++;
      }
    }
    return seen;
  }

  private void attributeRules(String verb, String attribute, JsonNode value, List<String> rules) {
    var rule = verb + ":" + attribute;
    if (policy.has(rule)) {
      rules.add(rule);
    }
    if (value instanceof ObjectNode o) {
      partRules(rule, o, rules);
    } else if (value.isArray()) {
      value.forEach(
          e -> {
            if (e instanceof ObjectNode o) {
              partRules(rule, o, rules);
            }
          });
    }
  }

  private void partRules(String rule, ObjectNode parts, List<String> rules) {
    parts
        .propertyNames()
        .forEach(
            p -> {
              var r = rule + ":" + p;
              if (policy.has(r) && !rules.contains(r)) {
                rules.add(r);
              }
            });
  }

  private void check(List<String> rules, Caller caller, Map<String, ?> target) {
    for (var r : rules) {
      if (!policy.allows(r, caller, target)) {
        throw Faults.policy(rules.toArray(String[]::new));
      }
    }
  }
}
