package welkin.compute.api;

import tools.jackson.databind.node.ObjectNode;
import welkin.compute.ComputeVersions;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** The version documents clients discover the API by. */
public final class VersionsApi {
  public Routes routes() {
    var r = new Routes("");
    r.get("/", this::list).open().summary("The API versions there are.");
    r.get("/v2.1", this::show).open().summary("The range of microversions.");
    r.get("/versions/v2.1", this::show).open().summary("The range of microversions.");
    return r;
  }

  private Answer list(Call call) {
    return Answer.ok(Json.object().set("versions", Json.array().add(version(call))));
  }

  private Answer show(Call call) {
    var version = version(call);
    version.set(
        "media-types",
        Json.array()
            .add(
                Json.object()
                    .put("base", "application/json")
                    .put("type", "application/vnd.openstack.compute+json;version=2.1")));
    return Answer.ok(Json.object().set("version", version));
  }

  private static ObjectNode version(Call call) {
    return Json.object()
        .put("id", "v2.1")
        .put("status", "CURRENT")
        .put("version", ComputeVersions.MAX.toString())
        .put("min_version", ComputeVersions.MIN.toString())
        .put("updated", "2013-07-23T11:33:21Z")
        .set("links", Json.array().add(Links.link("self", call.base() + "/v2.1/")));
  }
}
