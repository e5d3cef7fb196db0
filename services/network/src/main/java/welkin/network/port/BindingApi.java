package welkin.network.port;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.resource.Access;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.network.resource.Resource;
import welkin.network.resource.Values;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * {@code /ports/{id}/bindings}, extension {@code binding-extended}: a port is made ready at a
 * second host while it is used at the first, and moves there when its binding is activated.
 */
public final class BindingApi {
  private final Database database;
  private final Access access;
  private final Ports ports;
  private final PortBindings bindings;

  public BindingApi(Database database, Access access, Ports ports, PortBindings bindings) {
    this.database = database;
    this.access = access;
    this.ports = ports;
    this.bindings = bindings;
  }

  public Routes routes(Routes r) {
    var path = "/ports/{id}/bindings";
    r.get(path, this::list)
        .policyOnTarget("get_port_binding")
        .summary("Where a port is, and where it is made ready.");
    r.get(path + "/{host}", this::show).policyOnTarget("get_port_binding");
    r.post(path, this::create)
        .policyOnTarget("create_port_binding")
        .success(201)
        .shownBy(path + "/{host}")
        .summary("Makes a port ready at one more host.");
    r.put(path + "/{host}", this::update).policyOnTarget("create_port_binding");
    r.put(path + "/{host}/activate", this::activate)
        .policyOnTarget("create_port_binding")
        .summary("Moves a port to a host where it is ready.");
    r.delete(path + "/{host}", this::delete)
        .policyOnTarget("delete_port_binding")
        .success(204)
        .summary("Takes a port's binding at a host away.");
    return r;
  }

  private Resource port(Sql sql, Call call) {
    call.enforcedByFilter();
    var port = ports.get(sql, call.path("id"));
    access.act(sql, call.caller(), ports, port, call.route().rule());
    if (!port.text("device_owner").startsWith("compute:")) {
      throw Faults.badRequest(
          "Invalid port " + port.id() + ". Operation only valid on compute ports");
    }
    return port;
  }

  private Answer list(Call call) {
    return database.read(
        sql -> {
          var port = port(sql, call);
          var out = Json.object();
          var all = out.putArray("bindings");
          var wanted = call.query("host");
          for (var b : bindings.of(sql, port)) {
            if (wanted == null || wanted.equals(b.host())) {
              all.add(view(port, b));
            }
          }
          return Answer.ok(out);
        });
  }

  private Answer show(Call call) {
    return database.read(
        sql -> {
          var port = port(sql, call);
          return one(200, port, bindings.find(sql, port, call.path("host")));
        });
  }

  private Answer create(Call call) {
    var body = body(call);
    var host = Json.string(body, "host");
    if (host == null || host.isEmpty()) {
      throw Attributes.invalid("host", "'None' is not a valid host");
    }
    return database.tx(
        sql -> {
          var port = port(sql, call);
          var made = bindings.add(sql, port, host, vnic(body), profile(body));
          return one(201, port, made);
        });
  }

  private Answer update(Call call) {
    var body = body(call);
    return database.tx(
        sql -> {
          var port = port(sql, call);
          var changed = bindings.change(sql, port, call.path("host"), vnic(body), profile(body));
          return one(200, port, changed);
        });
  }

  private Answer activate(Call call) {
    return database.tx(
        sql -> {
          var host = call.path("host");
          var moved = bindings.activate(sql, port(sql, call), host);
          return Answer.ok(view(moved, bindings.find(sql, moved, host)));
        });
  }

  private Answer delete(Call call) {
    database.change(sql -> bindings.drop(sql, port(sql, call), call.path("host")));
    return Answer.none();
  }

  private static ObjectNode body(Call call) {
    if (!(call.object().get("binding") instanceof ObjectNode body)) {
      throw Faults.badRequest("Unable to find 'binding' in request body");
    }
    for (var name : body.propertyNames()) {
      switch (name) {
        case "host", "vnic_type", "profile", "project_id", "tenant_id" -> {
          // known
        }
        default -> throw Faults.badRequest("Unrecognized attribute(s) '" + name + "'");
      }
    }
    return body;
  }

  private static String vnic(ObjectNode body) {
    return Json.string(body, "vnic_type");
  }

  private static ObjectNode profile(ObjectNode body) {
    return body.hasNonNull("profile") ? (ObjectNode) Values.map().read(body.get("profile")) : null;
  }

  private static Answer one(int status, Resource port, PortBinding b) {
    return Answer.json(status, Json.object().set("binding", view(port, b)));
  }

  private static ObjectNode view(Resource port, PortBinding b) {
    var out =
        Json.object()
            .put("host", b.host())
            .put("vif_type", b.vifType())
            .put("vnic_type", b.vnicType())
            .put("status", b.host().equals(port.text(PortStore.HOST)) ? "ACTIVE" : "INACTIVE")
            .put("project_id", port.projectId());
    var details = (ObjectNode) b.vifDetails().deepCopy();
    out.set("vif_details", details.put("plugged", b.plugged()));
    out.set("profile", b.profile());
    return out;
  }

  /** Refuses what a binding that is not there was asked for. */
  static Fault absent(Resource port, String host) {
    return Fault.of(
        404,
        "PortBindingNotFound",
        "Binding for port " + port.id() + " for host " + host + " could not be found.");
  }

  static Fault failed(Resource port, String host) {
    return Fault.of(
        500,
        "PortBindingError",
        "Binding for port " + port.id() + " on host " + host + " could not be created or updated.");
  }
}
