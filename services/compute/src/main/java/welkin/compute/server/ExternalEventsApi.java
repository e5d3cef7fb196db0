package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.workflow.WorkflowEngine;

/**
 * {@code POST /os-server-external-events}: what other services tell about servers. A wired port
 * wakes the work that waits for it; a changed network makes the kept addresses fresh.
 */
public final class ExternalEventsApi {
  private static final Set<String> PORT_EVENTS =
      Set.of("network-vif-plugged", "network-vif-unplugged", "network-vif-deleted");
  private static final Shape EVENT =
      Shape.object()
          .required("server_uuid", Shape.string().format("uuid"))
          .required(
              "name",
              Shape.string()
                  .oneOf(
                      "network-changed",
                      "network-vif-plugged",
                      "network-vif-unplugged",
                      "network-vif-deleted",
                      "volume-extended",
                      "power-update",
                      "accelerator-request-bound"))
          .optional("status", Shape.string().oneOf("failed", "completed", "in-progress"))
          .optional("tag", Shape.string().length(0, 255));
  private static final Shape CREATE =
      Shape.object()
          .required("events", Shape.array(EVENT).min(1))
          .since("events", v(2, 1))
          .noOthers();

  private final Means means;
  private final WorkflowEngine engine;
  private final AddressRefresh refresh;

  public ExternalEventsApi(Means means, WorkflowEngine engine, AddressRefresh refresh) {
    this.means = means;
    this.engine = engine;
    this.refresh = refresh;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.post("/os-server-external-events", this::create)
        .policy("os_compute_api:os-server-external-events:create")
        .body(CREATE)
        .summary("Tells Compute what happened elsewhere.");
    return r;
  }

  private Answer create(Call call) {
    var answer = Json.object();
    var array = answer.putArray("events");
    int good = 0;
    int all = 0;
    for (var e : call.object().get("events")) {
      var event = (ObjectNode) e.deepCopy();
      all++;
      int code = hear(event);
      event.put("code", code);
      event.put("status", code == 200 ? event.path("status").asString("completed") : "failed");
      if (code == 200) {
        good++;
      }
      array.add(event);
    }
    if (good == 0) {
      throw welkin.core.Fault.notFound("No instances found for any event");
    }
    return Answer.json(good == all ? 200 : 207, answer);
  }

  /** 200, 404 for no such server, 422 for one that is on no host. */
  private int hear(ObjectNode event) {
    var id = Json.string(event, "server_uuid");
    var server = means.database().read(sql -> ServerStore.find(sql, id));
    if (server.isEmpty()) {
      return 404;
    }
    var name = Json.string(event, "name");
    var tag = Json.string(event, "tag");
    if (PORT_EVENTS.contains(name) && tag != null) {
      boolean heard =
          engine.signal(id, name + ":" + tag, Map.of("status", event.path("status").asString("")));
      if (server.get().nics().stream().anyMatch(n -> n.given() && n.portId().equals(tag))) {
        refresh.soon(id); // a port that was there before has groups of its own
      }
      return heard || server.get().host() != null ? 200 : 422;
    }
    if (name.equals("network-changed")) {
      refresh.soon(id);
    }
    return 200;
  }
}
