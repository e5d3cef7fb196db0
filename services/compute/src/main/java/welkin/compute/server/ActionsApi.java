package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.Route;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.http.policy.PolicyEngine;

/** {@code POST /servers/{id}/action}, and what else is asked of a server's host. */
public final class ActionsApi {
  private static final String PATH = "/servers/{id}/action";
  private static final String RULE = "os_compute_api:servers:";

  private static final Shape REBOOT =
      Shape.object()
          .required(
              "reboot",
              Shape.object()
                  .required(
                      "type", Shape.string().oneOf("HARD", "Hard", "hard", "SOFT", "Soft", "soft"))
                  .noOthers())
          .noOthers();
  private static final Shape RESET =
      Shape.object()
          .required(
              "os-resetState",
              Shape.object().required("state", Shape.string().oneOf("active", "error")).noOthers())
          .noOthers();
  private static final Shape CONSOLE =
      Shape.object()
          .required(
              "os-getConsoleOutput",
              Shape.object()
                  .optional("length", Shape.integer().lenient().min(-1).nullable())
                  .noOthers())
          .noOthers();
  private static final Shape LOCK =
      Shape.object()
          .required("lock", Shape.any())
          .until("lock", v(2, 72))
          .required(
              "lock",
              Shape.object()
                  .optional("locked_reason", Shape.string().length(1, 255))
                  .noOthers()
                  .nullable())
          .since("lock", v(2, 73))
          .noOthers();
  private final ServerActions actions;
  private final Servers servers;
  private final Lookup lookup;
  private final PolicyEngine policy;

  public ActionsApi(ServerActions actions, Servers servers, Lookup lookup, PolicyEngine policy) {
    this.actions = actions;
    this.servers = servers;
    this.lookup = lookup;
    this.policy = policy;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    power(r, "os-start", RULE + "start", Power.START, "Starts a stopped server.");
    power(r, "os-stop", RULE + "stop", Power.STOP, "Shuts a server down.");
    power(r, "pause", "os_compute_api:os-pause-server:pause", Power.PAUSE, "Freezes a server.");
    power(r, "unpause", "os_compute_api:os-pause-server:unpause", Power.UNPAUSE, "Lets it go on.");
    power(
        r,
        "suspend",
        "os_compute_api:os-suspend-server:suspend",
        Power.SUSPEND,
        "Saves a server's memory to disk and stops it.");
    power(
        r,
        "resume",
        "os_compute_api:os-suspend-server:resume",
        Power.RESUME,
        "Starts a suspended server from its saved memory.");
    action(r, "reboot", this::reboot, RULE + "reboot", REBOOT, "Reboots a server.");
    action(
        r,
        "lock",
        this::lock,
        "os_compute_api:os-lock-server:lock",
        LOCK,
        "Keeps everyone but administrators from changing a server.");
    action(
        r,
        "unlock",
        this::unlock,
        "os_compute_api:os-lock-server:unlock",
        ServerShapes.bare("unlock"),
        "Takes the lock away.");
    action(
        r,
        "os-resetState",
        this::reset,
        "os_compute_api:os-admin-actions:reset_state",
        RESET,
        "Sets a server's state by word.");
    action(
        r,
        "os-getConsoleOutput",
        this::console,
        "os_compute_api:os-console-output",
        CONSOLE,
        "What the guest wrote on its console.");
    action(
        r,
        "forceDelete",
        this::forceDelete,
        "os_compute_api:os-deferred-delete:force",
        ServerShapes.bare("forceDelete"),
        "Deletes a server.");
    action(
        r,
        "injectNetworkInfo",
        this::nothingToDo,
        "os_compute_api:os-admin-actions:inject_network_info",
        ServerShapes.bare("injectNetworkInfo"),
        "Does nothing: guests learn of their network by DHCP and metadata.");
    r.action(PATH, "resetNetwork", c -> gone()).anyone().summary("Gone since Xena.");
    notYet(r, "changePassword", "os_compute_api:os-admin-password");
    notYet(r, "shelve", "os_compute_api:os-shelve:shelve");
    notYet(r, "unshelve", "os_compute_api:os-shelve:unshelve");
    notYet(r, "shelveOffload", "os_compute_api:os-shelve:shelve_offload");
    notYet(r, "rescue", "os_compute_api:os-rescue");
    notYet(r, "unrescue", "os_compute_api:os-unrescue");
    action(
        r,
        "restore",
        this::restore,
        "os_compute_api:os-deferred-delete:restore",
        ServerShapes.bare("restore"),
        "Brings a soft-deleted server back; here servers are deleted at once.");
    notYet(r, "trigger_crash_dump", RULE + "trigger_crash_dump").since(2, 17);
    r.get("/servers/{id}/diagnostics", this::diagnostics)
        .policyOnTarget("os_compute_api:os-server-diagnostics")
        .summary("The guest's hardware counters.");
    r.get("/servers/{id}/os-volume_attachments", this::volumes)
        .policyOnTarget("os_compute_api:os-volumes-attachments:index")
        .summary("The attached volumes.");
    return r;
  }

