package welkin.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.policy.PolicyEngine;
import welkin.store.Database;
import welkin.store.Events;

/**
 * {@code GET /v1/events?since=CURSOR}: the event logs of all services of this process behind one
 * opaque cursor, as JSON lines, or as server-sent events when the client accepts {@code
 * text/event-stream}. A caller sees the events of its project, an administrator all. With {@code
 * follow=true} (always, for server-sent events) the answer goes on. A cursor from before the oldest
 * event that is kept is refused with 410: nothing is left out silently.
 */
public final class EventsApi implements AutoCloseable {
  /** A service's log. */
  public record Source(String service, Database database, Events events) {}

  private static final int PAGE = 500;

  /** What other processes wrote is looked for this often. */
  private static final int LOOK_SECONDS = 1;

  /** A watch with nothing to tell says so this often, so that no proxy cuts it. */
  private static final int SPEAK_SECONDS = 15;

  private final List<Source> sources;
  private final Set<Semaphore> watchers = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  public EventsApi(List<Source> sources) {
    this.sources = List.copyOf(sources);
  }

  public Service service(Metrics metrics) {
    var routes = new Routes("");
    routes.get("/events", this::watch).summary("Watch changes from a cursor.");
    routes
        .get("/metrics", c -> metrics.scrape())
        .open()
        .summary("Counters in Prometheus' text format.");
    return Service.of(
        "events", "/v1", routes, EventsApi::fault, PolicyEngine.of(Map.<String, String>of()), null);
  }

  private static Answer fault(Fault f, String requestId) {
    return Answer.json(
        f.status(),
        Map.of("error", Map.of("code", f.status(), "title", f.code(), "message", f.getMessage())));
  }

  private Answer watch(Call call) {
    var project = call.caller().isAdmin() ? null : call.caller().projectId();
    if (project == null && !call.caller().isAdmin()) {
      throw Fault.forbidden("Events need a project-scoped token.");
    }
    var cursor = cursor(call.query("since"));
    if (cursor.isEmpty()) {
      sources.forEach(s -> cursor.put(s.service(), s.database().read(s.events()::floor)));
    }
    for (var source : sources) {
      long since = cursor.getOrDefault(source.service(), 0L);
      if (since < source.database().<Long>read(source.events()::floor)) {
        throw Fault.of(
            410,
            "EventsGone",
            "Events after this cursor are no longer kept; leave 'since' out to start with the"
                + " oldest that are.");
      }
    }
    var accept = call.header("accept");
    boolean sse = accept != null && accept.contains("text/event-stream");
    boolean follow = sse || call.queryFlag("follow", false);
    return Answer.stream(
        200,
        sse ? "text/event-stream" : "application/x-ndjson",
        -1,
        out -> pump(out, cursor, project, sse, follow));
  }

  private void pump(
      OutputStream out, TreeMap<String, Long> cursor, String project, boolean sse, boolean follow)
      throws IOException {
    var news = new Semaphore(0);
    watchers.add(news);
    var watches = new ArrayList<Events.Watch>();
    sources.forEach(s -> watches.add(s.events().watch(news::release)));
    long spoke = System.nanoTime();
    try {
      while (true) {
        boolean more = false;
        for (var source : sources) {
          long since = cursor.getOrDefault(source.service(), 0L);
          var page =
              source
                  .database()
                  .read(
                      sql ->
                          since < source.events().floor(sql)
                              ? null
                              : source.events().since(sql, since, project, PAGE));
          if (page == null) {
            return; // too slow a reader: asked again, it is told so
          }
          for (var event : page) {
            spoke = System.nanoTime();
            cursor.put(source.service(), event.seq());
            var line = line(source.service(), event, cursor);
            out.write(
                (sse ? "data: " + line + "\n\n" : line + "\n").getBytes(StandardCharsets.UTF_8));
          }
          more |= page.size() == PAGE;
        }
        out.flush();
        if (closed || !more && !follow) {
          return;
        }
        if (!more) {
          news.tryAcquire(LOOK_SECONDS, TimeUnit.SECONDS);
          if (System.nanoTime() - spoke > TimeUnit.SECONDS.toNanos(SPEAK_SECONDS)) {
            spoke = System.nanoTime();
            out.write((sse ? ": still here\n\n" : "\n").getBytes(StandardCharsets.UTF_8));
          }
        }
        news.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      watchers.remove(news);
      watches.forEach(Events.Watch::close);
    }
  }

  /** Ends the watches: their clients go on from their cursor elsewhere. */
  @Override
  public void close() {
    closed = true;
    watchers.forEach(Semaphore::release);
  }

  private static String line(String service, Events.Event event, TreeMap<String, Long> cursor) {
    var o = Json.object();
    o.put("cursor", Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(cursor)));
    o.put("service", service);
    o.put("time", event.at().toString());
    o.put("type", event.type());
    o.put("project_id", event.projectId());
    o.put("user_id", event.userId());
    o.put("request_id", event.requestId());
    o.put("resource_id", event.resourceId());
    o.set("payload", event.payload());
    return Json.text(o);
  }

  private static TreeMap<String, Long> cursor(String text) {
    var out = new TreeMap<String, Long>();
    if (text == null || text.isEmpty() || text.equals("0")) {
      return out;
    }
    try {
      Json.parse(Base64.getUrlDecoder().decode(text))
          .forEachEntry((k, v) -> out.put(k, v.longValue()));
      return out;
    } catch (RuntimeException e) {
      throw Fault.badRequest(
          "'since' is not a cursor of ours; leave it out to start from the beginning.");
    }
  }
}
