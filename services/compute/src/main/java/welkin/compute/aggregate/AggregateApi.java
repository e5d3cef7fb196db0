package welkin.compute.aggregate;

import java.util.LinkedHashMap;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Timestamps;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.http.StringShape;

/** {@code /os-aggregates}. */
public final class AggregateApi {
  private static final String RULE = "os_compute_api:os-aggregates:";
  private static final StringShape NAME = Shape.string().length(1, 255).name();

  private static final Shape CREATE =
      Shape.object()
          .required(
              "aggregate",
              Shape.object()
                  .required("name", NAME)
                  .optional("availability_zone", NAME.nullable())
                  .noOthers())
          .noOthers();

  private static final Shape UPDATE =
      Shape.object()
          .required(
              "aggregate",
              Shape.object()
                  .optional("name", NAME)
                  .optional("availability_zone", NAME.nullable())
                  .minProps(1)
                  .noOthers())
          .noOthers();

  private static Shape host(String key) {
    return Shape.object()
        .required(key, Shape.object().required("host", Shape.string().length(1, 255)).noOthers())
        .noOthers();
  }

  private static final Shape METADATA =
      Shape.object()
          .required(
              "set_metadata",
              Shape.object()
                  .required(
                      "metadata",
                      Shape.object()
                          .patternOthers(
                              "^[a-zA-Z0-9-_:. ]{1,255}$", Shape.string().length(0, 255).nullable())
                          .noOthers())
                  .noOthers())
          .noOthers();

  private final Aggregates aggregates;

  public AggregateApi(Aggregates aggregates) {
    this.aggregates = aggregates;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-aggregates", this::list).policy(RULE + "index").summary("The host aggregates.");
    r.post("/os-aggregates", this::create)
        .policy(RULE + "create")
        .body(CREATE)
        .summary("Makes a host aggregate, with a zone an availability zone.");
    r.get("/os-aggregates/{id}", c -> one(aggregates.show(c.path("id")), c)).policy(RULE + "show");
    r.put("/os-aggregates/{id}", this::update).policy(RULE + "update").body(UPDATE);
    r.delete("/os-aggregates/{id}", this::delete).policy(RULE + "delete");
    var action = "/os-aggregates/{id}/action";
    r.action(
            action,
            "add_host",
            c -> one(aggregates.addHost(c.path("id"), hostOf(c, "add_host")), c))
        .policy(RULE + "add_host")
        .body(host("add_host"));
    r.action(
            action,
            "remove_host",
            c -> one(aggregates.removeHost(c.path("id"), hostOf(c, "remove_host")), c))
        .policy(RULE + "remove_host")
        .body(host("remove_host"));
    r.action(action, "set_metadata", this::setMetadata)
        .policy(RULE + "set_metadata")
        .body(METADATA);
    return r;
  }

  private static String hostOf(Call call, String key) {
    return Json.string(call.object(key), "host");
  }

  private Answer list(Call call) {
    var out = Json.object();
    var array = out.putArray("aggregates");
    aggregates.list().forEach(a -> array.add(full(a, call)));
    return Answer.ok(out);
  }

  private Answer create(Call call) {
    var body = call.object("aggregate");
    var made =
        aggregates.create(
            Json.string(body, "name").strip(), Json.string(body, "availability_zone"));
    var o = full(made, call);
    o.remove("hosts");
    o.remove("metadata");
    return Answer.ok(Json.object().set("aggregate", o));
  }

  private Answer update(Call call) {
    var body = call.object("aggregate");
    return one(
        aggregates.update(
            call.path("id"), Json.string(body, "name"), Json.string(body, "availability_zone")),
        call);
  }

  private Answer delete(Call call) {
    aggregates.delete(call.path("id"));
    return Answer.empty(200);
  }

  private Answer setMetadata(Call call) {
    var changes = new LinkedHashMap<String, String>();
    var given = call.object("set_metadata").get("metadata");
    given.propertyNames().forEach(k -> changes.put(k, Json.string(given, k)));
    if (changes.containsKey(Aggregate.ZONE) && changes.get(Aggregate.ZONE) == null) {
      throw Fault.badRequest(
          "Invalid input: an aggregate's availability zone cannot be taken away.");
    }
    return one(aggregates.setMetadata(call.path("id"), changes), call);
  }

  private static Answer one(Aggregate a, Call call) {
    return Answer.ok(Json.object().set("aggregate", full(a, call)));
  }

  private static ObjectNode full(Aggregate a, Call call) {
    var o = Json.object().put("id", a.id());
    if (call.at(2, 41)) {
      o.put("uuid", a.uuid());
    }
    o.put("name", a.name()).put("availability_zone", a.zone());
    var members = o.putArray("hosts");
    a.hosts().forEach(members::add);
    o.set("metadata", Json.tree(a.metadata()));
    o.put("created_at", Timestamps.naive(a.createdAt()))
        .put("updated_at", Timestamps.naive(a.updatedAt()));
    o.put("deleted", false).putNull("deleted_at");
    return o;
  }
}
