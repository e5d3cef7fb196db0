package welkin.compute.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import welkin.compute.servergroup.ServerGroupStore;
import welkin.core.Caller;
import welkin.core.Fault;
import welkin.workflow.WorkflowEngine;

/** Makes, changes and deletes servers. */
public final class Servers {
  /** So long a request waits for a delete that is done at once as a rule. */
  private static final Duration MOMENT = Duration.ofSeconds(2);

  private final Means means;
  private final WorkflowEngine engine;
  private final CreateServer createServer;
  private final DeleteServer deleteServer;
  private final RequestSpecs specs;
  private final ServerQuotas quotas;

  public Servers(
      Means means,
      WorkflowEngine engine,
      CreateServer createServer,
      DeleteServer deleteServer,
      RequestSpecs specs) {
    this.means = means;
    this.engine = engine;
    this.createServer = createServer;
    this.deleteServer = deleteServer;
    this.specs = specs;
    this.quotas = new ServerQuotas(means.quotas());
  }

  /**
   * Stores as many servers as can be had (at least {@code minCount}) and begins to build them.
   *
   * @throws Fault 400 for what does not exist or does not fit, 403 over quota
   */
  List<Server> create(Caller caller, CreateRequest wish) {
    var spec = specs.of(caller, wish);
    var now = means.clock().instant();
    var reservation = reservation();

    // one transaction: quota, rows, events, work
    return means
        .database()
        .tx(
            sql -> {
              int count = quotas.take(sql, caller.projectId(), spec.flavor(), wish);
              quotas.joinable(sql, caller, spec.boot().groupId(), count);
              var servers = new ArrayList<Server>();
              for (int i = 0; i < count; i++) {
                var server = server(caller, wish, spec, reservation, i, count, now);
                ServerStore.insert(sql, server);
                if (spec.boot().groupId() != null) {
                  ServerGroupStore.join(sql, spec.boot().groupId(), server.id());
                }
                means.actions().begin(sql, server.id(), "create");
                means.tell(sql, server, "create.start");
                engine.enqueue(sql, createServer, server.id(), new OnServer(server.id()), server);
                servers.add(server);
              }
              return servers;
            });
  }

  private Server server(
      Caller caller,
      CreateRequest wish,
      RequestSpec spec,
      String reservation,
      int index,
      int count,
      Instant now) {
    var id = means.ids().uuid();
    var name = count == 1 ? wish.name() : wish.name() + "-" + (index + 1);
    var wanted = wish.hostname() == null ? name : wish.hostname();
    var hostname =
        count > 1 && wish.hostname() != null
            ? wanted + "-" + (index + 1)
            : RequestSpecs.hostname(wanted, id);
    return new Server(
        id,
        caller.projectId(),
        caller.userId(),
        name,
        hostname,
        wish.description(),
        States.BUILDING,
        States.SCHEDULING,
        0,
        0,
        null,
        null,
        null,
        null,
        null,
        spec.zone(),
        spec.boot().image().id(),
        RequestSpecs.copy(spec.flavor()),
        wish.keyName(),
        spec.configDrive(),
        reservation,
        index,
        "/dev/vda",
        wish.accessIpV4(),
        wish.accessIpV6(),
        wish.diskConfig(),
        wish.metadata(),
        wish.tags(),
        spec.groups(),
        List.of(),
        wish.userData(),
        null,
        now,
        now,
        null,
        null,
        false,
        spec.boot());
  }

  private String reservation() {
    var chars = "0123456789abcdefghijklmnopqrstuvwxyz";
    var out = new StringBuilder("r-");
    var bytes = means.ids().hex().getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < 8; i++) {
      out.append(chars.charAt(bytes[i] % chars.length()));
    }
    return out.toString();
  }

  /**
   * Begins to delete a server, whatever is being done to it. One in ERROR is gone when this
   * returns, as a rule: it shows ERROR until then, which clients that wait take for a delete that
   * failed.
   */
  void delete(Server server, boolean forced) {
    means
        .database()
        .change(
            sql -> {
              boolean same =
                  !States.DELETING.equals(server.taskState())
                      && ServerStore.setTask(sql, server, means.clock().instant(), States.DELETING);
              var now =
                  same
                      ? server
                      : ServerStore.find(sql, server.id())
                          .orElseThrow(() -> Lookup.absent(server.id()));
              means.actions().begin(sql, server.id(), forced ? "forceDelete" : "delete");
              if (States.DELETING.equals(now.taskState()) && engine.isBusy(sql, server.id())) {
                return;
              }
              if (!same) {
                means.set(sql, server.id(), "task_state", States.DELETING);
              }
              means.tell(sql, now, "delete.start");
              engine.supersede(
                  sql,
                  deleteServer,
                  server.id(),
                  new OnServer(server.id()),
                  now,
                  Fault.conflict("The server is being deleted."));
            });
    if (States.ERROR.equals(server.vmState())) {
      engine.settled(server.id(), MOMENT);
    }
  }

  /**
   * Sets columns and answers the server as it is then.
   *
   * @throws Fault 404 when it has gone since it was looked up
   */
  Server update(Server server, Object... pairs) {
    return means
        .database()
        .tx(
            sql -> {
              means.set(sql, server.id(), pairs);
              var changed =
                  ServerStore.find(sql, server.id()).orElseThrow(() -> Lookup.absent(server.id()));
              means.tell(sql, changed, "update");
              return changed;
            });
  }

  /** Changes metadata; the move must be legal. */
  Map<String, String> metadata(Server server, Moves move, Map<String, String> items) {
    move.check(server);
    return means
        .database()
        .tx(
            sql -> {
              quotas.metadataFits(sql, server.projectId(), items.size());
              means.set(sql, server.id(), "metadata", items);
              means.tell(sql, server, "update");
              return items;
            });
  }

  List<String> tags(Server server, List<String> tags) {
    if (tags.size() > 50) {
      throw Fault.badRequest("The number of tags exceeded the per-server limit 50");
    }
    Moves.UPDATE_TAGS.check(server);
    update(server, "tags", tags);
    return tags;
  }
}
