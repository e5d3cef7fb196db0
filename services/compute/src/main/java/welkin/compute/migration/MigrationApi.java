package welkin.compute.migration;

import static welkin.http.Version.v;

import java.time.Instant;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.api.Queries;
import welkin.compute.api.Timestamps;
import welkin.compute.server.FlavorCopy;
import welkin.compute.server.Lookup;
import welkin.compute.server.Server;
import welkin.compute.server.ServerMoves;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Paging;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.store.Database;

/** {@code /os-migrations} and {@code /servers/{id}/migrations}. */
public final class MigrationApi {
  private static final String ALL = "os_compute_api:os-migrations:index";
  private static final String OF_SERVER = "os_compute_api:servers:migrations:";
  private static final int PAGE_MAX = 1000;

  private static final ObjectShape QUERY =
      Shape.object()
          .optional("hidden", Shape.string())
          .optional("host", Shape.string())
          .optional("instance_uuid", Shape.string())
          .optional("source_compute", Shape.string())
          .optional("status", Shape.string())
          .optional("migration_type", Shape.string())
          .optional("limit", Shape.string().pattern("^[0-9]*$"))
          .since("limit", v(2, 59))
          .optional("marker", Shape.string())
          .since("marker", v(2, 59))
          .optional("changes-since", Shape.string())
          .since("changes-since", v(2, 59))
          .optional("changes-before", Shape.string())
          .since("changes-before", v(2, 66))
          .optional("user_id", Shape.string())
          .since("user_id", v(2, 80))
          .optional("project_id", Shape.string())
          .since("project_id", v(2, 80))
          .noOthersSince(v(2, 59));

  private final Database database;
  private final Lookup lookup;
  private final ServerMoves moves;

  public MigrationApi(Database database, Lookup lookup, ServerMoves moves) {
    this.database = database;
    this.lookup = lookup;
    this.moves = moves;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-migrations", this::all).policy(ALL).summary("Moves of servers, newest first.");
    r.get("/servers/{id}/migrations", this::ofServer)
        .policyOnTarget(OF_SERVER + "index")
        .since(2, 23)
        .summary("A server's live migrations under way.");
    r.get("/servers/{id}/migrations/{migration}", this::show)
        .policyOnTarget(OF_SERVER + "show")
        .since(2, 23)
        .summary("How far a live migration has come.");
    r.delete("/servers/{id}/migrations/{migration}", this::abort)
        .policyOnTarget(OF_SERVER + "delete")
        .since(2, 24)
        .success(202)
        .summary("Gives a live migration up.");
    r.action("/servers/{id}/migrations/{migration}/action", "force_complete", this::force)
        .policyOnTarget(OF_SERVER + "force_complete")
        .since(2, 22)
        .body(Shape.object().required("force_complete", Shape.nothing()).noOthers())
        .success(202)
        .summary("Ends a live migration soon, whatever the guest does.");
    return r;
  }

  // ---- all of them

  private Answer all(Call call) {
    Queries.check(call, QUERY);
    boolean paged = call.at(2, 59);
    var page = paged ? Paging.of(call, PAGE_MAX, List.of()) : new Paging(null, null, List.of());
    var project = call.at(2, 80) ? call.query("project_id") : null;
    if (!call.allows(ALL + ":all_projects", call.own())) {
      if (project != null && !project.equals(call.caller().projectId())) {
        throw Fault.forbidden("Policy doesn't allow " + ALL + ":all_projects to be performed.");
      }
      project = call.caller().projectId();
    }
    boolean hosts = call.allows(ALL + ":host", call.own());
    var since = paged ? time(call, "changes-since") : null;
    var before = call.at(2, 66) ? time(call, "changes-before") : null;
    if (since != null && before != null && before.isBefore(since)) {
      throw Fault.badRequest(
          "The value of changes-since must be less than or equal to changes-before.");
    }
    var wanted =
        new MigrationStore.Wanted(
            call.query("instance_uuid"),
            call.query("host"),
            call.query("source_compute"),
            call.query("status"),
            call.query("migration_type"),
            project,
            call.at(2, 80) ? call.query("user_id") : null,
            since,
            before);
    var found = database.read(sql -> MigrationStore.list(sql, wanted, page));
    var out = Json.object();
    var array = out.putArray("migrations");
    found.forEach(m -> array.add(listed(call, m, hosts)));
    if (paged) {
      Links.next(out, "migrations", call, page, found.stream().map(Migration::uuid).toList());
    }
    return Answer.ok(out);
  }

  private static Instant time(Call call, String name) {
    var text = call.query(name);
    return text == null ? null : Timestamps.parse(text, name);
  }

