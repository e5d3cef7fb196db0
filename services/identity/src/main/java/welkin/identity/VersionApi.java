package welkin.identity;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** The version documents clients discover Identity by. */
final class VersionApi {
  private VersionApi() {}

  static Routes routes() {
    var r = new Routes("");
    r.get("/", VersionApi::versions).open().success(300).summary("All versions");
    r.get("/v3", VersionApi::version).open().summary("The one version");
    return r;
  }

  private static Answer versions(Call call) {
    var body = Json.object();
    body.putObject("versions").putArray("values").add(v3(call));
    return Answer.json(300, body).with("Location", call.base() + "/v3/");
  }

  private static Answer version(Call call) {
    var body = Json.object();
    body.set("version", v3(call));
    return Answer.ok(body);
  }

  private static ObjectNode v3(Call call) {
    var v = Json.object();
    v.put("id", "v3.14");
    v.put("status", "stable");
    v.put("updated", "2020-04-07T00:00:00Z");
    v.putArray("links").addObject().put("rel", "self").put("href", call.base() + "/v3/");
    v.putArray("media-types")
        .addObject()
        .put("base", "application/json")
        .put("type", "application/vnd.openstack.identity-v3+json");
    return v;
  }
}
