package welkin.http;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import welkin.core.Fault;
import welkin.store.ListQuery.Sort;

/**
 * A list request's page and order.
 *
 * @param limit rows on a page, null for all
 * @param marker the last id of the page before, or null
 */
public record Paging(Integer limit, String marker, List<Sort> sorts) {
  /**
   * Reads {@code limit}, {@code marker}, and both spellings of order: {@code sort=a:desc,b} and
   * repeated {@code sort_key}/{@code sort_dir}.
   *
   * @param max no page is longer; null for no maximum
   * @param fallback the order when the request names none
   */
  public static Paging of(Call call, Integer max, List<Sort> fallback) {
    var limit = call.queryNumber("limit");
    if (max != null) {
      limit = limit == null ? max : Integer.valueOf(Math.min(limit, max));
    }
    var sorts = new ArrayList<Sort>();
    for (var text : call.queryAll("sort")) {
      for (var one : text.split(",")) {
        int colon = one.indexOf(':');
        sorts.add(
            colon < 0
                ? new Sort(one.strip(), false)
                : new Sort(one.substring(0, colon).strip(), ascending(one.substring(colon + 1))));
      }
    }
    var keys = call.queryAll("sort_key");
    var dirs = call.queryAll("sort_dir");
    for (int i = 0; i < keys.size(); i++) {
      sorts.add(
          new Sort(
              keys.get(i),
              i < dirs.size()
                  ? ascending(dirs.get(i))
                  : fallback.isEmpty() || fallback.getFirst().ascending()));
    }
    return new Paging(limit, call.query("marker"), sorts.isEmpty() ? fallback : List.copyOf(sorts));
  }

  private static boolean ascending(String dir) {
    return switch (dir.strip().toLowerCase(java.util.Locale.ROOT)) {
      case "asc" -> true;
      case "desc" -> false;
      default ->
          throw Fault.badRequest("Unknown sort direction '" + dir + "', must be 'asc' or 'desc'");
    };
  }

  /** Whether a page this long may have a successor. */
  public boolean full(int rows) {
    return limit != null && limit > 0 && rows >= limit;
  }

  /** The URL of the next page: this call's own with the marker replaced. */
  public static String next(Call call, String marker) {
    var out = new StringBuilder(call.base()).append(call.servicePath());
    char sep = '?';
    for (var e : call.query().entrySet()) {
      if (!e.getKey().equals("marker")) {
        for (var v : e.getValue()) {
          out.append(sep).append(encode(e.getKey())).append('=').append(encode(v));
          sep = '&';
        }
      }
    }
    return out.append(sep).append("marker=").append(encode(marker)).toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
