package welkin.http;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What is wrong with a value.
 *
 * @param path names and indexes from the body down to the value; empty for the body itself
 * @param value what stands there, null when nothing does
 * @param rule the name of the rule broken, JSON Schema's word: type, required, minLength ...
 * @param reason why, in python-jsonschema's words, e.g. {@code '' is too short}
 * @param complete whether the reason is a whole sentence that needs no field in front of it
 */
public record Violation(
    List<String> path, JsonNode value, String rule, String reason, boolean complete) {

  /** The innermost name or index, or null for the body itself. */
  public String field() {
    return path.isEmpty() ? null : path.getLast();
  }

  /** Where a value stands, without a list being built until something is wrong. */
  record At(At parent, String key) {
    List<String> path() {
      var path = new ArrayList<String>();
      for (var at = this; at != null; at = at.parent) {
        path.addFirst(at.key);
      }
      return path;
    }
  }

  static Violation of(At at, JsonNode value, String rule, String reason) {
    return new Violation(at == null ? List.of() : at.path(), value, rule, reason, false);
  }
}
