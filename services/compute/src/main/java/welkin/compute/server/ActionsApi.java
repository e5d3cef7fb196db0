package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import welkin.compute.keypair.Keypairs;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.Route;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.http.policy.PolicyEngine;
import welkin.peers.ImagePeer;
import welkin.peers.Peers;

/** {@code POST /servers/{id}/action}, and what else is asked of a server's host. */
public final class ActionsApi {
  private static final String PATH = "/servers/{id}/action";
  private static final String RULE = "os_compute_api:servers:";
  private static final Shape NAME = Shape.string().length(1, 255).name();

  private static final Shape REBOOT =
      Shape.object()
          .required(
              "reboot",
              Shape.object()
                  .required(
                      "type", Shape.string().oneOf("HARD", "Hard", "hard", "SOFT", "Soft", "soft"))
                  .noOthers())
          .noOthers();
  private static final Shape CREATE_IMAGE =
      Shape.object()
          .required(
              "createImage",
              Shape.object()
                  .required("name", NAME)
                  .optional("metadata", ServerShapes.METADATA_ITEMS)
                  .noOthers())
          .noOthers();
  private static final Shape CREATE_BACKUP =
      Shape.object()
          .required(
              "createBackup",
              Shape.object()
                  .required("name", NAME)
                  .required("backup_type", Shape.string())
                  .required("rotation", Shape.integer().lenient().min(0))
                  .optional("metadata", ServerShapes.METADATA_ITEMS)
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
  private static final Shape REBUILD =
      Shape.object()
          .required(
              "rebuild",
              Shape.object()
                  .required("imageRef", Shape.string().format("uuid"))
                  .optional("name", NAME)
                  .optional("adminPass", Shape.string().secret())
                  .optional("metadata", ServerShapes.METADATA_ITEMS)
                  .optional("preserve_ephemeral", Shape.bool().lenient())
                  .optional("OS-DCF:diskConfig", Shape.string().oneOf("AUTO", "MANUAL"))
                  .optional("accessIPv4", Shape.string().format("ipv4").orEmpty())
                  .optional("accessIPv6", Shape.string().format("ipv6").orEmpty())
                  .optional("personality", Shape.array(Shape.object()))
                  .until("personality", v(2, 56))
                  .optional("description", Shape.string().length(0, 255).nullable())
                  .since("description", v(2, 19))
                  .optional("key_name", NAME.nullable())
                  .since("key_name", v(2, 54))
                  .optional("user_data", Shape.string().length(0, 65535).nullable())
                  .since("user_data", v(2, 57))
                  .optional("trusted_image_certificates", Shape.array(Shape.string()).nullable())
                  .since("trusted_image_certificates", v(2, 63))
                  .optional("hostname", Shape.string().length(1, 255))
                  .since("hostname", v(2, 90))
                  .noOthers())
          .noOthers();

  private final ServerActions actions;
  private final Servers servers;
  private final ServerApi views;
  private final Lookup lookup;
  private final PolicyEngine policy;
  private final Keypairs keypairs;
  private final Peers peers;

  public ActionsApi(
      ServerActions actions,
      Servers servers,
      ServerApi views,
      Lookup lookup,
      PolicyEngine policy,
      Keypairs keypairs,
      Peers peers) {
    this.actions = actions;
    this.servers = servers;
    this.views = views;
    this.lookup = lookup;
    this.policy = policy;
    this.keypairs = keypairs;
    this.peers = peers;
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
        "createImage",
        this::createImage,
        RULE + "create_image",
        CREATE_IMAGE,
        "Makes an image of a server's root disk.");
    action(r, "rebuild", this::rebuild, RULE + "rebuild", REBUILD, "Makes a server anew.");
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
    group(r, "addSecurityGroup", true);
    group(r, "removeSecurityGroup", false);
    r.action(PATH, "resetNetwork", c -> gone()).anyone().summary("Gone since Xena.");
    notYet(r, "changePassword", "os_compute_api:os-admin-password");
    notYet(r, "shelve", "os_compute_api:os-shelve:shelve");
    notYet(r, "unshelve", "os_compute_api:os-shelve:unshelve");
    notYet(r, "shelveOffload", "os_compute_api:os-shelve:shelve_offload");
    notYet(r, "rescue", "os_compute_api:os-rescue");
    notYet(r, "unrescue", "os_compute_api:os-unrescue");
    action(
        r,
        "createBackup",
        this::createBackup,
        "os_compute_api:os-create-backup",
        CREATE_BACKUP,
        "Makes an image of a server's root disk and keeps so many of its kind.");
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

  private void group(Routes r, String key, boolean add) {
    var name = Shape.object().required("name", Shape.string().length(1, 255)).noOthers();
    action(
        r,
        key,
        call -> {
          var wanted = Json.string(call.object(key), "name");
          changeGroup(lookup.server(call), wanted, add);
          return Answer.empty(202);
        },
        "os_compute_api:os-security-groups:" + (add ? "add" : "remove"),
        Shape.object().required(key, name).noOthers(),
        (add ? "Puts a security group on" : "Takes a security group off") + " all its ports.");
  }

  private void changeGroup(Server server, String name, boolean add) {
    try {
      actions.changeGroup(server, name, add);
    } catch (Fault f) {
      throw f.status() == 400 ? Fault.notFound(f.getMessage()) : f;
    }
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

  private Answer createImage(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("createImage");
    var image =
        actions.snapshot(
            server,
            call.caller(),
            body.get("name").stringValue(),
            CreateReader.texts(body.path("metadata")));
    return taken(call, image);
  }

  private Answer createBackup(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("createBackup");
    var image =
        actions.backup(
            server,
            call.caller(),
            body.get("name").stringValue(),
            CreateReader.texts(body.path("metadata")),
            body.get("backup_type").stringValue(),
            (int) NumberShape.read(body.get("rotation"), 0));
    return image == null ? Answer.empty(202) : taken(call, image);
  }

  /** The answer to a request for an image: its id, in the way of the time. */
  private static Answer taken(Call call, String image) {
    return call.at(2, 45)
        ? Answer.json(202, Map.of("image_id", image))
        : Answer.empty(202).with("Location", call.request().base() + "/image/images/" + image);
  }

  private Answer rebuild(Call call) {
    var server = lookup.unlocked(call);
    Moves.REBUILD.check(server);
    var body = call.object("rebuild");
    var image = image(call, body.get("imageRef").stringValue());
    Servers.fits(image, flavorOf(server));
    var columns = new ArrayList<>();
    columns.addAll(List.of("image_id", image.id()));
    ServerApi.column(body, columns, "name", "name");
    ServerApi.column(body, columns, "description", "description");
    ServerApi.column(body, columns, "hostname", "hostname");
    ServerApi.column(body, columns, "accessIPv4", "access_ip_v4");
    ServerApi.column(body, columns, "accessIPv6", "access_ip_v6");
    ServerApi.column(body, columns, "OS-DCF:diskConfig", "disk_config");
    ServerApi.column(body, columns, "user_data", "user_data");
    if (body.has("metadata")) {
      columns.add("metadata");
      columns.add(CreateReader.texts(body.get("metadata")));
    }
    var old = server.boot();
    var publicKey = old.publicKey();
    var keyType = old.keyType();
    if (body.has("key_name")) {
      var name = Json.string(body, "key_name");
      ServerApi.column(body, columns, "key_name", "key_name");
      var key = name == null ? null : keypairs.find(server.userId(), name).orElse(null);
      if (name != null && key == null) {
        throw Fault.badRequest("Invalid key_name provided.");
      }
      publicKey = key == null ? null : key.publicKey();
      keyType = key == null ? null : key.type();
    }
    columns.add("boot");
    columns.add(
        new Boot(
            Servers.image(image),
            publicKey,
            keyType,
            old.files(),
            old.nics(),
            old.forcedHost(),
            old.forcedNode(),
            old.wantedHost(),
            old.securityGroupIds(),
            old.hints(),
            old.groupId(),
            old.trustedCertificates()));
    actions.rebuild(
        server, new RebuildServer.Input(server.id(), server.is(States.STOPPED)), columns.toArray());
    var changed = servers.update(server);
    var view = views.changedView(call, changed);
    if (call.at(2, 54)) {
      view.put("key_name", changed.keyName());
    }
    if (call.at(2, 57)) {
      view.put("user_data", changed.userData());
    }
    var given = Json.string(body, "adminPass");
    view.put("adminPass", given == null ? Servers.password() : given);
    return Answer.json(202, Json.object().set("server", view))
        .with("Location", call.base() + "/v2.1/servers/" + server.id());
  }

  private ImagePeer.Image image(Call call, String id) {
    try {
      return new ImagePeer(peers.as(call.caller().token())).image(id);
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.badRequest("Cannot find image for rebuild") : f;
    }
  }

  private static welkin.compute.flavor.Flavor flavorOf(Server s) {
    var f = s.flavor();
    return new welkin.compute.flavor.Flavor(
        f.id(),
        f.name(),
        f.vcpus(),
        f.ramMb(),
        f.diskGb(),
        f.ephemeralGb(),
        f.swapMb(),
        1.0,
        false,
        true,
        null,
        f.extraSpecs(),
        s.createdAt());
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
