package welkin.compute.server;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.InstanceAgent;
import welkin.compute.action.ActionStore;
import welkin.compute.api.Timestamps;
import welkin.compute.host.Hosts;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.peers.Peers;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Quotas;
import welkin.store.Sql;

/** What the work on servers is done with. */
public record Means(
    Database database,
    Events events,
    ActionStore actions,
    Quotas quotas,
    Hosts hosts,
    HostFinder finder,
    Networking networking,
    GuestSpecs guests,
    Peers peers,
    InstantSource clock,
    Duration vifTimeout,
    int attempts) {

  Server server(String id) {
    return database.read(sql -> ServerStore.findEver(sql, id)).orElseThrow(() -> Lookup.absent(id));
  }

  void set(Sql sql, String id, Object... pairs) {
    ServerStore.set(sql, id, clock.instant(), pairs);
  }

  /** An event about a server, in upstream's words. */
  void tell(Sql sql, Server server, String what) {
    var payload = new LinkedHashMap<String, Object>();
    payload.put("instance_id", server.id());
    payload.put("tenant_id", server.projectId());
    payload.put("user_id", server.userId());
    payload.put("display_name", server.name());
    payload.put("instance_type", server.flavor().name());
    payload.put("vcpus", server.flavor().vcpus());
    payload.put("memory_mb", server.flavor().ramMb());
    payload.put("disk_gb", server.flavor().diskGb());
    payload.put("state", server.vmState());
    payload.put("host", server.host());
    payload.put("image_ref", server.imageId());
    events.append(sql, "compute.instance." + what, server.projectId(), server.id(), payload);
  }

  /** A failure as servers show it. */
  JsonNode fault(Fault reason) {
    var details = reason.details().get("rejected");
    return Json.object()
        .put("code", reason.status() == 504 || reason.status() == 503 ? 500 : reason.status())
        .put("message", reason.getMessage())
        .put("details", details == null ? reason.code() : details(details))
        .put("created", Timestamps.seconds(clock.instant()));
  }

  private static String details(Object rejected) {
    var out = new StringBuilder();
    Json.tree(rejected)
        .forEach(
            r ->
                out.append(out.isEmpty() ? "" : "\n")
                    .append(Json.string(r, "host"))
                    .append(": ")
                    .append(Json.string(r, "filter"))
                    .append(": ")
                    .append(Json.string(r, "reason")));
    return out.toString();
  }

  /** The agent of a host, which work under way gives some time to come (back). */
  InstanceAgent agent(String host) {
    return hosts.agentSoon(host);
  }

  /** Runs something on a host whose agent may be gone for good: what it left is found later. */
  void onHostIfThere(String host, Runnable work) {
    try {
      work.run();
    } catch (Fault f) {
      if (f.status() != 503 && hosts.up(host)) {
        throw f;
      }
    }
  }
}
