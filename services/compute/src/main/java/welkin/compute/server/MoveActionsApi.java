package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.Map;
import welkin.compute.migration.Migration.Terms;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;

/** The actions that move a server or give it another size. */
public final class MoveActionsApi {
  private static final String RULE = "os_compute_api:servers:";
  private static final String MIGRATE_RULE = "os_compute_api:os-migrate-server:";
  private static final Shape HOST = Shape.string().length(1, 255);
  private static final Shape FLAG = Shape.bool().lenient();

  private static final Shape RESIZE =
      Shape.object()
          .required(
              "resize",
              Shape.object()
                  .required(
                      "flavorRef", Shape.anyOf(Shape.string().length(1, 255), Shape.integer()))
                  .optional("OS-DCF:diskConfig", Shape.string().oneOf("AUTO", "MANUAL"))
                  .noOthers())
          .noOthers();
  private static final Shape MIGRATE =
      Shape.object()
          .required("migrate", Shape.any())
          .until("migrate", v(2, 55))
          .required(
              "migrate", Shape.object().optional("host", HOST.nullable()).noOthers().nullable())
          .since("migrate", v(2, 56))
          .noOthers();
  private static final Shape LIVE =
      Shape.object()
          .required(
              "os-migrateLive",
              Shape.object()
                  .required("host", HOST.nullable())
                  .required("block_migration", FLAG)
                  .until("block_migration", v(2, 24))
                  .required("block_migration", Shape.anyOf(FLAG, Shape.string().oneOf("auto")))
                  .since("block_migration", v(2, 25))
                  .required("disk_over_commit", FLAG)
                  .until("disk_over_commit", v(2, 24))
                  .optional("force", FLAG)
                  .since("force", v(2, 30))
                  .until("force", v(2, 67))
                  .noOthers())
          .noOthers();
  private static final Shape EVACUATE =
      Shape.object()
          .required(
              "evacuate",
              Shape.object()
                  .optional("host", HOST)
                  .required("onSharedStorage", FLAG)
                  .until("onSharedStorage", v(2, 13))
                  .optional("adminPass", Shape.string().secret())
                  .optional("force", FLAG)
                  .since("force", v(2, 29))
                  .until("force", v(2, 67))
                  .noOthers())
          .noOthers();

  private final ServerMoves moves;
  private final RequestSpecs specs;
  private final Lookup lookup;

  public MoveActionsApi(ServerMoves moves, RequestSpecs specs, Lookup lookup) {
    this.moves = moves;
    this.specs = specs;
    this.lookup = lookup;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    ActionsApi.action(
        r, "resize", this::resize, RULE + "resize", RESIZE, "Gives a server another size.");
    ActionsApi.action(
            r,
            "confirmResize",
            this::confirm,
            RULE + "confirm_resize",
            ServerShapes.bare("confirmResize"),
            "Lets a resized or migrated server stay so.")
        .success(204);
    ActionsApi.action(
        r,
        "revertResize",
        this::revert,
        RULE + "revert_resize",
        ServerShapes.bare("revertResize"),
        "Brings a resized or migrated server back.");
    ActionsApi.action(
        r,
        "migrate",
        this::migrate,
        MIGRATE_RULE + "migrate",
        MIGRATE,
        "Moves a server to another host, stopped.");
    ActionsApi.action(
        r,
        "os-migrateLive",
        this::migrateLive,
        MIGRATE_RULE + "migrate_live",
        LIVE,
        "Moves a running server to another host.");
    ActionsApi.action(
            r,
            "evacuate",
            this::evacuate,
            "os_compute_api:os-evacuate",
            EVACUATE,
            "Brings a server of a dead host to life on another.")
        .success(200);
    return r;
  }

  private Answer resize(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("resize");
    var ref = body.get("flavorRef").asString();
    var flavor = specs.flavor(call.caller(), ref.substring(ref.lastIndexOf('/') + 1));
    moves.resize(server, flavor, Json.string(body, "OS-DCF:diskConfig"));
    return Answer.empty(202);
  }

  private Answer confirm(Call call) {
    moves.confirm(lookup.unlocked(call));
    return Answer.none();
  }

  private Answer revert(Call call) {
    moves.revert(lookup.unlocked(call));
    return Answer.empty(202);
  }

  private Answer migrate(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object().get("migrate");
    var host = call.at(2, 56) && body.isObject() ? Json.string(body, "host") : null;
    if (host != null) {
      call.enforce(MIGRATE_RULE + "migrate:host", Lookup.target(server));
    }
    moves.migrate(server, host);
    return Answer.empty(202);
  }

  private Answer migrateLive(Call call) {
    var server = lookup.unlocked(call);
    var body = call.object("os-migrateLive");
    var host = Json.string(body, "host");
    boolean forced = BoolShape.read(body.get("force"), false);
    if (forced && host == null) {
      throw Fault.badRequest("Can't force to a non-provided destination");
    }
    if (host != null) {
      call.enforce(MIGRATE_RULE + "migrate_live:host", Lookup.target(server));
    }
    var block = body.get("block_migration");
    boolean auto = block.isString() && block.stringValue().equals("auto");
    moves.migrateLive(
        server,
        new Terms(
            host,
            // before 2.30 a named host was not asked about
            forced || host != null && !call.at(2, 30),
            auto ? null : Boolean.valueOf(BoolShape.read(block, false)),
            null,
            false),
        !call.at(2, 34));
    return Answer.empty(202);
  }

  private Answer evacuate(Call call) {
    var server = lookup.server(call);
    var body = call.object("evacuate");
    var host = Json.string(body, "host");
    boolean forced = BoolShape.read(body.get("force"), false);
    if (forced && host == null) {
      throw Fault.badRequest("Can't force to a non-provided destination");
    }
    Boolean shared =
        call.at(2, 14) ? null : Boolean.valueOf(BoolShape.read(body.get("onSharedStorage"), false));
    if (Boolean.TRUE.equals(shared) && body.has("adminPass")) {
      throw Fault.badRequest("admin password can't be changed on existing disk");
    }
    moves.evacuate(
        server,
        new Terms(host, forced || host != null && !call.at(2, 29), null, shared, call.at(2, 95)));
    if (call.at(2, 14)) {
      return Answer.empty(200);
    }
    var given = Json.string(body, "adminPass");
    return Boolean.TRUE.equals(shared)
        ? Answer.ok(Map.of())
        : Answer.ok(Map.of("adminPass", given == null ? AdminPasswords.make() : given));
  }
}
