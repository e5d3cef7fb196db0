package welkin.image.discovery;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.image.image.ImageQuotas;
import welkin.store.Database;

/** What the service is: versions, schemas, stores, import methods, usage, tasks. */
public final class DiscoveryApi {
  private static final int NEWEST = 17;
  private final Database database;
  private final ImageQuotas quotas;

  public DiscoveryApi(Database database, ImageQuotas quotas) {
    this.database = database;
    this.quotas = quotas;
  }

  public Routes routes() {
    var r = new Routes("");
    r.get("/", call -> versions(call, 300)).open().success(300);
    r.get("/versions", call -> versions(call, 200)).open();
    r.get("/v2", call -> versions(call, 300)).open().success(300);
    r.get("/v2/schemas/image", call -> Answer.ok(Schemas.image())).anyone();
    r.get("/v2/schemas/images", call -> collection("images", Schemas.image())).anyone();
    r.get("/v2/schemas/member", call -> Answer.ok(Schemas.member())).anyone();
    r.get("/v2/schemas/members", call -> collection("members", Schemas.member())).anyone();
    r.get("/v2/schemas/task", call -> Answer.ok(Schemas.task())).anyone();
    r.get("/v2/schemas/tasks", call -> collection("tasks", Schemas.task())).anyone();
    r.get("/v2/info/import", call -> importMethods()).anyone();
    r.get("/v2/info/stores", call -> noStores()).anyone();
    r.get("/v2/info/stores/detail", call -> noStores()).policy("stores_info_detail");
    r.get("/v2/info/usage", this::usage).anyone();
    r.get("/v2/tasks", call -> tasks()).policy("tasks_api_access");
    r.get("/v2/tasks/{task_id}", DiscoveryApi::noTask).policy("tasks_api_access");
    return r;
  }

  private static Answer versions(Call call, int status) {
    var out = Json.object();
    var list = out.putArray("versions");
    for (int minor = NEWEST; minor >= 0; minor--) {
      if (minor == 10 || minor == 14) {
        continue; // need the multi-store API, which this is not
      }
      var one = list.addObject();
      one.put("id", "v2." + minor);
      one.put("status", minor == NEWEST ? "CURRENT" : "SUPPORTED");
      one.putArray("links").addObject().put("rel", "self").put("href", call.base() + "/v2/");
    }
    return Answer.json(status, out);
  }

  private static Answer collection(String name, ObjectNode item) {
    return Answer.ok(Schemas.collection(name, item));
  }

  private static Answer importMethods() {
    var out = Json.object();
    var methods = out.putObject("import-methods");
    methods.put("description", "Import methods available.").put("type", "array");
    methods.putArray("value").add("glance-direct");
    return Answer.ok(out);
  }

  /** There is one store, and clients learn that from the list not being there. */
  private static Answer noStores() {
    throw Fault.notFound("Multi backend is not configured at this site.");
  }

  private Answer usage(Call call) {
    var project = call.caller().projectId();
    var out = Json.object();
    var all = out.putObject("usage");
    database.read(
        sql -> {
          var used = quotas.usage(sql, project);
          quotas
              .limits(sql, project)
              .forEach(
                  (name, limit) ->
                      all.putObject(name).put("limit", limit).put("usage", used.get(name)));
          return null;
        });
    return Answer.ok(out);
  }

  private static Answer tasks() {
    var out = Json.object();
    out.set("tasks", Json.tree(List.of()));
    out.put("first", "/v2/tasks");
    out.put("schema", "/v2/schemas/tasks");
    return Answer.ok(out);
  }

  private static Answer noTask(Call call) {
    throw Fault.notFound("No task found with ID " + call.path("task_id"));
  }
}
