package welkin.compute.server;

import java.util.Map;
import welkin.core.Fault;
import welkin.http.Call;
import welkin.store.Database;

/** Finds the server a call is about and checks the call's rule against it. */
public final class Lookup {
  private final Database database;

  public Lookup(Database database) {
    this.database = database;
  }

  /**
   * @throws Fault 404 also for a foreign project's server, 403 when the rule refuses
   */
  public Server server(Call call) {
    return checked(call, find(call.path("id"), false));
  }

  /** {@link #server}, deleted ones too. */
  public Server everServer(Call call) {
    return checked(call, find(call.path("id"), true));
  }

  /**
   * {@link #server} for a change.
   *
   * @throws Fault 409 too when it is locked and the caller is no administrator
   */
  public Server unlocked(Call call) {
    var server = server(call);
    if (server.lockedBy() != null && !call.caller().isAdmin()) {
      throw Fault.conflict("Instance " + server.id() + " is locked");
    }
    return server;
  }

  private Server checked(Call call, Server server) {
    if (!call.caller().isAdmin()
        && !server.projectId().equals(call.caller().projectId())
        && !call.caller().hasRole("service")) {
      throw absent(server.id());
    }
    call.enforce(target(server));
    return server;
  }

  private Server find(String id, boolean ever) {
    return database
        .read(sql -> ever ? ServerStore.findEver(sql, id) : ServerStore.find(sql, id))
        .orElseThrow(() -> absent(id));
  }

  /** What policy rules may ask about a server. */
  public static Map<String, Object> target(Server server) {
    return Map.of("project_id", server.projectId(), "user_id", String.valueOf(server.userId()));
  }

  static Fault absent(String id) {
    return Fault.notFound("Instance " + id + " could not be found.");
  }
}
