package welkin.identity.project;

import java.util.List;
import welkin.http.Call;
import welkin.store.ListQuery;

/**
 * keystone's tag filters: {@code tags} (all of these), {@code tags-any}, {@code not-tags} (not all
 * of these), {@code not-tags-any}; values separated by comma.
 */
record TagFilter(List<String> all, List<String> any, List<String> notAll, List<String> notAny) {
  static final TagFilter NONE = new TagFilter(List.of(), List.of(), List.of(), List.of());

  private static final String TAG =
      "EXISTS (SELECT 1 FROM project_tag t WHERE t.project_id = project.id AND t.name = ?)";

  static TagFilter of(Call call) {
    return new TagFilter(
        read(call, "tags"),
        read(call, "tags-any"),
        read(call, "not-tags"),
        read(call, "not-tags-any"));
  }

  private static List<String> read(Call call, String name) {
    var v = call.query(name);
    return v == null || v.isEmpty() ? List.of() : List.of(v.split(","));
  }

  void apply(ListQuery query) {
    all.forEach(t -> query.where(TAG, t));
    if (!any.isEmpty()) {
      query.where(joined(any, " OR "), any.toArray());
    }
    if (!notAll.isEmpty()) {
      query.where("NOT (" + joined(notAll, " AND ") + ")", notAll.toArray());
    }
    notAny.forEach(t -> query.where("NOT " + TAG, t));
  }

  private static String joined(List<String> tags, String word) {
    return (TAG + word).repeat(tags.size() - 1) + TAG;
  }
}
