package welkin.identity.project;

import java.util.Arrays;
import java.util.List;
import welkin.http.Call;
import welkin.store.ListQuery;

/**
 * keystone's tag filters: {@code tags} (all of these), {@code tags-any}, {@code not-tags} (not all
 * of these), {@code not-tags-any}; values separated by comma.
 */
record TagFilter(List<String> all, List<String> any, List<String> notAll, List<String> notAny) {
  static final TagFilter NONE = new TagFilter(List.of(), List.of(), List.of(), List.of());

  /** How many of these a project has: one look however many they are. */
  private static final String COUNT =
      "(SELECT COUNT(*) FROM project_tag t WHERE t.project_id = project.id AND t.name IN (%s))";

  static TagFilter of(Call call) {
    return new TagFilter(
        read(call, "tags"),
        read(call, "tags-any"),
        read(call, "not-tags"),
        read(call, "not-tags-any"));
  }

  private static List<String> read(Call call, String name) {
    var v = call.query(name);
    return v == null || v.isEmpty() ? List.of() : Arrays.stream(v.split(",")).distinct().toList();
  }

  void apply(ListQuery query) {
    count(query, all, " = " + all.size());
    count(query, any, " > 0");
    count(query, notAll, " < " + notAll.size());
    count(query, notAny, " = 0");
  }

  private static void count(ListQuery query, List<String> tags, String wanted) {
    if (!tags.isEmpty()) {
      var marks = "?" + ", ?".repeat(tags.size() - 1);
      query.where(COUNT.formatted(marks) + wanted, tags.toArray());
    }
  }
}
