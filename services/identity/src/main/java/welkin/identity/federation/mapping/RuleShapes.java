package welkin.identity.federation.mapping;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Regex;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.http.Violation;

/**
 * The shapes of rules, by schema version (keystone's "Mapping Combinations" and its schemas 1.0 to
 * 3.0), said in python-jsonschema's words.
 */
final class RuleShapes {
  private static final Shape DOMAIN =
      Shape.object().optional("id", Shape.string()).optional("name", Shape.string()).noOthers();
  private static final Shape ROLES =
      Shape.array(Shape.object().required("name", Shape.string()).noOthers());
  static final Shape PROJECTS_2 = Shape.array(project().optional("domain", DOMAIN).noOthers());
  private static final Map<String, Shape> BY_VERSION =
      Map.of(
          "1.0", mapping(local(Shape.array(project().noOthers()))),
          "2.0", mapping(local(PROJECTS_2)),
          "3.0",
              mapping(
                  local(Shape.anyOf(PROJECTS_2, Shape.string()))
                      .optional("projects_json", Shape.string())));

  private RuleShapes() {}

  private static ObjectShape project() {
    return Shape.object().required("name", Shape.string()).required("roles", ROLES);
  }

  private static ObjectShape local(Shape projects) {
    return Shape.object()
        .optional(
            "user",
            Shape.object()
                .optional("id", Shape.string())
                .optional("name", Shape.string())
                .optional("email", Shape.string())
                .optional("domain", DOMAIN)
                .optional("type", Shape.string().oneOf("ephemeral", "local"))
                .noOthers())
        .optional("projects", projects)
        .optional(
            "group",
            Shape.oneOf(
                Shape.object().required("id", Shape.string()).noOthers(),
                Shape.object()
                    .required("name", Shape.string())
                    .required("domain", DOMAIN)
                    .noOthers()))
        .optional("groups", Shape.string())
        .optional("group_ids", Shape.string())
        .optional("domain", DOMAIN);
  }

  private static Shape mapping(ObjectShape local) {
    var remote =
        Shape.oneOf(
            Shape.object().required("type", Shape.string()).noOthers(),
            condition("any_one_of"),
            condition("not_any_of"),
            condition("blacklist"),
            condition("whitelist"));
    var rule =
        Shape.object()
            .required("local", Shape.array(local.noOthers()))
            .required("remote", Shape.array(remote).min(1))
            .noOthers();
    return Shape.object()
        .required("rules", Shape.array(rule).min(1))
        .optional("schema_version", Shape.string());
  }

  private static Shape condition(String name) {
    return Shape.object()
        .required("type", Shape.string())
        .required(name, Shape.array(Shape.any()))
        .optional("regex", Shape.bool())
        .noOthers();
  }

  /**
   * @throws Fault 400 for a version nobody knows, rules of another shape, or an expression that is
   *     none
   */
  static void check(JsonNode mapping, String version) {
    var shape = BY_VERSION.get(version);
    if (shape == null) {
      throw Fault.badRequest(
          "Invalid input for field 'schema_version': '"
              + version
              + "' is not one of ['1.0', '2.0', '3.0']");
    }
    shape.check(mapping, null, Violation::reason);
    mapping.get("rules").forEach(rule -> rule.get("remote").forEach(RuleShapes::checkExpressions));
  }

  private static void checkExpressions(JsonNode remote) {
    if (remote.path("regex").asBoolean(false)) {
      for (var name : Rules.CONDITIONS) {
        remote.path(name).forEach(e -> expression(e.asString("")));
      }
    }
  }

  /** Python's named groups are written otherwise. */
  static Pattern expression(String text) {
    try {
      return Regex.compile(text.replace("(?P<", "(?<"), 0);
    } catch (PatternSyntaxException e) {
      throw Fault.badRequest("'" + text + "' is not a regular expression: " + e.getDescription());
    }
  }
}
