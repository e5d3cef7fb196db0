package welkin.compute.server;

import static welkin.http.Version.v;

import java.util.ArrayList;
import java.util.List;
import welkin.compute.flavor.Flavor;
import welkin.compute.keypair.Keypair;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;

/** The action that makes a server anew. */
public final class RebuildApi {
  private static final Shape NAME = Shape.string().length(1, 255).name();

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
  private final RequestSpecs specs;
  private final ServerApi views;
  private final Lookup lookup;

  public RebuildApi(
      ServerActions actions, Servers servers, RequestSpecs specs, ServerApi views, Lookup lookup) {
    this.actions = actions;
    this.servers = servers;
    this.specs = specs;
    this.views = views;
    this.lookup = lookup;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    ActionsApi.action(
        r,
        "rebuild",
        this::rebuild,
        "os_compute_api:servers:rebuild",
        REBUILD,
        "Makes a server anew.");
    return r;
  }

  private Answer rebuild(Call call) {
    var server = lookup.unlocked(call);
    Moves.REBUILD.check(server);
    var body = call.object("rebuild");
    var image =
        specs.image(
            call.caller(), body.get("imageRef").stringValue(), "Cannot find image for rebuild");
    RequestSpecs.fits(image, flavorOf(server));
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
      var key = specs.key(server.userId(), name);
      publicKey = key.map(Keypair::publicKey).orElse(null);
      keyType = key.map(Keypair::type).orElse(null);
    }
    columns.add("boot");
    columns.add(
        new Boot(
            RequestSpecs.image(image),
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
    view.put("adminPass", given == null ? AdminPasswords.make() : given);
    return Answer.json(202, Json.object().set("server", view))
        .with("Location", call.base() + "/v2.1/servers/" + server.id());
  }

  private static Flavor flavorOf(Server s) {
    var f = s.flavor();
    return new Flavor(
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
}
