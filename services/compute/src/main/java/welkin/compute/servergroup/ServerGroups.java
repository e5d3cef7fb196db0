package welkin.compute.servergroup;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.peers.Backend;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Quotas;

/** The verbs of server groups. */
public final class ServerGroups {
  private static final String QUOTA = "server_groups";

  private final Database database;
  private final Events events;
  private final Quotas quotas;
  private final InstantSource clock;
  private final Ids ids;

  public ServerGroups(Backend backend, Quotas quotas) {
    this.database = backend.database();
    this.events = backend.events();
    this.clock = backend.clock();
    this.ids = backend.ids();
    this.quotas = quotas;
  }

  List<ServerGroup> list(String projectId) {
    return database.read(sql -> ServerGroupStore.list(sql, projectId));
  }

  ServerGroup show(String id) {
    return database
        .read(sql -> ServerGroupStore.find(sql, id))
        .orElseThrow(() -> Fault.notFound("Instance group " + id + " could not be found."));
  }

  ServerGroup create(
      String projectId, String userId, String name, String policy, Integer maxPerHost) {
    var group =
        new ServerGroup(
            ids.uuid(), projectId, userId, name, policy, maxPerHost, clock.instant(), List.of());
    try {
      database.change(
          sql -> {
            quotas.take(sql, projectId, QUOTA, 1);
            ServerGroupStore.insert(sql, group);
            events.append(
                sql,
                "server_group.create",
                projectId,
                group.id(),
                Map.of("name", name, "policy", policy));
          });
    } catch (Fault f) {
      throw f.code().equals("OverQuota") && !quotas.isUnified()
          ? Fault.forbidden("Quota exceeded, too many server groups.")
          : f;
    }
    return group;
  }

  void delete(ServerGroup group) {
    database.change(
        sql -> {
          ServerGroupStore.delete(sql, group.id());
          quotas.give(sql, group.projectId(), QUOTA, 1);
          events.append(
              sql,
              "server_group.delete",
              group.projectId(),
              group.id(),
              Map.of("name", group.name()));
        });
  }
}
