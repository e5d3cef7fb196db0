package welkin.identity.shared;

import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * A collection of the API with its members, what small nouns do alike: find the one of the path,
 * show one or a page, and write a change down with its notification.
 *
 * @param member keystone's name of one, e.g. {@code service}; its id is the path's {@code
 *     service_id}
 * @param collection and of all, e.g. {@code services}
 * @param show the JSON of one, without the collection's name around it
 */
public record Members<T>(
    Backend backend,
    String member,
    String collection,
    Function<T, String> id,
    BiFunction<Sql, String, Optional<T>> find,
    BiFunction<Call, T, ObjectNode> show) {

  /** The one that the path names. */
  public T of(Call call) {
    var id = call.path(member + "_id");
    return backend
        .database()
        .read(sql -> find.apply(sql, id))
        .orElseThrow(Faults.missing(member, id));
  }

  /** An answer of one. */
  public Answer one(int status, Call call, T it) {
    var body = Json.object();
    body.set(member, show.apply(call, it));
    return Answer.json(status, body);
  }

  /** A page of them. */
  public Answer page(Call call, ListRequest request, BiFunction<Sql, ListRequest, List<T>> list) {
    var rows = backend.database().read(sql -> list.apply(sql, request));
    return request.answer(call, collection, rows, it -> show.apply(call, it), id);
  }

  /**
   * Changes one in a transaction, and tells it.
   *
   * @param verb {@code created}, {@code updated} or {@code deleted}
   */
  public void change(String verb, T it, Database.Action action) {
    backend
        .database()
        .change(
            sql -> {
              action.run(sql);
              backend.tell(sql, member, verb, null, id.apply(it));
            });
  }
}
