package welkin.compute.action;

import java.time.Instant;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.api.Timestamps;
import welkin.compute.server.Lookup;
import welkin.compute.server.Server;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.store.Database;

/** {@code /servers/{id}/os-instance-actions}. */
public final class InstanceActionApi {
  private static final String RULE = "os_compute_api:os-instance-actions:";
  private static final int PAGE_MAX = 1000;
  private final ActionStore actions;
  private final Lookup lookup;
  private final Database database;
  private final PolicyEngine policy;

  public InstanceActionApi(
      ActionStore actions, Lookup lookup, Database database, PolicyEngine policy) {
    this.actions = actions;
    this.lookup = lookup;
    this.database = database;
    this.policy = policy;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/servers/{id}/os-instance-actions", this::list)
        .policyOnTarget(RULE + "list")
        .summary("What was asked of a server, newest first.");
    r.get("/servers/{id}/os-instance-actions/{request}", this::show)
        .policyOnTarget(RULE + "show")
        .summary("One of it, with how it went.");
    return r;
  }

  private Server server(Call call) {
    return call.at(2, 21) ? lookup.everServer(call) : lookup.server(call);
  }

  private Answer list(Call call) {
    var server = server(call);
    var page =
        call.at(2, 58) ? Paging.of(call, PAGE_MAX, List.of()) : new Paging(null, null, List.of());
    var since = time(call, "changes-since", call.at(2, 58));
    var before = time(call, "changes-before", call.at(2, 66));
    var found = database.read(sql -> actions.list(sql, server.id(), since, before, page));
    var answer = Json.object();
    var array = answer.putArray("instanceActions");
    found.forEach(a -> array.add(view(call, a)));
    if (page.full(found.size())) {
      answer
          .putArray("links")
          .add(Links.link("next", Paging.next(call, found.getLast().requestId())));
    }
    return Answer.ok(answer);
  }

  private static Instant time(Call call, String name, boolean there) {
    var text = there ? call.query(name) : null;
    return text == null ? null : Timestamps.parse(text, name);
  }

  private static ObjectNode view(Call call, ActionStore.Action a) {
    var out =
        Json.object()
            .put("action", a.action())
            .put("instance_uuid", a.serverId())
            .put("request_id", a.requestId())
            .put("user_id", a.userId())
            .put("project_id", a.projectId())
            .put("start_time", Timestamps.naive(a.startTime()))
            .put("message", a.message());
    return call.at(2, 58) ? out.put("updated_at", Timestamps.naive(a.updatedAt())) : out;
  }

  private Answer show(Call call) {
    var server = server(call);
    var request = call.path("request");
    return database.read(
        sql -> {
          var action =
              actions
                  .find(sql, server.id(), request)
                  .orElseThrow(
                      () ->
                          Fault.notFound(
                              "Action for request_id "
                                  + request
                                  + " on instance "
                                  + server.id()
                                  + " not found"));
          var out = view(call, action);
          boolean admin = policy.allows(RULE + "events", call.caller(), call.own());
          boolean details = policy.allows(RULE + "events:details", call.caller(), call.own());
          if (admin || call.at(2, 51)) {
            var events = out.putArray("events");
            actions
                .events(sql, server.id(), request)
                .forEach(e -> events.add(event(call, server, e, admin, details)));
          }
          return Answer.ok(Json.object().set("instanceAction", out));
        });
  }

  private static ObjectNode event(
      Call call, Server server, ActionStore.Event e, boolean admin, boolean details) {
    var out =
        Json.object()
            .put("event", e.event())
            .put("start_time", Timestamps.naive(e.startTime()))
            .put("finish_time", Timestamps.naive(e.finishTime()))
            .put("result", e.result());
    if (admin) {
      out.putNull("traceback");
    }
    if (call.at(2, 62)) {
      if (admin) {
        out.put("host", e.host());
      }
      out.put("hostId", e.host() == null ? "" : server.hostId(e.host()));
    }
    if (call.at(2, 84)) {
      out.put("details", details || e.details() == null ? e.details() : "");
    }
    return out;
  }
}
