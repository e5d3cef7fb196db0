package welkin.compute.action;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import welkin.core.RequestContext;
import welkin.http.Paging;
import welkin.store.ListQuery;
import welkin.store.Row;
import welkin.store.Sql;

/** What was asked of each server, by whom and how it went, found by request id. */
public final class ActionStore {
  /** When an action was changed: its work wrote that with what it did. */
  private static final String CHANGED =
      "COALESCE((SELECT MAX(e.finish_time) FROM instance_action_event e WHERE e.server_id ="
          + " instance_action.server_id AND e.request_id = instance_action.request_id),"
          + " instance_action.updated_at)";

  private static final String SELECT =
      "SELECT instance_action.*, " + CHANGED + " AS changed_at FROM instance_action";

  private final InstantSource clock;

  public ActionStore(InstantSource clock) {
    this.clock = clock;
  }

  record Action(
      long id,
      String serverId,
      String action,
      String requestId,
      String userId,
      String projectId,
      Instant startTime,
      Instant updatedAt,
      String message) {}

  record Event(
      String event,
      Instant startTime,
      Instant finishTime,
      String result,
      String details,
      String host) {}

  /** Records that the current request asks {@code action} of a server. */
  public void begin(Sql sql, String serverId, String action) {
    var context = RequestContext.current();
    var now = clock.instant();
    sql.sendInsert(
        "instance_action",
        "server_id",
        serverId,
        "action",
        action,
        "request_id",
        context.requestId(),
        "user_id",
        context.caller().userId(),
        "project_id",
        context.caller().projectId(),
        "start_time",
        now,
        "updated_at",
        now);
  }

  /**
   * Records how the current request's work went on a host.
   *
   * @param event upstream's name, e.g. {@code compute_stop_instance}
   * @param failure what went wrong, or null
   */
  public void event(Sql sql, String serverId, String event, String host, String failure) {
    var request = RequestContext.current().requestId();
    var now = clock.instant();
    sql.send(
        "INSERT INTO instance_action_event (server_id, request_id, event, start_time, finish_time,"
            + " result, details, host) SELECT server_id, request_id, ?, start_time, ?, ?, ?, ? FROM"
            + " instance_action WHERE id = (SELECT MAX(id) FROM instance_action WHERE server_id ="
            + " ? AND request_id = ?)",
        event,
        now,
        failure == null ? "Success" : "Error",
        failure,
        host,
        serverId,
        request);
    if (failure != null) {
      sql.send(
          "UPDATE instance_action SET updated_at = ?, message = 'Error' WHERE server_id = ? AND"
              + " request_id = ?",
          now,
          serverId,
          request);
    }
  }

  /**
   * @param since only what changed at or after this time, or null
   * @param before only what changed at or before this time, or null
   */
  List<Action> list(Sql sql, String serverId, Instant since, Instant before, Paging page) {
    var query = ListQuery.of(SELECT, "instance_action", "id").where("server_id = ?", serverId);
    if (since != null) {
      query.where(CHANGED + " >= ?", since);
    }
    if (before != null) {
      query.where(CHANGED + " <= ?", before);
    }
    if (page.marker() != null) {
      var marker =
          find(sql, serverId, page.marker())
              .orElseThrow(
                  () -> welkin.core.Fault.badRequest("marker [" + page.marker() + "] not found"));
      query.where("id < ?", marker.id());
    }
    return query
        .sort(List.of(new ListQuery.Sort("id", false)), java.util.Map.of("id", "id"))
        .limit(page.limit())
        .list(sql, ActionStore::map);
  }

  Optional<Action> find(Sql sql, String serverId, String requestId) {
    return sql.one(
        SELECT + " WHERE server_id = ? AND request_id = ? ORDER BY id DESC",
        ActionStore::map,
        serverId,
        requestId);
  }

  List<Event> events(Sql sql, String serverId, String requestId) {
    return sql.list(
        "SELECT * FROM instance_action_event WHERE server_id = ? AND request_id = ? ORDER BY id"
            + " DESC",
        r ->
            new Event(
                r.text("event"),
                r.time("start_time"),
                r.time("finish_time"),
                r.text("result"),
                r.text("details"),
                r.text("host")),
        serverId,
        requestId);
  }

  private static Action map(Row r) throws java.sql.SQLException {
    return new Action(
        r.number("id"),
        r.text("server_id"),
        r.text("action"),
        r.text("request_id"),
        r.text("user_id"),
        r.text("project_id"),
        r.time("start_time"),
        r.time("changed_at"),
        r.text("message"));
  }
}
