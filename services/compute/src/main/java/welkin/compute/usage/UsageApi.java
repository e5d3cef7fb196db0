package welkin.compute.usage;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.store.Database;

/** {@code /os-simple-tenant-usage}: what servers took over a span of time. */
public final class UsageApi {
  private static final String RULE = "os_compute_api:os-simple-tenant-usage:";
  private final Database database;
  private final InstantSource clock;

  public UsageApi(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-simple-tenant-usage", this::list)
        .policy(RULE + "list")
        .summary("Every project's use.");
    r.get("/os-simple-tenant-usage/{id}", this::show)
        .policyOnTarget(RULE + "show")
        .summary("One project's use.");
    return r;
  }

  private Instant start(Call call) {
    var text = call.query("start");
    return text == null ? clock.instant().minus(Duration.ofDays(28)) : time(text);
  }

  private Instant end(Call call) {
    var text = call.query("end");
    return text == null ? clock.instant() : time(text);
  }

  private static Instant time(String text) {
    try {
      return Timestamps.parse(text, "time");
    } catch (Fault f) {
      throw Fault.badRequest("Datetime is in invalid format");
    }
  }

  private List<Span> spans(Instant start, Instant end, String projectId) {
    if (!start.isBefore(end)) {
      throw Fault.badRequest("Invalid start time. The start time cannot occur after the end time.");
    }
    return database.read(sql -> UsageStore.between(sql, start, end, projectId));
  }

  private Answer list(Call call) {
    if (call.request().path().endsWith("/")) {
      throw Fault.notFound("The resource could not be found."); // a project with an empty id
    }
    var start = start(call);
    var end = end(call);
    var byProject = new TreeMap<String, List<Span>>();
    for (var s : spans(start, end, null)) {
      byProject.computeIfAbsent(s.projectId(), p -> new ArrayList<>()).add(s);
    }
    var answer = Json.object();
    var array = answer.putArray("tenant_usages");
    boolean detailed = "1".equals(call.query("detailed"));
    byProject.forEach((p, spans) -> array.add(usage(p, spans, start, end, detailed)));
    return Answer.ok(answer);
  }

  private Answer show(Call call) {
    var project = call.path("id");
    call.enforce(Map.of("project_id", project));
    var start = start(call);
    var end = end(call);
    var spans = spans(start, end, project);
    return Answer.ok(
        Json.object()
            .set(
                "tenant_usage",
                spans.isEmpty() ? Json.object() : usage(project, spans, start, end, true)));
  }

  private ObjectNode usage(
      String project, List<Span> spans, Instant start, Instant end, boolean detailed) {
    double hours = 0;
    double memory = 0;
    double disk = 0;
    double vcpus = 0;
    var servers = Json.array();
    for (var s : spans) {
      var from = s.launched().isBefore(start) ? start : s.launched();
      var to = s.terminated() == null || s.terminated().isAfter(end) ? end : s.terminated();
      double h = Math.max(0, Duration.between(from, to).toMillis() / 3_600_000.0);
      var f = s.flavor();
      hours += h;
      memory += h * f.ramMb();
      disk += h * (f.diskGb() + f.ephemeralGb());
      vcpus += h * f.vcpus();
      servers.add(server(s, h));
    }
    var out =
        Json.object()
            .put("tenant_id", project)
            .put("start", naive(start))
            .put("stop", naive(end))
            .put("total_hours", hours)
            .put("total_memory_mb_usage", memory)
            .put("total_local_gb_usage", disk)
            .put("total_vcpus_usage", vcpus);
    if (detailed) {
      out.set("server_usages", servers);
    }
    return out;
  }

  private ObjectNode server(Span s, double hours) {
    var f = s.flavor();
    var up =
        Duration.between(s.launched(), s.terminated() == null ? clock.instant() : s.terminated());
    return Json.object()
        .put("instance_id", s.id())
        .put("name", s.name())
        .put("tenant_id", s.projectId())
        .put("flavor", f.name())
        .put("vcpus", f.vcpus())
        .put("memory_mb", f.ramMb())
        .put("local_gb", f.diskGb() + f.ephemeralGb())
        .put("hours", hours)
        .put("started_at", naive(s.launched()))
        .put("ended_at", s.terminated() == null ? null : naive(s.terminated()))
        .put("state", s.terminated() == null ? s.vmState() : "terminated")
        .put("uptime", up.toSeconds());
  }

  private static String naive(Instant t) {
    return Timestamps.naive(t);
  }
}
