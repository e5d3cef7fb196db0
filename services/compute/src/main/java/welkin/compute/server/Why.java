package welkin.compute.server;

import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.core.Caller;
import welkin.core.Json;
import welkin.store.Database;
import welkin.store.Sql;

/** Says why a server is where and how it is. */
final class Why {
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
            filters(out, rejected);
          }
          work(sql, out, server.id());
          return out;
        });
  }

  /** Without the names of hosts: how many each filter rejected. */
  private static void filters(ObjectNode out, tools.jackson.databind.JsonNode rejected) {
    var counts = out.putObject("rejected_by_filter");
    if (rejected != null) {
      for (var r : rejected) {
        var filter = Json.string(r, "filter");
        counts.put(filter, counts.path(filter).asInt(0) + 1);
      }
    }
  }

  private static void work(Sql sql, ObjectNode out, String id) {
    var array = out.putArray("workflows");
    sql.list(
            "SELECT id, kind, state, deadline, reason, created_at FROM workflow WHERE subject = ?"
                + " ORDER BY created_at DESC, id LIMIT 10",
            r ->
                Json.object()
                    .put("id", r.text("id"))
                    .put("kind", r.text("kind"))
                    .put("state", r.text("state"))
                    .put("started", Timestamps.naive(r.time("created_at")))
                    .put("deadline", Timestamps.naive(r.time("deadline")))
                    .put("reason", Json.string(r.json("reason"), "message")),
            id)
        .forEach(array::add);
    for (var w : array) {
      var steps = ((ObjectNode) w).putArray("steps");
      sql.list(
              "SELECT name, state FROM workflow_step WHERE workflow_id = ? ORDER BY position",
              r -> Json.object().put("name", r.text("name")).put("state", r.text("state")),
              Json.string(w, "id"))
          .forEach(steps::add);
    }
  }
}
