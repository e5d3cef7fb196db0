package welkin.identity.shared;

import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/**
 * The attributes of a create or update request, known ones by name and the rest as the extras that
 * keystone keeps with most of its resources and gives back as they came.
 */
public final class Attributes {
  private final ObjectNode body;

  public Attributes(ObjectNode body) {
    this.body = body;
  }

  public boolean has(String name) {
    return body.has(name);
  }

  /** A text; null when it is absent or null. */
  public String text(String name) {
    return Json.string(body, name);
  }

  /** A text of an update: what was, when the request does not name it. */
  public String text(String name, String was) {
    return body.has(name) ? Json.string(body, name) : was;
  }

  /** A whole number; null when it is absent or null. */
  public Integer number(String name) {
    var v = body.get(name);
    return v == null || !v.isNumber() ? null : v.intValue();
  }

  public boolean flag(String name, boolean otherwise) {
    var v = body.get(name);
    return v == null || v.isNull() ? otherwise : v.booleanValue();
  }

  public JsonNode get(String name) {
    return body.get(name);
  }

  /** An object; empty when it is absent. */
  public ObjectNode object(String name) {
    return body.get(name) instanceof ObjectNode o ? o : Json.object();
  }

  /** Everything that is neither known nor made by the service, laid over what was. */
  public ObjectNode extra(ObjectNode was, Set<String> known) {
    var out = was == null ? Json.object() : was.deepCopy();
    body.forEachEntry(
        (k, v) -> {
          if (!known.contains(k) && !k.equals("id") && !k.equals("links")) {
            out.set(k, v);
          }
        });
    return out;
  }

  /** Options of an update: a null takes one away. */
  public ObjectNode options(ObjectNode was) {
    var out = was == null ? Json.object() : was.deepCopy();
    object("options")
        .forEachEntry(
            (k, v) -> {
              if (v.isNull()) {
                out.remove(k);
              } else {
                out.set(k, v);
              }
            });
    return out;
  }

  /** Whether an update takes an option away or sets it to false. */
  public boolean lifts(String option) {
    var v = object("options").get(option);
    return v != null && !v.asBoolean(false);
  }

  public static ObjectNode object(JsonNode node) {
    return node instanceof ObjectNode o ? o : Json.object();
  }
}
