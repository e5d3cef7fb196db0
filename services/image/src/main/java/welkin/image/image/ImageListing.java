package welkin.image.image;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.ListQuery.Sort;
import welkin.store.Sql;

/** A list request of images as SQL: what the caller may see, filters, order, page. */
final class ImageListing {
  private static final int DEFAULT_LIMIT = 25;
  private static final int MAX_LIMIT = 1000;

  /** An image has no more of either by default. */
  private static final int ASKED_MAX = 128;

  private static final Set<String> NO_FILTER =
      Set.of("limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "tag");
  private static final Set<String> EXACT =
      Set.of("checksum", "os_hash_algo", "os_hash_value", "owner");
  private static final Set<String> IN =
      Set.of("id", "name", "status", "container_format", "disk_format");
  private static final Set<String> NUMBERS = Set.of("size", "min_ram", "min_disk", "virtual_size");
  private static final String MEMBER_OF =
      "id IN (SELECT image_id FROM image_member WHERE member = ?";

  private final Call call;
  private final Paging paging;

  ImageListing(Call call) {
    this.call = call;
    this.paging = paging(call);
  }

  Paging paging() {
    return paging;
  }

  private static Paging paging(Call call) {
    var limitText = call.query("limit");
    int limit = DEFAULT_LIMIT;
    if (limitText != null) {
      try {
        limit = Integer.parseInt(limitText.strip());
      } catch (NumberFormatException e) {
        throw Fault.badRequest("limit param must be an integer");
      }
      if (limit < 0) {
        throw Fault.badRequest("limit param must be positive");
      }
      limit = Math.min(limit, MAX_LIMIT);
    }
    return new Paging(limit, call.query("marker"), sorts(call));
  }

  private static List<Sort> sorts(Call call) {
    var keys = new ArrayList<String>();
    var dirs = new ArrayList<String>();
    if (call.query("sort") != null) {
      if (call.query("sort_key") != null || call.query("sort_dir") != null) {
        throw Fault.badRequest("Old and new sorting syntax cannot be combined");
      }
      for (var one : call.query("sort").strip().split(",")) {
        int colon = one.indexOf(':');
        keys.add((colon < 0 ? one : one.substring(0, colon)).strip());
        dirs.add(
            colon < 0 || colon == one.length() - 1 ? "desc" : one.substring(colon + 1).strip());
      }
    } else {
      call.queryAll("sort_key").forEach(k -> keys.add(k.strip()));
      call.queryAll("sort_dir").forEach(d -> dirs.add(d.strip()));
      if (dirs.size() > 1 && dirs.size() != keys.size()) {
        throw Fault.badRequest("Number of sort dirs does not match the number of sort keys");
      }
    }
    if (keys.isEmpty()) {
      keys.add("created_at");
    }
    var out = new ArrayList<Sort>();
    for (int i = 0; i < keys.size(); i++) {
      if (!ImageStore.SORTS.containsKey(keys.get(i))) {
        throw Fault.badRequest(
            "Invalid sort key: "
                + keys.get(i)
                + ". It must be one of the following: name, status, container_format, disk_format,"
                + " size, id, created_at, updated_at.");
      }
      var dir = dirs.isEmpty() ? "desc" : dirs.get(dirs.size() == 1 ? 0 : i);
      if (!dir.equals("asc") && !dir.equals("desc")) {
        throw Fault.badRequest("Invalid sort direction: " + dir);
      }
      out.add(new Sort(keys.get(i), dir.equals("asc")));
    }
    // as upstream: equal rows in the order they were made
    for (var key : List.of("created_at", "id")) {
      if (!keys.contains(key)) {
        out.add(new Sort(key, out.getLast().ascending()));
      }
    }
    return out;
  }

  List<Image> run(Sql sql) {
    var q = ImageStore.list();
    visible(q);
    filter(q);
    return q.sort(paging.sorts(), ImageStore.SORTS)
        .after(sql, paging.marker())
        .limit(paging.limit())
        .list(sql, ImageStore.MAPPER);
  }

  private void visible(ListQuery q) {
    var visibility = call.query("visibility");
    if (visibility != null
        && !visibility.equals("all")
        && !Image.VISIBILITIES.contains(visibility)) {
      throw Fault.badRequest("Invalid visibility value: " + visibility);
    }
    var status = call.query("member_status") == null ? "accepted" : call.query("member_status");
    if (!List.of("pending", "accepted", "rejected", "all").contains(status)) {
      throw Fault.badRequest("Invalid status: " + status);
    }
    var project = call.caller().projectId();
    boolean admin = call.allows("context_is_admin", call.own());
    if (visibility != null && !visibility.equals("all")) {
      q.where("visibility = ?", visibility);
    }
    if (admin) {
      if (call.query("member_status") != null && "shared".equals(visibility)) {
        member(q, "1 = 0", project, status);
      }
      return;
    }
    boolean community = "community".equals(visibility) || "all".equals(visibility);
    member(
        q,
        "owner = ? OR visibility = 'public'" + (community ? " OR visibility = 'community'" : ""),
        project,
        status);
  }

  private static void member(ListQuery q, String or, String project, String status) {
    var args = new ArrayList<Object>();
    if (or.contains("?")) {
      args.add(project);
    }
    args.add(project);
    boolean any = status.equals("all");
    if (!any) {
      args.add(status);
    }
    q.where(
        or + " OR (visibility = 'shared' AND " + MEMBER_OF + (any ? "))" : " AND status = ?))"),
        args.toArray());
  }

  private void filter(ListQuery q) {
    boolean hiddenGiven = false;
    var properties = new ArrayList<String>();
    for (var e : call.query().entrySet()) {
      var name = e.getKey();
      var value = e.getValue().getFirst();
      if (NO_FILTER.contains(name) || name.equals("visibility")) {
        continue;
      }
      if (EXACT.contains(name)) {
        q.where(name + " = ?", value);
      } else if (IN.contains(name)) {
        oneOf(q, name, value);
      } else if (NUMBERS.contains(name)) {
        q.where(name + " = ?", number(name, value));
      } else if (name.endsWith("_min") && NUMBERS.contains(base(name))) {
        q.where(base(name) + " >= ?", number(name, value));
      } else if (name.endsWith("_max") && NUMBERS.contains(base(name))) {
        q.where(base(name) + " <= ?", number(name, value));
      } else if (name.equals("protected")) {
        q.where("protected = ?", flag(name, value) ? 1 : 0);
      } else if (name.equals("os_hidden")) {
        hiddenGiven = true;
        q.where("os_hidden = ?", flag(name, value) ? 1 : 0);
      } else if (name.equals("created_at") || name.equals("updated_at")) {
        time(q, name, value);
      } else if (name.equals("changes-since")) {
        throw Fault.badRequest("The \"changes-since\" filter is no longer available on v2.");
      } else {
        properties.add(name);
        properties.add(value);
      }
    }
    if (!hiddenGiven) {
      q.where("os_hidden = 0");
    }
    has(q, "image_property", "(name = ? AND value = ?)", properties, properties.size() / 2);
    var tags = call.queryAll("tag").stream().map(String::strip).distinct().toList();
    has(q, "image_tag", "tag = ?", tags, tags.size());
  }

  /** One look however many are asked for: an engine plans for minutes how to join hundreds. */
  private static void has(
      ListQuery q, String table, String condition, List<String> values, int number) {
    if (number == 0) {
      return;
    }
    if (number > ASKED_MAX) {
      throw Fault.badRequest(
          "The query asks for " + number + " properties or tags, which are more than " + ASKED_MAX);
    }
    q.where(
        "id IN (SELECT image_id FROM "
            + table
            + " WHERE "
            + (condition + " OR ").repeat(number - 1)
            + condition
            + (number == 1 ? ")" : " GROUP BY image_id HAVING COUNT(*) = " + number + ")"),
        values.toArray());
  }

  private static String base(String name) {
    return name.substring(0, name.length() - 4);
  }

  /** {@code a}, or {@code in:a,"b,c"}. */
  private static void oneOf(ListQuery q, String column, String value) {
    if (!value.startsWith("in:")) {
      q.where(column + " = ?", value);
      return;
    }
    q.whereIn(column, quoted(value.substring(3)));
  }

  /** Splits at commas outside double quotes. */
  static List<String> quoted(String text) {
    var out = new ArrayList<String>();
    var one = new StringBuilder();
    boolean in = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        in = !in;
        boolean atEdge = in ? one.isEmpty() : i + 1 == text.length() || text.charAt(i + 1) == ',';
        if (!atEdge) {
          throw Fault.badRequest(
              "Invalid filter value " + text + ". The quote is not in the right place.");
        }
      } else if (c == ',' && !in) {
        out.add(one.toString());
        one.setLength(0);
      } else {
        one.append(c);
      }
    }
    if (in) {
      throw Fault.badRequest("Invalid filter value " + text + ". There is no closing quote.");
    }
    out.add(one.toString());
    return out;
  }

  private static long number(String name, String value) {
    try {
      long n = Long.parseLong(value.strip());
      if (n >= 0) {
        return n;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw Fault.badRequest("Invalid value for " + name + ": '" + value + "' is not a size");
  }

  private static boolean flag(String name, String value) {
    return switch (value.toLowerCase(java.util.Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw Fault.badRequest(
              "Invalid value '"
                  + value
                  + "' for '"
                  + name
                  + "' filter. Valid values are case insensitive 'true' and 'false'.");
    };
  }

  private static void time(ListQuery q, String column, String value) {
    var op = "=";
    var text = value;
    int colon = value.indexOf(':');
    var word = colon < 0 ? "" : value.substring(0, colon);
    switch (word) {
      case "gt" -> op = ">";
      case "gte" -> op = ">=";
      case "lt" -> op = "<";
      case "lte" -> op = "<=";
      case "neq" -> op = "<>";
      default -> word = word.equals("eq") ? word : null;
    }
    if (word != null) {
      text = value.substring(colon + 1);
    }
    Instant at;
    try {
      at =
          text.endsWith("Z") || text.matches(".*[+-]\\d\\d:?\\d\\d$")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw Fault.badRequest("Invalid time " + text + " in filter " + column);
    }
    // stored to the microsecond, shown to the second: compare what is shown
    q.where(column + " / 1000000 " + op + " ?", at.getEpochSecond());
  }
}