  /** A row of an action, which answers 202. */
  static Route action(
      Routes r, String key, Route.Handler handler, String rule, Shape body, String summary) {
    return r.action(PATH, key, handler)
        .policyOnTarget(rule)
        .body(body)
        .success(202)
        .summary(summary);
  }

  private void power(Routes r, String key, String rule, Power power, String summary) {
    action(
        r,
        key,
        call -> {
          actions.power(lookup.unlocked(call), power);
          return Answer.empty(202);
        },
        rule,
        ServerShapes.bare(key),
        summary);
  }

  private Route notYet(Routes r, String key, String rule) {
    return r.action(
            PATH,
            key,
            call -> {
              lookup.server(call);
              throw Fault.of(501, "NotImplemented", "The action " + key + " is not there yet.");
            })
        .policyOnTarget(rule)
        .success(202)
        .summary("Not yet.");
  }

  private static Answer gone() {
    throw Fault.of(410, "Gone", "This resource is no longer available.");
  }

  private Answer reboot(Call call) {
    var server = lookup.unlocked(call);
    boolean hard = call.object("reboot").get("type").stringValue().equalsIgnoreCase("hard");
    actions.power(server, hard ? Power.REBOOT_HARD : Power.REBOOT_SOFT);
    return Answer.empty(202);
  }

  private Answer lock(Call call) {
    var reason = Json.string(call.object().get("lock"), "locked_reason");
    actions.lock(lookup.server(call), call.caller(), reason);
    return Answer.empty(202);
  }

  private Answer unlock(Call call) {
    var server = lookup.server(call);
    if ("admin".equals(server.lockedBy())) {
      policy.enforce(
          "os_compute_api:os-lock-server:unlock:unlock_override",
          call.caller(),
          Lookup.target(server));
    }
    actions.unlock(server);
    return Answer.empty(202);
  }

  private Answer reset(Call call) {
    var server = lookup.server(call);
    actions.reset(server, Json.string(call.object("os-resetState"), "state").equals("active"));
    return Answer.empty(202);
  }

  private Answer console(Call call) {
    var server = lookup.server(call);
    long lines = NumberShape.read(call.object("os-getConsoleOutput").get("length"), -1);
    var log = actions.console(server, lines < 0 ? null : Integer.valueOf((int) lines));
    return Answer.ok(Map.of("output", log == null ? "" : log));
  }

  private Answer forceDelete(Call call) {
    servers.delete(lookup.unlocked(call), true);
    return Answer.empty(202);
  }

  private Answer restore(Call call) {
    Moves.RESTORE.check(lookup.server(call));
    return Answer.empty(202);
  }

  private Answer nothingToDo(Call call) {
    lookup.server(call);
    return Answer.empty(202);
  }

  private Answer diagnostics(Call call) {
    var server = lookup.server(call);
    var counters = actions.diagnostics(server);
    return Answer.ok(
        call.at(2, 48) ? Diagnostics.of(server, actions.hypervisor(server), counters) : counters);
  }

  private Answer volumes(Call call) {
    lookup.server(call);
    return Answer.ok(Map.of("volumeAttachments", List.of()));
  }
}
