package welkin.compute.server;

import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.InstanceAgent;
import welkin.compute.action.ActionStore;
import welkin.compute.api.Timestamps;
import welkin.compute.host.Hosts;
import welkin.compute.migration.Migration;
import welkin.compute.migration.MigrationStore;
import welkin.compute.scheduler.Scheduler;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.peers.Backend;
import welkin.peers.Peers;
import welkin.store.Database;
import welkin.store.Quotas;
import welkin.store.Sql;
import welkin.workflow.Run;

/** What the work on servers is done with. */
public record Means(
    Backend backend,
    ActionStore actions,
    Quotas quotas,
    Hosts hosts,
    HostFinder finder,
    Claims claims,
    Networking networking,
    GuestSpecs guests,
    Peers peers,
    Duration vifTimeout,
    int attempts) {

  Database database() {
    return backend.database();
  }

  InstantSource clock() {
    return backend.clock();
  }

  Ids ids() {
    return backend.ids();
  }

  Server server(String id) {
    return database()
        .read(sql -> ServerStore.findEver(sql, id))
        .orElseThrow(() -> Lookup.absent(id));
  }

  /** The server a workflow is about, as it is when the work begins. */
  Server server(Run run, String id) {
    return run.known(Server.class).orElseGet(() -> server(id));
  }

  Migration migration(long id) {
    return database()
        .read(sql -> MigrationStore.find(sql, id))
        .orElseThrow(() -> Fault.notFound("Migration " + id + " could not be found."));
  }

  Migration migration(Sql sql, long id) {
    return MigrationStore.find(sql, id)
        .orElseThrow(() -> Fault.notFound("Migration " + id + " could not be found."));
  }

  void setMigration(Sql sql, long id, Object... pairs) {
    MigrationStore.set(sql, id, clock().instant(), pairs);
  }

  /** A move has a destination now. */
  void headFor(Sql sql, Migration m, String status, String host) {
    var ip = hosts.find(host).map(h -> h.report().hostIp()).orElse(null);
    setMigration(sql, m.id(), "status", status, "dest_host", host, "dest_ip", ip);
  }

  /** How many hosts a move is tried on: one, when somebody named it. */
  int attempts(Migration m) {
    return m.terms().host() == null ? attempts : 1;
  }

  void set(Sql sql, String id, Object... pairs) {
    ServerStore.set(sql, id, clock().instant(), pairs);
  }

  /** An event about a server, in upstream's words. */
  void tell(Sql sql, Server server, String what) {
    tell(sql, server, what, server.vmState(), server.host());
  }

  /** An event about a server that is by now in this state and on this host. */
  void tell(Sql sql, Server server, String what, String vmState, String host) {
    var payload = new LinkedHashMap<String, Object>();
    payload.put("instance_id", server.id());
    payload.put("tenant_id", server.projectId());
    payload.put("user_id", server.userId());
    payload.put("display_name", server.name());
    payload.put("instance_type", server.flavor().name());
    payload.put("vcpus", server.flavor().vcpus());
    payload.put("memory_mb", server.flavor().ramMb());
    payload.put("disk_gb", server.flavor().diskGb());
    payload.put("state", vmState);
    payload.put("host", host);
    payload.put("image_ref", server.imageId());
    backend
        .events()
        .append(sql, "compute.instance." + what, server.projectId(), server.id(), payload);
  }

  /** A failure as servers show it. */
  JsonNode fault(Fault reason) {
    var details = reason.details().get("rejected");
    return Json.object()
        .put("code", reason.status() == 504 || reason.status() == 503 ? 500 : reason.status())
        .put("message", reason.getMessage())
        .put("details", details == null ? reason.code() : details(details))
        .put("created", Timestamps.seconds(clock().instant()));
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

  /**
   * A failure as the server's actions tell administrators; for a host that was named the hosts
   * nobody asked about are left out.
   */
  private static String atLength(Fault reason) {
    var rejected = Json.tree(reason.details().getOrDefault("rejected", List.of()));
    var told =
        rejected
            .valueStream()
            .filter(r -> !Scheduler.OTHER_HOST.equals(Json.string(r, "filter")))
            .toList();
    var details = details(told);
    return details.isEmpty() ? reason.getMessage() : reason.getMessage() + "\n" + details;
  }

  /** The agent of a host, which work under way gives some time to come (back). */
  InstanceAgent agent(String host) {
    return hosts.agentSoon(host);
  }

  /** Whether two hosts keep guests' disks on the same storage. */
  boolean shared(String one, String other) {
    var id = storage(one);
    return id != null && id.equals(storage(other));
  }

  private String storage(String host) {
    return hosts.find(host).map(h -> h.report().storageId()).orElse(null);
  }

  /** What a moved server and its migration hold until the move is confirmed. */
  Claims.Held moved(Migration m) {
    return new Claims.Held(
        Map.of(provider(m.destHost()), HostFinder.resources(m.newFlavor())),
        Map.of(provider(m.sourceHost()), HostFinder.resources(m.oldFlavor())));
  }

  private String provider(String host) {
    return hosts
        .find(host)
        .orElseThrow(() -> Fault.notFound("Host " + host + " could not be found."))
        .nodeUuid();
  }

  /**
   * A move failed and was undone: the server is what it was, and says why. One that is being
   * deleted goes on to be.
   */
  void unmoved(Sql sql, Server server, Fault reason, String action, String event) {
    set(sql, server.id(), "fault", fault(reason));
    if (reason.details().get("rejected") != null) {
      set(sql, server.id(), "why", Json.tree(reason.details().get("rejected")));
    }
    if (!States.DELETING.equals(server.taskState())) {
      set(sql, server.id(), "task_state", null);
    }
    actions.event(sql, server.id(), action, server.host(), atLength(reason));
    tell(sql, server, event);
  }

  /**
   * What a server's change of size counts more of; the other way round what it counts less of is
   * given back with {@link #giveShrunk}.
   *
   * @throws Fault 403 over quota
   */
  void takeGrown(Sql sql, String project, FlavorCopy from, FlavorCopy to) {
    quotas.take(sql, project, "cores", Math.max(0, to.vcpus() - from.vcpus()));
    quotas.take(sql, project, "ram", Math.max(0, to.ramMb() - from.ramMb()));
  }

  void giveShrunk(Sql sql, String project, FlavorCopy from, FlavorCopy to) {
    quotas.give(sql, project, "cores", Math.max(0, from.vcpus() - to.vcpus()));
    quotas.give(sql, project, "ram", Math.max(0, from.ramMb() - to.ramMb()));
  }

  /** Runs something on a host whose agent may be gone for good: what it left is found later. */
  void onHostIfThere(String host, Runnable work) {
    try {
      work.run();
    } catch (Fault f) {
      // 503: nobody is there; 504: it fell silent, as one that was just cut off does before it
      // counts as down
      if (f.status() != 503 && f.status() != 504 && hosts.up(host)) {
        throw f;
      }
    }
  }
}
