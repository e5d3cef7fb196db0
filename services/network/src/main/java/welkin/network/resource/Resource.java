package welkin.network.resource;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;

/** A thing of the Network API: its document, in API attribute names, with every attribute. */
public final class Resource {
  private final ObjectNode document;

  public Resource(ObjectNode document) {
    this.document = document;
  }

  public ObjectNode document() {
    return document;
  }

  public String id() {
    return text("id");
  }

  /** The owner; empty for what belongs to the cloud itself. */
  public String projectId() {
    return text("project_id");
  }

  public String name() {
    return text("name");
  }

  public long revision() {
    return document.path("revision_number").asLong(0);
  }

  /** An attribute's text, or null. */
  public String text(String attribute) {
    return Json.string(document, attribute);
  }

  public boolean flag(String attribute) {
    return document.path(attribute).asBoolean(false);
  }

  public int number(String attribute) {
    return document.path(attribute).asInt(0);
  }

  /** The elements of a list attribute; empty when it is absent or null. */
  public List<JsonNode> list(String attribute) {
    var out = new ArrayList<JsonNode>();
    document.path(attribute).forEach(out::add);
    return out;
  }

  public List<String> texts(String attribute) {
    var out = new ArrayList<String>();
    document.path(attribute).forEach(n -> out.add(n.asString()));
    return out;
  }

  public Resource set(String attribute, String value) {
    document.put(attribute, value);
    return this;
  }

  public Resource set(String attribute, boolean value) {
    document.put(attribute, value);
    return this;
  }

  public Resource set(String attribute, long value) {
    document.put(attribute, value);
    return this;
  }

  public Resource set(String attribute, JsonNode value) {
    document.set(attribute, value);
    return this;
  }

  public Resource set(String attribute, List<String> values) {
    ArrayNode list = document.putArray(attribute);
    values.forEach(list::add);
    return this;
  }

  /** Takes over the changes of an update. */
  public Resource merge(ObjectNode changes) {
    document.setAll(changes);
    return this;
  }

  public Resource copy() {
    return new Resource(document.deepCopy());
  }
}
