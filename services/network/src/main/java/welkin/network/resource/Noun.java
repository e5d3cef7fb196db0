package welkin.network.resource;

import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.store.Database;
import welkin.store.ListQuery;
import welkin.store.Sql;

/**
 * What a noun is to the API. All verbs run inside the transaction they are given and may be called
 * by other nouns' verbs; what must wait for the commit goes through {@link Sql#afterCommit}.
 */
public interface Noun {
  Attributes attributes();

  ResourceStore store();

  /** The word in faults, e.g. {@code Port}. */
  String faultName();

  /** The word in paths, e.g. {@code security-groups}. */
  default String path() {
    return attributes().plural().replace('_', '-');
  }

  /**
   * @param values what {@link Attributes#create} read, owner filled in
   */
  Resource create(Sql sql, Caller caller, ObjectNode values);

  /**
   * @param changes what {@link Attributes#update} read
   */
  Resource update(Sql sql, Caller caller, Resource current, ObjectNode changes);

  void delete(Sql sql, Caller caller, Resource current);

  default Fault notFound(String id) {
    return Faults.notFound(faultName(), id);
  }

  default Resource get(Sql sql, String id) {
    return store().find(sql, id).orElseThrow(() -> notFound(id));
  }

  /** Work before a list is read, outside any transaction. */
  default void prepare(Database database, Call list) {}

  /** What a caller of a project may see in a list, as SQL. */
  default void visible(ListQuery query, String projectId) {
    query.where("project_id = ?", projectId);
  }

  /** A filter that is more than a column; false when the noun knows none of that name. */
  default boolean filter(ListQuery query, Caller caller, String key, List<String> values) {
    return false;
  }

  /** Fills in what a page of documents shows beyond what is kept. */
  default List<Resource> complete(Sql sql, Caller caller, List<Resource> page) {
    return page;
  }

  /**
   * The same for a list that shows some attributes only: what the others need may be left out.
   *
   * @param fields empty for all
   */
  default List<Resource> complete(Sql sql, Caller caller, List<Resource> page, Set<String> fields) {
    return complete(sql, caller, page);
  }

  /** What policy rules may ask about a resource beyond its own attributes. */
  default void target(Sql sql, Caller caller, ObjectNode document, Map<String, Object> target) {}

  /** The same for a page, with as few statements as for one. */
  default void targets(
      Sql sql, Caller caller, List<Resource> page, List<Map<String, Object>> targets) {
    for (int i = 0; i < page.size(); i++) {
      target(sql, caller, page.get(i).document(), targets.get(i));
    }
  }

  /** Whether kept documents are shown as they are. */
  default boolean asKept() {
    return false;
  }
}
