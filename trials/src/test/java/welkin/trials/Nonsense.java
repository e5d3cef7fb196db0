package welkin.trials;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Route;
import welkin.http.Version;

/**
 * Makes requests that nobody should send: the right fields with the wrong values, the wrong fields,
 * broken text, paths that lead elsewhere. What it says well it learned from the cloud's own
 * answers.
 */
final class Nonsense {
  private static final int KEPT = 12;

  /** What no text of ours can hold: written as it is meant when the body is text. */
  private static final String HALF = "@half@";

  private static final String HUGE = "@huge@";
  private static final List<String> WORDS =
      List.of(
          "",
          "x",
          "null",
          "true",
          "0",
          "-1",
          "1e999",
          "None",
          "nan",
          "*",
          "%",
          "'",
          "\"",
          "\\",
          "';DROP TABLE server;--",
          "../../etc/passwd",
          "/",
          "a/b",
          "a:b:c",
          "::",
          "0.0.0.0/0",
          "10.0.0.0/33",
          "300.1.1.1",
          "10.0.0.0/8",
          "fe80::1%eth0",
          "2001:db8::/129",
          "::/0",
          "ff:ff:ff:ff:ff:ff",
          "00:00:00:00:00:00:00",
          "2026-13-45T99:99:99Z",
          "9999999999999999",
          "\u0000",
          "a\u0000b",
          "\ud83d\ude00",
          "\ud800",
          "\u202e",
          "e\u0301",
          HALF,
          "a" + HALF,
          "x".repeat(256),
          "\ud83d\ude00".repeat(255),
          "\ud83d\ude00".repeat(256),
          "\ud83d\ude00".repeat(2100),
          "e\u0301 ",
          " x",
          "\u2003",
          "a.".repeat(30_000),
          "1:".repeat(30_000),
          "a/".repeat(30_000),
          "a,".repeat(30_000),
          " ".repeat(30_000),
          "(".repeat(3_000),
          "(.*a){25}$",
          "([a-z]+)*\\1$",
          "9".repeat(400),
          "y".repeat(70_000),
          ",",
          ",,",
          "&",
          "gt:5",
          "in:",
          "in:a,b",
          "neq:",
          "between:1,2",
          "http://[::1",
          "file:///etc/passwd",
          "UNSPECIFIED",
          "admin",
          "default",
          "{id}",
          "%s",
          "${jndi:x}",
          "00000000-0000-0000-0000-000000000000",
          "6f9619ff8b864d01b42d00cf4fc964ff");
  private static final List<String> LITERALS =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "-1",
          "1",
          "65536",
          "2147483648",
          "-9223372036854775809",
          "18446744073709551616",
          "1.5",
          "-0.0",
          "\"" + HUGE + "\"",
          "2147483647",
          "-2147483649",
          "9223372036854775807",
          "7347183502184283540",
          "1e308",
          "1e-400",
          "123456789012345678901234567890",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "{\"\": null}",
          "[{}]",
          "{\"a\": {\"b\": []}}");
  private static final List<String> QUERY =
      List.of(
          "limit",
          "marker",
          "sort_key",
          "sort_dir",
          "sort",
          "fields",
          "name",
          "id",
          "status",
          "all_tenants",
          "project_id",
          "tenant_id",
          "user_id",
          "changes-since",
          "changes-before",
          "page_reverse",
          "offset",
          "ip",
          "host",
          "flavor",
          "image",
          "reservation_id",
          "detailed",
          "start",
          "end",
          "resources",
          "required",
          "member_of",
          "group_policy",
          "root_required",
          "resources1",
          "required1",
          "same_subtree",
          "in_tree",
          "fixed_ips",
          "tags",
          "not-tags",
          "tags-any",
          "domain_id",
          "parent_id",
          "enabled",
          "effective",
          "include_names",
          "scope.project.id",
          "visibility",
          "size_min",
          "owner",
          "created_at",
          "updated_at",
          "is_public",
          "minDisk",
          "deleted",
          "availability_zone",
          "usage",
          "nocatalog");

  private final Random random;
  private final Map<String, List<JsonNode>> seen = new LinkedHashMap<>();
  private final List<String> names = new ArrayList<>();
  private final Map<String, List<String>> ids = new LinkedHashMap<>();

  Nonsense(Random random) {
    this.random = random;
  }

  /** Remembers names and values of an answer. */
  void learn(JsonNode node) {
    if (node.isObject()) {
      for (var e : node.properties()) {
        var values =
            seen.computeIfAbsent(
                e.getKey(),
                k -> {
                  names.add(k);
                  return new ArrayList<>();
                });
        if (values.size() < KEPT) {
          values.add(e.getValue());
        } else {
          values.set(random.nextInt(KEPT), e.getValue());
        }
        learn(e.getValue());
        id(e.getKey(), e.getValue().isArray() ? e.getValue().path(0) : e.getValue());
      }
    } else if (node.isArray() && !node.isEmpty()) {
      learn(node.get(random.nextInt(node.size())));
    }
  }

  /** What a thing of this kind goes by in paths. */
  private void id(String kind, JsonNode thing) {
    for (var field : List.of("id", "uuid", "name")) {
      if (thing.path(field).isString() || thing.path(field).isInt()) {
        var known = ids.computeIfAbsent(singular(kind), k -> new ArrayList<>());
        var id = thing.get(field).asString();
        if (!known.contains(id)) {
          if (known.size() == KEPT) {
            known.remove(random.nextInt(KEPT));
          }
          known.add(id);
        }
        return;
      }
    }
  }

  /** An id of something that a path's segment is about, or null when none is known. */
  String id(String segment) {
    var kind = singular(segment.replaceFirst("^os-", ""));
    var known = ids.get(kind);
    return known == null ? null : pick(known);
  }

  private static String singular(String kind) {
    return kind.replace('-', '_').replaceFirst("ies$", "y").replaceFirst("s$", "");
  }

  String word() {
    return pick(WORDS);
  }

  <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  /** A body for a row: mostly of its shape, or of the fields that answers have. */
  String body(Route row, Version version) {
    if (chance(3)) {
      return broken();
    }
    JsonNode inner;
    if (row.shape() != null) {
      inner = ofSchema(row.shape().toJsonSchema(version), 0);
      return text(row.action() != null && !inner.has(row.action()) ? wrapped(row, inner) : inner);
    }
    if (row.action() != null) {
      return text(wrapped(row, chance(50) ? likeAnAnswer() : value(0)));
    }
    if (chance(15)) {
      return text(value(0));
    }
    var segments = row.path().split("/");
    var last = segments[segments.length - 1];
    if (last.startsWith("{") && segments.length > 2) {
      last = segments[segments.length - 2];
    }
    var kind = singular(last.replaceFirst("^os-", ""));
    if (chance(25)) {
      return text(likeAnAnswer());
    }
    var whole = Json.object();
    if (chance(10)) {
      whole.putArray(kind + "s").add(likeAnAnswer()).add(likeAnAnswer());
    } else if (seen.getOrDefault(kind, List.of()).isEmpty() || chance(20)) {
      whole.set(kind, likeAnAnswer());
    } else {
      whole.set(kind, mutated(pick(seen.get(kind)), 0));
    }
    return text(whole);
  }

  private static ObjectNode wrapped(Route row, JsonNode inner) {
    return Json.object().set(row.action(), inner);
  }

  private String text(JsonNode node) {
    return Json.text(node)
        .replace(HALF, pick(List.of("\\ud800", "\\ude00", "\\ud83d\\ud83d")))
        .replace("\"" + HUGE + "\"", pick(List.of("1e400", "-1e999999999", "9".repeat(5_000))));
  }

  private String broken() {
    return switch (random.nextInt(7)) {
      case 0 -> "[".repeat(5_000);
      case 1 -> "{\"a\":".repeat(3_000) + "1" + "}".repeat(3_000);
      case 2 -> "{\"a\": 1, \"a\": 2}";
      case 3 -> "{\"n\": " + "9".repeat(5_000) + "}";
      case 4 -> "\ufeff{}";
      case 5 -> "{\"x\": \"\\ud800\"}";
      default -> "{\"x\": tru";
    };
  }

  private ObjectNode likeAnAnswer() {
    var out = Json.object();
    for (int i = random.nextInt(6); i >= 0 && !names.isEmpty(); i--) {
      var name = pick(names);
      out.set(name, chance(50) ? mutated(pick(seen.get(name)), 0) : value(0));
    }
    return out;
  }

  /** A value with a part of it changed. */
  private JsonNode mutated(JsonNode node, int depth) {
    if (chance(depth == 0 ? 4 : 12) || depth > 6) {
      return value(depth);
    }
    if (node.isObject()) {
      var out = Json.object();
      for (var e : node.properties()) {
        if (!chance(15)) {
          out.set(e.getKey(), mutated(e.getValue(), depth + 1));
        }
      }
      return out;
    }
    if (node.isArray()) {
      var out = Json.array();
      for (int i = 0; i < node.size() && i < 4; i++) {
        out.add(mutated(node.get(i), depth + 1));
        if (chance(10)) {
          out.add(value(depth + 1));
        }
      }
      return out;
    }
    return node;
  }

  private JsonNode value(int depth) {
    if (chance(40)) {
      return Json.parse(pick(LITERALS));
    }
    if (chance(60) || depth > 3 || names.isEmpty()) {
      return Json.tree(word());
    }
    return chance(50) ? pick(seen.get(pick(names))) : likeAnAnswer();
  }

  /** What a JSON Schema wants, now and then something else. */
  private JsonNode ofSchema(JsonNode schema, int depth) {
    if (chance(depth == 0 ? 2 : 10) || depth > 8) {
      return value(depth);
    }
    for (var choice : List.of("anyOf", "oneOf")) {
      if (schema.has(choice)) {
        var all = schema.get(choice);
        return ofSchema(all.get(random.nextInt(all.size())), depth + 1);
      }
    }
    if (schema.has("enum")) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    }
    var type = schema.path("type");
    var name =
        type.isArray() ? type.get(random.nextInt(type.size())).asString() : type.asString("any");
    return switch (name) {
      case "object" -> object(schema, depth);
      case "array" -> {
        var out = Json.array();
        for (int i = random.nextInt(3); i > 0; i--) {
          out.add(ofSchema(schema.path("items"), depth + 1));
        }
        yield out;
      }
      case "integer" -> Json.tree(chance(70) ? random.nextInt(100) : random.nextLong());
      case "number" -> Json.tree(random.nextDouble() * 100);
      case "boolean" -> Json.tree(random.nextBoolean());
      case "null" -> Json.parse("null");
      case "string" -> Json.tree(chance(50) ? "n" + random.nextInt(1000) : word());
      default -> value(depth);
    };
  }

  private ObjectNode object(JsonNode schema, int depth) {
    var out = Json.object();
    for (var e : schema.path("properties").properties()) {
      boolean required = false;
      for (var r : schema.path("required")) {
        required |= r.asString().equals(e.getKey());
      }
      if (chance(required ? 97 : 40)) {
        var known = seen.get(e.getKey());
        out.set(
            e.getKey(),
            known != null && chance(50) ? pick(known) : ofSchema(e.getValue(), depth + 1));
      }
    }
    for (var e : schema.path("patternProperties").properties()) {
      out.set(chance(80) ? "k" + random.nextInt(9) : word(), ofSchema(e.getValue(), depth + 1));
    }
    if (chance(5)) {
      out.set(word(), value(depth));
    }
    return out;
  }

  /** A query string, not always well written. */
  String query() {
    var out = new StringBuilder();
    for (int i = random.nextInt(3); i >= 0; i--) {
      out.append(out.isEmpty() ? '?' : '&');
      var name = chance(80) || names.isEmpty() ? pick(QUERY) : pick(names);
      out.append(encoded(name)).append('=');
      if (chance(40)) {
        out.append(random.nextInt(5));
      } else if (chance(30) && seen.containsKey(name)) {
        out.append(encoded(pick(seen.get(name)).asString("")));
      } else {
        var word = word();
        out.append(
            chance(80) ? encoded(word.substring(0, Math.min(20_000, word.length()))) : "%zz%");
      }
    }
    return out.toString();
  }

  /** A word as a path segment. */
  String segment() {
    if (chance(20)) {
      return pick(
          List.of("..", "%2e%2e", "%2F", "%00", "%", "%zz", "%ff%fe", "a;b", "+", "..;", "."));
    }
    var word = word();
    return encoded(word.substring(0, Math.min(3_000, word.length())));
  }

  static String encoded(String text) {
    return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8)
        .replace("+", "%20");
  }
}