  private static ObjectNode listed(Call call, Migration m, boolean hosts) {
    var o = Json.object().put("id", m.id()).put("status", m.status());
    o.put("instance_uuid", m.serverId());
    o.put("source_compute", hosts ? m.sourceHost() : null);
    o.put("source_node", hosts ? m.sourceHost() : null);
    o.put("dest_compute", hosts ? m.destHost() : null);
    o.put("dest_node", hosts ? m.destHost() : null);
    o.put("dest_host", hosts ? m.destIp() : null);
    o.put("old_instance_type_id", number(m.oldFlavor()));
    o.put("new_instance_type_id", number(m.newFlavor()));
    o.put("created_at", Timestamps.naive(m.createdAt()));
    o.put("updated_at", Timestamps.naive(m.updatedAt()));
    if (call.at(2, 23)) {
      o.put("migration_type", m.type().word());
      if (underWay(m)) {
        o.set("links", Links.of(call, "servers/" + m.serverId() + "/migrations", "" + m.id()));
      }
    }
    if (call.at(2, 59)) {
      o.put("uuid", m.uuid());
    }
    if (call.at(2, 80)) {
      o.put("user_id", m.userId()).put("project_id", m.projectId());
    }
    return o;
  }

  /** A flavor's number: its id where that is one, else one that stands for it. */
  private static int number(FlavorCopy f) {
    var id = f.id();
    return id.matches("[0-9]{1,9}") ? Integer.parseInt(id) : id.hashCode() & Integer.MAX_VALUE;
  }

  // ---- a server's live migrations

  private static boolean underWay(Migration m) {
    return m.type() == Migration.Type.LIVE_MIGRATION && m.open();
  }

  private Answer ofServer(Call call) {
    var server = lookup.server(call);
    boolean hosts = call.allows(OF_SERVER + "index:host", Lookup.target(server));
    var out = Json.object();
    var array = out.putArray("migrations");
    database.read(sql -> MigrationStore.open(sql, server.id())).stream()
        .filter(MigrationApi::underWay)
        .forEach(m -> array.add(live(call, m, hosts)));
    return Answer.ok(out);
  }

  private Answer show(Call call) {
    var server = lookup.server(call);
    var m = of(call, server);
    if (m.type() != Migration.Type.LIVE_MIGRATION) {
      throw Fault.notFound(
          "Migration " + m.id() + " for server " + server.id() + " is not live-migration.");
    }
    if (!m.open()) {
      throw Fault.notFound(
          "Live migration " + m.id() + " for server " + server.id() + " is not in progress.");
    }
    return Answer.ok(Json.object().set("migration", live(call, m, true)));
  }

  private Migration of(Call call, Server server) {
    var id = call.path("migration");
    var found =
        id.matches("[0-9]{1,18}")
            ? database.read(sql -> MigrationStore.find(sql, Long.parseLong(id)))
            : java.util.Optional.<Migration>empty();
    return found
        .filter(m -> m.serverId().equals(server.id()))
        .orElseThrow(
            () ->
                Fault.notFound(
                    "In-progress live migration "
                        + id
                        + " is not found for server "
                        + server.id()
                        + "."));
  }

  private static ObjectNode live(Call call, Migration m, boolean hosts) {
    var o = Json.object().put("id", m.id()).put("status", m.status());
    o.put("server_uuid", m.serverId());
    o.put("source_compute", hosts ? m.sourceHost() : null);
    o.put("source_node", hosts ? m.sourceHost() : null);
    o.put("dest_compute", hosts ? m.destHost() : null);
    o.put("dest_node", hosts ? m.destHost() : null);
    o.put("dest_host", hosts ? m.destIp() : null);
    for (var what : List.of("memory", "disk")) {
      for (var how : List.of("total", "processed", "remaining")) {
        var name = what + "_" + how + "_bytes";
        JsonNode value = m.progress() == null ? null : m.progress().get(name);
        if (value == null) {
          o.putNull(name);
        } else {
          o.set(name, value);
        }
      }
    }
    o.put("created_at", Timestamps.naive(m.createdAt()));
    o.put("updated_at", Timestamps.naive(m.updatedAt()));
    if (call.at(2, 59)) {
      o.put("uuid", m.uuid());
    }
    if (call.at(2, 80)) {
      o.put("user_id", m.userId()).put("project_id", m.projectId());
    }
    return o;
  }

  private Answer abort(Call call) {
    var server = lookup.unlocked(call);
    moves.abort(server, of(call, server), call.at(2, 65));
    return Answer.empty(202);
  }

  private Answer force(Call call) {
    var server = lookup.unlocked(call);
    moves.forceComplete(server, of(call, server));
    return Answer.empty(202);
  }
}
