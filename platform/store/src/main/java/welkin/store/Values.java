package welkin.store;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/** The arguments of statements, as {@link Sql} tells: how each kind of value is stored. */
final class Values {
  private Values() {}

  static Object[] fixed(Object[] args) {
    var fixed = new Object[args.length];
    for (int i = 0; i < args.length; i++) {
      fixed[i] = fixed(args[i]);
    }
    return fixed;
  }

  /** What changes after the call is sent as it is now. */
  private static Object fixed(Object arg) {
    return switch (arg) {
      case null -> null;
      case String v -> storable(v);
      case Number v -> v;
      case Boolean v -> v;
      case Instant v -> v;
      case Enum<?> v -> v;
      case byte[] v -> v;
      case JsonNode v -> Json.text(v);
      case Object v -> Json.text(v);
    };
  }

  static void bind(PreparedStatement s, Object[] args) throws SQLException {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case null -> s.setObject(i + 1, null);
        case String v -> s.setString(i + 1, v);
        case Integer v -> s.setInt(i + 1, v);
        case Long v -> s.setLong(i + 1, v);
        case Double v -> s.setDouble(i + 1, v);
        case Number v -> s.setObject(i + 1, v);
        case Boolean v -> s.setInt(i + 1, v ? 1 : 0);
        case Instant v -> s.setLong(i + 1, Times.micros(v));
        case Enum<?> v -> s.setString(i + 1, v.name());
        case byte[] v -> s.setBytes(i + 1, v);
        case JsonNode v -> s.setString(i + 1, Json.text(v));
        case Object v -> s.setString(i + 1, Json.text(v));
      }
    }
  }

  static void mustBeStorable(Object[] args) {
    for (var arg : args) {
      if (arg instanceof String text) {
        storable(text);
      }
    }
  }

  /**
   * PostgreSQL has no texts with a NUL and nobody has half a surrogate pair, so no engine takes
   * them; only a broken client sends them.
   */
  private static String storable(String text) {
    if (text.indexOf('\0') >= 0) {
      throw Fault.badRequest("A text with a NUL character is not accepted.");
    }
    if (!Json.isWhole(text)) {
      throw Fault.badRequest("A text with half a surrogate pair is not accepted.");
    }
    return text;
  }
}
