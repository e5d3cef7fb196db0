package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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
  /** What workflows wait for; nothing is written for the others, nor for work that runs here. */
  private static final String AWAITED = "network-vif-plugged";

  private static final Set<String> PORT_EVENTS =
      Set.of(AWAITED, "network-vif-unplugged", "network-vif-deleted");
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
    var events = new ArrayList<ObjectNode>();
    call.object().get("events").forEach(e -> events.add((ObjectNode) e.deepCopy()));
    var refreshed = new LinkedHashSet<String>();
    int[] codes = hear(events, refreshed);
    refreshed.forEach(refresh::soon);
    var answer = Json.object();
    var array = answer.putArray("events");
    int good = 0;
    for (int i = 0; i < codes.length; i++) {
      var event = events.get(i);
      event.put("code", codes[i]);
      event.put("status", codes[i] == 200 ? event.path("status").asString("completed") : "failed");
      good += codes[i] == 200 ? 1 : 0;
      array.add(event);
    }
    if (good == 0) {
      throw welkin.core.Fault.notFound("No instances found for any event");
    }
    return Answer.json(good == codes.length ? 200 : 207, answer);
  }

  /** Of each event: 200, 404 for no such server, 422 for one that is on no host. */
  private int[] hear(List<ObjectNode> events, Set<String> refreshed) {
    var ids = events.stream().map(ExternalEventsApi::server).distinct().toList();
    var sites = new HashMap<String, ServerStore.Site>();
    means.database().read(sql -> ServerStore.sites(sql, ids)).forEach(s -> sites.put(s.id(), s));
    var elsewhere =
        events.stream()
            .filter(e -> isAwaited(e) && sites.containsKey(server(e)) && !toldHere(e))
            .toList();
    Set<ObjectNode> unheard =
        elsewhere.isEmpty()
            ? Set.of()
            : means
                .database()
                .tx(
                    sql ->
                        elsewhere.stream()
                            .filter(e -> !engine.signal(sql, server(e), signal(e), status(e)))
                            .collect(Collectors.toSet()));
    return events.stream()
        .mapToInt(e -> code(e, sites.get(server(e)), !unheard.contains(e), refreshed))
        .toArray();
  }

  private boolean toldHere(ObjectNode event) {
    return engine.tell(server(event), signal(event), status(event));
  }

  private static boolean isAwaited(ObjectNode event) {
    return AWAITED.equals(Json.string(event, "name")) && Json.string(event, "tag") != null;
  }

  private static String server(ObjectNode event) {
    return Json.string(event, "server_uuid");
  }

  private static String signal(ObjectNode event) {
    return AWAITED + ":" + Json.string(event, "tag");
  }

  private static Map<String, String> status(ObjectNode event) {
    return Map.of("status", event.path("status").asString(""));
  }

  private int code(ObjectNode event, ServerStore.Site server, boolean told, Set<String> refreshed) {
    if (server == null) {
      return 404;
    }
    var name = Json.string(event, "name");
    var tag = Json.string(event, "tag");
    if (PORT_EVENTS.contains(name) && tag != null) {
      boolean heard =
          name.equals(AWAITED)
              ? told
              : server.host() == null
                  && means.database().read(sql -> engine.isBusy(sql, server.id()));
      if (server.nics().stream().anyMatch(n -> n.given() && n.portId().equals(tag))) {
        // a port that was there before has groups of its own
        refreshed.add(server.id());
      }
      return heard || server.host() != null ? 200 : 422;
    }
    if (name.equals("network-changed")) {
      refreshed.add(server.id());
    }
    return 200;
  }
}
