package welkin.network.resource;

import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.IntNode;
import tools.jackson.databind.node.StringNode;
import welkin.core.Json;
import welkin.network.ip.Cidr;
import welkin.network.ip.Ip;

/** Reads attribute values: each takes what a client sent and gives what is kept, or refuses. */
public final class Values {
  /** One way to read a value. */
  @FunctionalInterface
  public interface Reader {
    /**
     * @throws Refused when the value will not do
     */
    JsonNode read(JsonNode value);

    /** This, or null. */
    default Reader orNull() {
      return v -> v.isNull() ? v : read(v);
    }
  }

  /** Why a value was refused; shown as {@code Invalid input for NAME. Reason: ...}. */
  public static final class Refused extends RuntimeException {
    Refused(String reason) {
      super(reason, null, false, false);
    }
  }

  private static final Pattern UUID =
      Pattern.compile(
          "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}");
  private static final Pattern MAC = Pattern.compile("([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}");

  private Values() {}

  public static Refused refused(String reason) {
    return new Refused(reason);
  }

  /** How a value is quoted in a reason. */
  public static String show(JsonNode v) {
    return v.isString() ? v.stringValue() : v.isNull() ? "None" : v.toString();
  }

  public static boolean isUuid(String text) {
    return UUID.matcher(text).matches();
  }

  public static boolean isMac(String text) {
    return MAC.matcher(text).matches();
  }

  /** Nothing but null: what the attribute would ask for is not built. */
  public static Reader unavailable(String reason) {
    return v -> {
      if (!v.isNull()) {
        throw refused(reason);
      }
      return v;
    };
  }

  public static Reader any() {
    return v -> v;
  }

  public static Reader string(int max) {
    return v -> {
      if (!v.isString()) {
        throw refused("'" + show(v) + "' is not a valid string");
      }
      if (v.stringValue().length() > max) {
        throw refused("'" + show(v) + "' exceeds maximum length of " + max);
      }
      return v;
    };
  }

  /** Text; null means empty. */
  public static Reader stringOrEmpty(int max) {
    return v -> v.isNull() ? StringNode.valueOf("") : string(max).read(v);
  }

  public static Reader flag() {
    return v -> {
      if (v.isBoolean()) {
        return v;
      }
      var text = v.isNull() ? "" : v.asString("").toLowerCase(java.util.Locale.ROOT);
      return switch (text) {
        case "true", "1" -> BooleanNode.TRUE;
        case "false", "0" -> BooleanNode.FALSE;
        default -> throw refused("'" + show(v) + "' cannot be converted to boolean");
      };
    };
  }

  public static Reader number(long min, long max) {
    return v -> {
      long n;
      try {
        if (v.isBoolean() || v.isNull() || v.isFloatingPointNumber()) {
          throw new NumberFormatException();
        }
        n = Long.parseLong(v.asString("").strip());
      } catch (NumberFormatException e) {
        throw refused("'" + show(v) + "' is not an integer");
      }
      if (n < min) {
        throw refused("'" + n + "' is too small - must be at least '" + min + "'");
      }
      if (n > max) {
        throw refused("'" + n + "' is too large - must be no larger than '" + max + "'");
      }
      return IntNode.valueOf((int) n);
    };
  }

  public static Reader oneOf(String... allowed) {
    var list = List.of(allowed);
    return v -> {
      if (!v.isString() || !list.contains(v.stringValue())) {
        throw refused("'" + show(v) + "' is not in ['" + String.join("', '", list) + "']");
      }
      return v;
    };
  }

  public static Reader uuid() {
    return v -> {
      if (!v.isString() || !isUuid(v.stringValue())) {
        throw refused("'" + show(v) + "' is not a valid UUID");
      }
      return v;
    };
  }

  public static Reader mac() {
    return v -> {
      if (!v.isString() || !isMac(v.stringValue()) || v.stringValue().equals("00:00:00:00:00:00")) {
        throw refused("'" + show(v) + "' is not a valid MAC address");
      }
      return StringNode.valueOf(v.stringValue().toLowerCase(java.util.Locale.ROOT));
    };
  }

  /** An address in its canonical form. */
  public static Reader ip() {
    return v -> {
      var ip = v.isString() ? Ip.parse(v.stringValue()) : null;
      if (ip == null) {
        throw refused("'" + show(v) + "' is not a valid IP address");
      }
      return StringNode.valueOf(ip.toString());
    };
  }

  /** A subnet whose host bits are zero. */
  public static Reader subnet() {
    return v -> {
      var cidr = v.isString() ? Cidr.parse(v.stringValue()) : null;
      if (cidr == null) {
        throw refused("'" + show(v) + "' is not a valid IP subnet");
      }
      if (!v.stringValue().contains("/") || !cidr.isExact(v.stringValue())) {
        throw refused(
            "'" + show(v) + "' isn't a recognized IP subnet cidr, '" + cidr + "' is recommended");
      }
      return StringNode.valueOf(cidr.toString());
    };
  }

  public static Reader list() {
    return v -> {
      if (v.isNull()) {
        return Json.array();
      }
      if (!v.isArray()) {
        throw refused("'" + show(v) + "' is not a list");
      }
      return v;
    };
  }

  public static Reader map() {
    return v -> {
      if (v.isNull()) {
        return Json.object();
      }
      if (!v.isObject()) {
        throw refused("'" + show(v) + "' is not a dictionary");
      }
      return v;
    };
  }

  /** A list of values without repetition. */
  public static Reader listOf(Reader element, String what) {
    return v -> {
      var given = list().read(v);
      var out = Json.array();
      var seen = new java.util.HashSet<JsonNode>();
      for (var e : given) {
        var read = element.read(e);
        if (!seen.add(read)) {
          throw refused("Duplicate items in the list: '" + show(e) + "'");
        }
        out.add(read);
      }
      return out;
    };
  }
}
