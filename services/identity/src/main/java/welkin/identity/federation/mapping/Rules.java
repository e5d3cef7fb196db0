package welkin.identity.federation.mapping;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.core.Regex;
import welkin.http.Violation;

/**
 * Applies the rules of a mapping to an assertion, as keystone's documentation describes it: every
 * rule whose remote conditions all hold gives its local part, with the values of its remote parts
 * that are no conditions put in place of {@code {0}}, {@code {1}} and so on.
 */
public final class Rules {
  static final List<String> CONDITIONS =
      List.of("any_one_of", "not_any_of", "blacklist", "whitelist");
  private static final String JSON = "JSON:";

  private final Mapping mapping;

  private final LinkedHashSet<String> groupIds = new LinkedHashSet<>();
  private final List<Mapped.Group> groupNames = new ArrayList<>();
  private List<Mapped.Project> projects = List.of();
  private Mapped.User user;
  private Mapped.Domain domain;
  private boolean any;

  private Rules(Mapping mapping) {
    this.mapping = mapping;
  }

  /**
   * @throws Fault 401 when no rule gives anything, or one cannot be followed
   */
  public static Mapped apply(Mapping mapping, Assertion assertion) {
    var rules = new Rules(mapping);
    for (var rule : mapping.rules()) {
      matches(rule.get("remote"), assertion)
          .ifPresent(values -> rule.get("local").forEach(local -> rules.add(local, values)));
    }
    return rules.mapped();
  }

  /** The values to put in place; empty when a condition does not hold. */
  private static Optional<List<List<String>>> matches(JsonNode remote, Assertion assertion) {
    var out = new ArrayList<List<String>>();
    for (var part : remote) {
      var values = assertion.values(part.get("type").stringValue());
      if (values.isEmpty()) {
        return Optional.empty();
      }
      if (part.has("any_one_of")) {
        if (fitting(part, "any_one_of", values).isEmpty()) {
          return Optional.empty();
        }
      } else if (part.has("not_any_of")) {
        if (!fitting(part, "not_any_of", values).isEmpty()) {
          return Optional.empty();
        }
      } else if (part.has("blacklist")) {
        var fitting = fitting(part, "blacklist", values);
        out.add(values.stream().filter(v -> !fitting.contains(v)).distinct().toList());
      } else if (part.has("whitelist")) {
        out.add(fitting(part, "whitelist", values).stream().distinct().toList());
      } else {
        out.add(values);
      }
    }
    return Optional.of(out);
  }

  private static List<String> fitting(JsonNode part, String condition, List<String> values) {
    var wanted = new ArrayList<String>();
    part.get(condition).forEach(w -> wanted.add(w.asString("")));
    if (!part.path("regex").asBoolean(false)) {
      return values.stream().filter(wanted::contains).toList();
    }
    var expressions = wanted.stream().map(RuleShapes::expression).toList();
    try {
      return values.stream()
          .filter(v -> expressions.stream().anyMatch(e -> Regex.find(e, v)))
          .toList();
    } catch (Fault tooLong) {
      throw Fault.unauthorized(tooLong.getMessage());
    }
  }

  private void add(JsonNode local, List<List<String>> values) {
    any = true;
    var ownDomain = domain(local.get("domain"), values);
    if (ownDomain != null) {
      domain = ownDomain;
    }
    if (user == null && local.get("user") instanceof ObjectNode u && !u.isEmpty()) {
      user =
          new Mapped.User(
              text(u.get("id"), values),
              text(u.get("name"), values),
              text(u.get("email"), values),
              "local".equals(Json.string(u, "type")),
              domain(u.get("domain"), values));
    }
    if (local.get("group") instanceof ObjectNode g) {
      if (g.has("id")) {
        groupIds.add(text(g.get("id"), values));
      } else {
        groupNames.add(
            new Mapped.Group(text(g.get("name"), values), domain(g.get("domain"), values)));
      }
    }
    if (local.has("groups")) {
      texts(local.get("groups"), values).forEach(name -> groupNames.add(group(name, ownDomain)));
    }
    if (local.has("group_ids")) {
      groupIds.addAll(texts(local.get("group_ids"), values));
    }
    if (local.has("projects") || local.has("projects_json")) {
      projects = projects(local, values, ownDomain);
    }
  }

