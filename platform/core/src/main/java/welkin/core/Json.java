package welkin.core;

import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one JSON mapper. Records in, records out; unknown fields are the edge's business and ignored
 * here.
 */
public final class Json {
  /** What the parser says of itself, e.g. {@code (start marker at [Source: REDACTED ...])}. */
  private static final Pattern INTERNALS =
      Pattern.compile("\\s*\\(?(?:start marker )?at \\[Source: [^\\]]*\\]\\)?");

  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .build();

  private Json() {}

  public static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  public static byte[] bytes(Object value) {
    return MAPPER.writeValueAsBytes(value);
  }

  public static String text(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /**
   * A document with a long list: each item becomes text as soon as it is a tree, so that a thousand
   * trees are never in memory together.
   *
   * @param name of the list
   * @param rest what comes after it
   */
  public static <T> byte[] listing(
      String name, Collection<T> items, Function<T, JsonNode> shown, ObjectNode rest) {
    var out = new ByteArrayOutputStream(1024 + items.size() * 2048);
    try (var json = MAPPER.createGenerator(out)) {
      json.writeStartObject();
      json.writeName(name);
      json.writeStartArray();
      for (var item : items) {
        MAPPER.writeTree(json, shown.apply(item));
      }
      json.writeEndArray();
      rest.forEachEntry(
          (key, value) -> {
            json.writeName(key);
            MAPPER.writeTree(json, value);
          });
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  /** Any value (record, map, list) as a tree. */
  public static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** Parses a document; malformed input is a 400 {@link Fault}. */
  public static JsonNode parse(byte[] bytes) {
    try {
      return MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      throw Fault.badRequest("Malformed request body: " + why(e));
    }
  }

  public static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw Fault.badRequest("Malformed JSON: " + why(e));
    }
  }

  /** What is wrong and where, without what only the parser's authors understand. */
  private static String why(JacksonException e) {
    var what = INTERNALS.matcher(String.valueOf(e.getOriginalMessage())).replaceAll("");
    var where = e.getLocation();
    return where == null || where.getLineNr() < 1
        ? what
        : what + " (line " + where.getLineNr() + ", column " + where.getColumnNr() + ")";
  }

  public static <T> T read(String text, Class<T> type) {
    return text == null ? null : MAPPER.readValue(text, type);
  }

  public static <T> T read(byte[] bytes, Class<T> type) {
    return MAPPER.readValue(bytes, type);
  }

  public static <T> T convert(Object value, Class<T> type) {
    return MAPPER.convertValue(value, type);
  }

  public static Map<String, String> stringMap(String text) {
    return text == null || text.isEmpty()
        ? Map.of()
        : MAPPER.readValue(text, new TypeReference<Map<String, String>>() {});
  }

  public static List<String> stringList(String text) {
    return text == null || text.isEmpty()
        ? List.of()
        : MAPPER.readValue(text, new TypeReference<List<String>>() {});
  }

  /** A field's text, or null when it is absent or null. */
  public static String string(JsonNode node, String field) {
    var v = node == null ? null : node.get(field);
    return v == null || v.isNull() ? null : v.isString() ? v.stringValue() : v.toString();
  }
}
