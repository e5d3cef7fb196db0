package welkin.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
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
import tools.jackson.databind.node.NumericNode;
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
          .nodeFactory(new FiniteNumbers())
          .build();

  private Json() {}

  /**
   * A number that is none once it is read ({@code 1e999}) could be neither compared nor repeated.
   */
  private static final class FiniteNumbers extends JsonNodeFactory {
    private static final long serialVersionUID = 1L;

    @Override
    public NumericNode numberNode(double v) {
      if (!Double.isFinite(v)) {
        throw Fault.badRequest("Malformed JSON: a number is larger than any that is understood.");
      }
      return super.numberNode(v);
    }
  }

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

  /**
   * Parses a document; malformed input is a 400 {@link Fault}. Malformed is what Jackson lets pass,
   * too: bytes that are no UTF-8 (RFC 8259, 8.1), and half a character, which JSON can say as
   * {@code "\\ud800"} but no UTF-8 can, so that nobody could store or repeat it.
   */
  public static JsonNode parse(byte[] bytes) {
    try {
      boolean ascii = true;
      for (int i = 0; ascii && i < bytes.length; i++) {
        ascii = bytes[i] > 0;
      }
      var node = ascii ? MAPPER.readTree(bytes) : MAPPER.readTree(decoded(bytes));
      if (mayHoldHalves(bytes)) {
        refuseHalves(node);
      }
      return node;
    } catch (JacksonException e) {
      throw Fault.badRequest("Malformed request body: " + why(e));
    } catch (CharacterCodingException e) {
      throw Fault.badRequest("Malformed request body: it is not UTF-8.");
    }
  }

  /** Strictly: Jackson takes overlong forms. */
  private static String decoded(byte[] bytes) throws CharacterCodingException {
    var text = UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return text.startsWith("\ufeff") ? text.substring(1) : text;
  }

  public static JsonNode parse(String text) {
    try {
      var node = MAPPER.readTree(text);
      if (text.contains("\\u") || !isWhole(text)) {
        refuseHalves(node);
      }
      return node;
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

  /** Whether there is an escape of a surrogate: rarely, so that trees are rarely walked. */
  private static boolean mayHoldHalves(byte[] bytes) {
    for (int i = 0; i + 2 < bytes.length; i++) {
      if (bytes[i] == '\\' && bytes[i + 1] == 'u' && (bytes[i + 2] | 32) == 'd') {
        return true;
      }
    }
    return false;
  }

  private static void refuseHalves(JsonNode node) {
    if (node.isString()) {
      refuseHalves(node.stringValue());
    } else {
      node.forEachEntry(
          (key, value) -> {
            refuseHalves(key);
            refuseHalves(value);
          });
      if (node.isArray()) {
        node.forEach(Json::refuseHalves);
      }
    }
  }

  private static void refuseHalves(String text) {
    if (!isWhole(text)) {
      throw Fault.badRequest("Malformed JSON: a text has half a surrogate pair.");
    }
  }

  /** Whether a text has no half of a surrogate pair: whether UTF-8 can say it. */
  public static boolean isWhole(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (i + 1 == text.length()
            || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
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