  /** A value may be a group and its domain itself, in JSON. */
  private Mapped.Group group(String name, Mapped.Domain domain) {
    if (name.startsWith(JSON)) {
      var given = parsed(name.substring(JSON.length()));
      if (given.path("domain") instanceof ObjectNode d && given.path("name").isString()) {
        return new Mapped.Group(
            given.get("name").stringValue(),
            new Mapped.Domain(Json.string(d, "id"), Json.string(d, "name")));
      }
    } else if (domain != null) {
      return new Mapped.Group(name, domain);
    }
    throw Fault.unauthorized(
        "Invalid rule in mapping "
            + mapping.id()
            + ": Both 'groups' and 'domain' keywords must be specified.");
  }

  private List<Mapped.Project> projects(
      JsonNode local, List<List<String>> values, Mapped.Domain domain) {
    var out = new ArrayList<Mapped.Project>();
    for (var key : List.of("projects", "projects_json")) {
      var given = local.get(key);
      if (given != null) {
        boolean told = given.isString();
        var list = told ? parsed(text(given, values)) : given;
        if (told) {
          checkTold(list);
        }
        for (var p : list) {
          var roles = new ArrayList<String>();
          p.get("roles").forEach(r -> roles.add(put(r.get("name"), values, told)));
          var own = told ? said(p.get("domain")) : domain(p.get("domain"), values);
          out.add(
              new Mapped.Project(
                  put(p.get("name"), values, told),
                  own == null && !mapping.schemaVersion().equals("1.0") ? domain : own,
                  roles));
        }
      }
    }
    return out;
  }

  private static void checkTold(JsonNode projects) {
    try {
      RuleShapes.PROJECTS_2.check(projects, null, Violation::reason);
    } catch (Fault f) {
      throw Fault.unauthorized("The projects that the identity provider named: " + f.getMessage());
    }
  }

  /** What a provider said itself is not a template. */
  private String put(JsonNode node, List<List<String>> values, boolean told) {
    return told ? node.stringValue() : text(node, values);
  }

  private static Mapped.Domain said(JsonNode given) {
    return given == null
        ? null
        : new Mapped.Domain(Json.string(given, "id"), Json.string(given, "name"));
  }

  private Mapped.Domain domain(JsonNode given, List<List<String>> values) {
    return given == null
        ? null
        : new Mapped.Domain(text(given.get("id"), values), text(given.get("name"), values));
  }

  private String text(JsonNode template, List<List<String>> values) {
    return template == null
        ? null
        : Template.text(template.stringValue(), values).orElseThrow(this::direct);
  }

  private List<String> texts(JsonNode template, List<List<String>> values) {
    return Template.texts(template.stringValue(), values).orElseThrow(this::direct);
  }

  private Fault direct() {
    return Fault.unauthorized(
        "Local section in mapping "
            + mapping.id()
            + " refers to a remote match that doesn't exist (e.g. {0} in a local section).");
  }

  private static JsonNode parsed(String text) {
    try {
      return Json.parse(text);
    } catch (RuntimeException e) {
      throw Fault.unauthorized("A value that should be JSON is not.");
    }
  }

  private Mapped mapped() {
    if (!any) {
      throw Fault.unauthorized(
          "Could not map any federated user properties to identity values. Check debug logs or the"
              + " mapping used for additional details.");
    }
    var u = user == null ? new Mapped.User(null, null, null, false, null) : user;
    if (!mapping.schemaVersion().equals("1.0") && u.domain() == null) {
      u = new Mapped.User(u.id(), u.name(), u.email(), u.local(), domain);
    }
    return new Mapped(
        u,
        groupIds,
        groupNames.stream().distinct().toList(),
        projects,
        mapping.schemaVersion().equals("3.0"));
  }
}
