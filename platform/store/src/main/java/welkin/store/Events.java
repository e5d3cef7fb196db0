package welkin.store;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import welkin.core.RequestContext;

/**
 * The event log of one service: every change is an event written in the transaction that made it.
 * Anyone may watch from a cursor without gaps; telemetry, dashboard and audit are readers of it.
 */
public final class Events {
  /**
   * @param seq the position in this service's log
   * @param type upstream's notification name where one exists, e.g. {@code
   *     compute.instance.create.end}
   * @param projectId whose it is; null when only administrators may see it
   */
  public record Event(
      long seq,
      Instant at,
      String type,
      String projectId,
      String userId,
      String requestId,
      String resourceId,
      JsonNode payload) {}

  private final InstantSource clock;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

  public Events(InstantSource clock) {
    this.clock = clock;
  }

  /**
   * Writes an event. The first event of a request names the resource that an idempotency key stands
   * for.
   *
   * @param payload anything that becomes a JSON object; never a secret
   */
  public void append(Sql sql, String type, String projectId, String resourceId, Object payload) {
    var context = RequestContext.current();
    if (context.claim() != null) {
      context.claim().resource().compareAndSet(null, resourceId);
    }
    sql.sendInsert(
        "event",
        "at",
        clock.instant(),
        "type",
        type,
        "project_id",
        projectId,
        "user_id",
        context.caller().userId(),
        "request_id",
        context.requestId(),
        "resource_id",
        resourceId,
        "payload",
        payload);
    watchers.forEach(sql::afterCommit);
  }

  /**
   * Events after a position, oldest first. Writers take turns on every engine, so positions follow
   * commit order and a reader cannot skip an event that commits late.
   *
   * @param projectId only this project's events; null for all
   */
  public List<Event> since(Sql sql, long seq, String projectId, int limit) {
    return sql.list(
        "SELECT * FROM event WHERE seq > ? AND (? IS NULL OR project_id = ?) ORDER BY seq LIMIT ?",
        r ->
            new Event(
                r.number("seq"),
                r.time("at"),
                r.text("type"),
                r.text("project_id"),
                r.text("user_id"),
                r.text("request_id"),
                r.text("resource_id"),
                r.json("payload")),
        seq,
        projectId,
        projectId,
        limit);
  }

  /** The newest position. */
  public long last(Sql sql) {
    return Math.max(floor(sql), sql.number("SELECT MAX(seq) FROM event"));
  }

  /** Events up to this position are no longer kept; 0 while all are. */
  public long floor(Sql sql) {
    return sql.number("SELECT seq FROM event_floor WHERE id = 1");
  }

  /**
   * Forgets the oldest events that happened before a time.
   *
   * @param batch how many to look at, so that nobody waits for long
   * @return how many were forgotten; less than {@code batch} when no more are due
   */
  public int forgetBefore(Sql sql, Instant time, int batch) {
    long floor = 0;
    int due = 0;
    for (var e :
        sql.list(
            "SELECT seq, at FROM event ORDER BY seq LIMIT ?",
            r -> Map.entry(r.number("seq"), r.time("at")),
            batch)) {
      if (!e.getValue().isBefore(time)) {
        break;
      }
      floor = e.getKey();
      due++;
    }
    if (due > 0) {
      sql.update("DELETE FROM event WHERE seq <= ?", floor);
      sql.update("UPDATE event_floor SET seq = ? WHERE id = 1", floor);
    }
    return due;
  }

  /** Calls {@code watcher} whenever an event was committed: a hint to look again. */
  public Watch watch(Runnable watcher) {
    watchers.add(watcher);
    return () -> watchers.remove(watcher);
  }

  /** Ends when it is closed. */
  public interface Watch extends AutoCloseable {
    @Override
    void close();
  }
}
