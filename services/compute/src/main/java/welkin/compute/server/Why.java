package welkin.compute.server;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.core.Caller;
import welkin.core.Json;
import welkin.store.Database;
import welkin.store.Sql;
import welkin.workflow.WorkflowReport;

/** Says why a server is where and how it is. */
final class Why {
  private static final int REASONS = 20;
  private final Database database;

  Why(Database database) {
    this.database = database;
  }

  ObjectNode of(Server server, Caller caller) {
    return database.read(
        sql -> {
          var out =
              Json.object()
                  .put("server_id", server.id())
                  .put("status", server.status())
                  .put("vm_state", server.vmState())
                  .put("task_state", server.taskState());
          if (server.fault() != null) {
            out.put("reason", Json.string(server.fault(), "message"));
          }
          var rejected = ServerStore.why(sql, server.id());
          if (caller.isAdmin()) {
            out.put("host", server.host());
            out.set("rejected_hosts", rejected == null ? Json.array() : rejected);
          } else {
            told(out, rejected, ServerStore.hostNames(sql));
          }
          work(sql, out, server.id());
          return out;
        });
  }

  private record Refusal(String filter, String reason) {}

  /** Without the names of hosts: how many each filter rejected, and for which reasons. */
  private static void told(ObjectNode out, JsonNode rejected, Collection<String> hosts) {
    var byFilter = new TreeMap<String, Integer>();
    var byReason = new LinkedHashMap<Refusal, Integer>();
    if (rejected != null) {
      for (var r : rejected) {
        var filter = Json.string(r, "filter");
        byFilter.merge(filter, 1, Integer::sum);
        byReason.merge(
            new Refusal(filter, nameless(Json.string(r, "reason"), hosts)), 1, Integer::sum);
      }
    }
    out.set("rejected_by_filter", Json.tree(byFilter));
    var reasons = out.putArray("rejected");
    byReason.entrySet().stream()
        .sorted(Map.Entry.<Refusal, Integer>comparingByValue().reversed())
        .limit(REASONS)
        .forEach(
            e ->
                reasons
                    .addObject()
                    .put("filter", e.getKey().filter)
                    .put("reason", e.getKey().reason)
                    .put("hosts", e.getValue()));
  }

  /** A reason without names of hosts, and without what an operator wrote about one. */
  static String nameless(String reason, Collection<String> hosts) {
    var out = reason.startsWith(HostFinder.DISABLED) ? HostFinder.DISABLED : reason;
    for (var host : hosts) {
      out =
          out.replaceAll(
              "(?<![\\w.-])(host )?" + Pattern.quote(host) + "(?![\\w-]|\\.\\w)", "a host");
    }
    return out;
  }

  private static void work(Sql sql, ObjectNode out, String id) {
    var array = out.putArray("workflows");
    for (var w : WorkflowReport.of(sql, id)) {
      var one =
          array
              .addObject()
              .put("id", w.id())
              .put("kind", w.kind())
              .put("state", w.state())
              .put("started", Timestamps.naive(w.createdAt()))
              .put("deadline", Timestamps.naive(w.deadline()))
              .put("reason", Json.string(w.reason(), "message"));
      var steps = one.putArray("steps");
      w.steps().forEach(s -> steps.addObject().put("name", s.name()).put("state", s.state()));
    }
  }
}
