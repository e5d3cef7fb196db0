package welkin.network.resource;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.network.resource.ResourceStore.Column;
import welkin.network.resource.ResourceStore.Kind;
import welkin.network.resource.ResourceStore.Listed;
import welkin.store.ListQuery;
import welkin.store.ListQuery.Sort;
import welkin.store.Sql;

/** A list request as one query: filters, order and page all in SQL. */
final class Listing {
  private static final Set<String> NO_FILTERS =
      Set.of("fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir");

  private final Call call;
  private final Noun noun;
  private final Access access;
  private final Integer limit;
  private final boolean reverse;

  Listing(Call call, Noun noun, Access access) {
    this.call = call;
    this.noun = noun;
    this.access = access;
    this.limit = limit();
    this.reverse = call.queryFlag("page_reverse", false);
  }

  List<Listed> rows(Sql sql) {
    var query = noun.store().query();
    if (!access.seesAll(call.caller())) {
      noun.visible(query, call.caller().projectId());
    }
    var unknown = new ArrayList<String>();
    call.query()
        .forEach(
            (key, values) -> {
              if (!NO_FILTERS.contains(key) && !filter(query, key, values)) {
                unknown.add(key);
              }
            });
    if (!unknown.isEmpty()) {
      throw Faults.badRequest(
          "['" + String.join("', '", unknown) + "'] is invalid attribute for filtering");
    }
    query.sort(sorts(), noun.store().sortable());
    query.after(sql, call.query("marker")).limit(limit);
    var rows = query.list(sql, ResourceStore::listed);
    if (reverse) {
      rows = new ArrayList<>(rows);
      Collections.reverse(rows);
    }
    return rows;
  }

  private boolean filter(ListQuery query, String key, List<String> values) {
    if (noun.filter(query, call.caller(), key, values)
        || Tags.filter(query, key, values)
        || changedSince(query, key, values)) {
      return true;
    }
    var column = noun.store().column(key);
    if (column == null) {
      return false;
    }
    if (values.size() == 1 && values.getFirst().isEmpty() && column.kind() == Kind.TEXT) {
      query.where("COALESCE(" + column.name() + ", '') = ''");
      return true;
    }
    query.whereIn(column.name(), values.stream().map(v -> value(column, v)).toList());
    return true;
  }

  private static boolean changedSince(ListQuery query, String key, List<String> values) {
    if (!key.equals("changed_since")) {
      return false;
    }
    var since = values.getFirst();
    if (!since.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ?")) {
      throw Faults.badRequest(
          "Invalid input for changed_since. Reason: '" + since + "' is not a valid time.");
    }
    query.where("updated_at >= ?", since.endsWith("Z") ? since : since + "Z");
    return true;
  }

  private static Object value(Column c, String text) {
    return switch (c.kind()) {
      case TEXT -> text;
      case FLAG ->
          switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> 1;
            case "false", "0", "no", "off" -> 0;
            default ->
                throw Attributes.invalid(
                    c.attribute(), "'" + text + "' cannot be converted to boolean");
          };
      case NUMBER -> {
        try {
          yield Long.valueOf(text);
        } catch (NumberFormatException e) {
          throw Attributes.invalid(c.attribute(), "'" + text + "' is not an integer");
        }
      }
    };
  }

  private List<Sort> sorts() {
    var keys = call.queryAll("sort_key");
    var dirs = call.queryAll("sort_dir");
    if (!dirs.isEmpty() && dirs.size() != keys.size()) {
      throw Faults.badRequest("The number of sort_keys and sort_dirs must be same");
    }
    var allowed = noun.store().sortable();
    var out = new ArrayList<Sort>();
    for (int i = 0; i < keys.size(); i++) {
      if (!allowed.containsKey(keys.get(i))) {
        throw Faults.badRequest("['" + keys.get(i) + "'] is invalid attribute for sort_keys");
      }
      var dir = dirs.isEmpty() ? "asc" : dirs.get(i).toLowerCase(Locale.ROOT);
      if (!dir.equals("asc") && !dir.equals("desc")) {
        throw Faults.badRequest(
            "['"
                + dirs.get(i)
                + "'] is invalid value for sort_dirs, valid value is 'asc' and 'desc'");
      }
      out.add(new Sort(keys.get(i), dir.equals("asc") != reverse));
    }
    if (out.isEmpty()) {
      out.add(new Sort("id", !reverse));
    }
    return out;
  }

  private Integer limit() {
    var text = call.query("limit");
    if (text == null) {
      return null;
    }
    try {
      int n = Integer.parseInt(text.strip());
      if (n >= 0) {
        return n == 0 ? null : n;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw Faults.badRequest("Limit must be an integer 0 or greater and not '" + text + "'");
  }

  /** {@code next} and {@code previous} of a page, as upstream gives them. */
  JsonNode links(List<Listed> rows) {
    var out = Json.array();
    if (limit != null && !rows.isEmpty()) {
      if (rows.size() >= limit || reverse) {
        out.addObject().put("rel", "next").put("href", link(rows.getLast().id(), false));
      }
      if (rows.size() >= limit || !reverse) {
        out.addObject().put("rel", "previous").put("href", link(rows.getFirst().id(), true));
      }
    }
    return out;
  }

  private String link(String marker, boolean back) {
    var out = new StringBuilder(call.base()).append(call.servicePath()).append('?');
    call.query()
        .forEach(
            (k, values) -> {
              if (!k.equals("marker") && !k.equals("page_reverse")) {
                values.forEach(
                    v -> out.append(encode(k)).append('=').append(encode(v)).append('&'));
              }
            });
    out.append("marker=").append(encode(marker));
    return back ? out.append("&page_reverse=True").toString() : out.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
