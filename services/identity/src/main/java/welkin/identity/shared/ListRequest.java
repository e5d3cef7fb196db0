package welkin.identity.shared;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/**
 * A list request: filters ({@code name}, {@code name__contains}, {@code name__istartswith} ...) and
 * a page ({@code limit}, {@code marker}). Attributes a noun cannot be filtered by are ignored, as
 * keystone does.
 */
public final class ListRequest {
  private static final Set<String> FLAGS = Set.of("enabled", "is_domain");
  private static final Set<String> TIMES = Set.of("password_expires_at");

  private record Filter(String attribute, String comparator, String value) {}

  private final List<Filter> filters = new ArrayList<>();
  private final Integer limit;
  private final String marker;

  private ListRequest(Integer limit, String marker) {
    this.limit = limit;
    this.marker = marker;
  }

  /** Everything, for use inside the service. */
  public static ListRequest all() {
    return new ListRequest(null, null);
  }

  public static ListRequest of(Call call, String... attributes) {
    var request = new ListRequest(call.queryNumber("limit"), call.query("marker"));
    var known = Set.of(attributes);
    call.query()
        .forEach(
            (name, values) -> {
              int at = name.indexOf("__");
              var attribute = at < 0 ? name : name.substring(0, at);
              if (known.contains(attribute)) {
                request.filters.add(
                    new Filter(
                        attribute, at < 0 ? "equals" : name.substring(at + 2), values.getFirst()));
              }
            });
    return request;
  }

  /** One more filter, unless the value is null. */
  public ListRequest where(String attribute, String value) {
    if (value != null) {
      filters.add(new Filter(attribute, "equals", value));
    }
    return this;
  }

  /** Whether it is for a page after the first. */
  public boolean goesOn() {
    return marker != null;
  }

  /** The value a filter asks for exactly, or null. */
  public String value(String attribute) {
    for (var f : filters) {
      if (f.attribute.equals(attribute) && f.comparator.equals("equals")) {
        return f.value;
      }
    }
    return null;
  }

  /**
   * Reads the page.
   *
   * @param columns attribute to column, where the names differ
   */
  public <T> List<T> list(
      Sql sql, ListQuery query, Map<String, String> columns, Row.Mapper<T> mapper) {
    for (var f : filters) {
      var column = columns.getOrDefault(f.attribute, f.attribute);
      boolean flag = FLAGS.contains(f.attribute);
      switch (f.comparator) {
        case "equals" -> {
          if (TIMES.contains(f.attribute)) {
            time(query, column, f);
          } else if (flag) {
            query.where(column + " = ?", truth(f.value));
          } else if (f.value.isEmpty()) {
            query.where(column + " IS NULL OR " + column + " = ''");
          } else {
            query.where(column + " = ?", f.value);
          }
        }
        case "iequals" -> query.where("LOWER(" + column + ") = ?", lower(f.value));
        case "contains", "icontains" -> like(query, column, f, "%", "%");
        case "startswith", "istartswith" -> like(query, column, f, "", "%");
        case "endswith", "iendswith" -> like(query, column, f, "%", "");
        default -> {
          // a comparator keystone does not know filters nothing
        }
      }
    }
    return query.after(sql, marker).limit(limit).list(sql, mapper);
  }

  /**
   * {@code lt:2026-12-01T00:00:00Z}: an operator and a time; without an operator that very time.
   */
  private static void time(ListQuery query, String column, Filter f) {
    int at = f.value.indexOf(':');
    var operator = at < 0 ? "" : f.value.substring(0, at);
    boolean bare = !operator.isEmpty() && Character.isDigit(operator.charAt(0));
    var sign =
        switch (bare ? "eq" : operator) {
          case "lt" -> "<";
          case "lte" -> "<=";
          case "gt" -> ">";
          case "gte" -> ">=";
          case "eq" -> "=";
          case "neq" -> "<>";
          default -> throw unreadable(f);
        };
    try {
      var text = bare ? f.value : f.value.substring(at + 1);
      var time =
          text.endsWith("Z")
              ? Instant.parse(text)
              : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
      query.where(column + " " + sign + " ?", time);
    } catch (DateTimeException e) {
      throw unreadable(f);
    }
  }

  private static Fault unreadable(Filter f) {
    return Fault.badRequest(
        "Invalid input for field '"
            + f.attribute
            + "': an operator (lt, lte, gt, gte, eq, neq) and a time such as"
            + " lt:2026-12-01T00:00:00Z are expected.");
  }

  private static void like(ListQuery query, String column, Filter f, String before, String after) {
    var escaped = f.value.replace("!", "!!").replace("%", "!%").replace("_", "!_");
    if (f.comparator.startsWith("i")) {
      query.where("LOWER(" + column + ") LIKE ? ESCAPE '!'", before + lower(escaped) + after);
    } else {
      query.where(column + " LIKE ? ESCAPE '!'", before + escaped + after);
    }
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** keystone takes {@code 0} and {@code false} as false and anything else as true. */
  public static boolean truth(String value) {
    return !value.equals("0") && !value.equalsIgnoreCase("false");
  }

  /** 200 with the page and its links. */
  public <T> Answer answer(
      Call call, String key, List<T> rows, Function<T, ObjectNode> show, Function<T, String> id) {
    boolean more = limit != null && limit > 0 && rows.size() >= limit;
    return answer(
        call,
        key,
        rows.stream().map(show).toList(),
        more ? Paging.next(call, id.apply(rows.getLast())) : null);
  }

  /** 200 with everything there is. */
  public static Answer answer(Call call, String key, List<ObjectNode> rows) {
    return answer(call, key, rows, null);
  }

  private static Answer answer(Call call, String key, List<ObjectNode> rows, String next) {
    var body = Json.object();
    var array = body.putArray(key);
    rows.forEach(array::add);
    var links = body.putObject("links");
    links.put("next", next);
    links.put("self", self(call));
    links.putNull("previous");
    return Answer.ok(body);
  }

  private static String self(Call call) {
    var query = call.request().query();
    return call.base() + call.servicePath() + (query == null ? "" : "?" + query);
  }
}
