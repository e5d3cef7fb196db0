package welkin.network.resource;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * A noun's attribute table: what a request may give, what it becomes, and in which order an answer
 * shows it. Messages are upstream's.
 */
public final class Attributes {
  /**
   * @param fallback what a create that does not give it gets; null leaves it out
   */
  private record Attribute(
      String name,
      boolean post,
      boolean put,
      boolean required,
      Values.Reader reader,
      JsonNode fallback) {}

  private final String singular;
  private final String plural;
  private final Map<String, Attribute> table = new LinkedHashMap<>();

  /**
   * @param singular the key of one in a body, e.g. {@code port}
   * @param plural the key of many and the policy's and path's word, e.g. {@code ports}
   */
  public Attributes(String singular, String plural) {
    this.singular = singular;
    this.plural = plural;
    shown("id");
  }

  public String singular() {
    return singular;
  }

  public String plural() {
    return plural;
  }

  /** Owner; tags; times and revision, which only the service writes. */
  public Attributes standard() {
    post("tenant_id", Values.string(255), null);
    post("project_id", Values.string(255), null);
    shown("created_at").shown("updated_at");
    both("revision_number", Values.number(0, Integer.MAX_VALUE), null);
    return this;
  }

  /** Read-only. */
  public Attributes shown(String name) {
    table.put(name, new Attribute(name, false, false, false, Values.any(), null));
    return this;
  }

  /** Must be given on create, and stays. */
  public Attributes required(String name, Values.Reader reader) {
    table.put(name, new Attribute(name, true, false, true, reader, null));
    return this;
  }

  /** Given on create only. */
  public Attributes post(String name, Values.Reader reader, JsonNode fallback) {
    table.put(name, new Attribute(name, true, false, false, reader, fallback));
    return this;
  }

  /** Given on update only. */
  public Attributes put(String name, Values.Reader reader) {
    table.put(name, new Attribute(name, false, true, false, reader, null));
    return this;
  }

  public Attributes both(String name, Values.Reader reader, JsonNode fallback) {
    table.put(name, new Attribute(name, true, true, false, reader, fallback));
    return this;
  }

  public Attributes flag(String name, boolean fallback) {
    return both(name, Values.flag(), BooleanNode.valueOf(fallback));
  }

  public boolean has(String name) {
    return table.containsKey(name);
  }

  /** Reads the body of a create: defaults filled in, values in their kept form. */
  public ObjectNode create(JsonNode body) {
    var given = object(body);
    refuseUnknown(given);
    var out = Json.object();
    for (var a : table.values()) {
      var v = given.get(a.name);
      if (v == null) {
        if (a.required) {
          throw Faults.badRequest(
              "Failed to parse request. Required attribute '" + a.name + "' not specified");
        }
        if (a.fallback != null) {
          out.set(a.name, a.fallback.deepCopy());
        }
      } else if (!a.post) {
        throw Faults.badRequest("Attribute '" + a.name + "' not allowed in POST");
      } else {
        out.set(a.name, read(a, v));
      }
    }
    return out;
  }

  /** Reads the body of an update: only what was given. */
  public ObjectNode update(JsonNode body) {
    var given = object(body);
    refuseUnknown(given);
    var out = Json.object();
    given.forEachEntry(
        (name, v) -> {
          var a = table.get(name);
          if (!a.put) {
            throw Faults.badRequest("Cannot update read-only attribute " + name);
          }
          out.set(name, read(a, v));
        });
    return out;
  }

  /** Whether a create gave something else than what it would have got anyway. */
  public boolean explicit(String name, JsonNode value) {
    var a = table.get(name);
    return a == null || a.fallback == null || !a.fallback.equals(value);
  }

  /** A document in the table's order, whatever is not in the table at its end. */
  public ObjectNode ordered(ObjectNode document) {
    var out = Json.object();
    table.keySet().forEach(k -> copy(document, out, k));
    document.propertyNames().forEach(k -> copy(document, out, k));
    return out;
  }

  private static void copy(ObjectNode from, ObjectNode to, String key) {
    var v = from.get(key);
    if (v != null && !to.has(key)) {
      to.set(key, v);
    }
  }

  private ObjectNode object(JsonNode body) {
    if (body instanceof ObjectNode o) {
      return o;
    }
    throw Faults.badRequest("Invalid body: '" + singular + "' must be an object");
  }

  private void refuseUnknown(ObjectNode given) {
    List<String> unknown = new ArrayList<>();
    given
        .propertyNames()
        .forEach(
            k -> {
              if (!table.containsKey(k)) {
                unknown.add(k);
              }
            });
    if (!unknown.isEmpty()) {
      throw Faults.badRequest("Unrecognized attribute(s) '" + String.join(", ", unknown) + "'");
    }
  }

  private static JsonNode read(Attribute a, JsonNode v) {
    try {
      return a.reader.read(v);
    } catch (Values.Refused e) {
      throw invalid(a.name, e.getMessage());
    }
  }

  /** {@code Invalid input for NAME. Reason: WHY.} */
  public static Fault invalid(String name, String reason) {
    return Faults.badRequest("Invalid input for " + name + ". Reason: " + reason + ".");
  }
}
