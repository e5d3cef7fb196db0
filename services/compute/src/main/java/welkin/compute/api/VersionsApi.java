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
    r.get("/v2", c -> show(old(c))).open().summary("The API before microversions.");
    r.get("/v2.1", c -> show(version(c))).open().summary("The range of microversions.");
    r.get("/versions/v2.1", c -> show(version(c))).open().summary("The range of microversions.");
    return r;
  }

  private Answer list(Call call) {
    return Answer.ok(Json.object().set("versions", Json.array().add(old(call)).add(version(call))));
  }

  private static Answer show(ObjectNode version) {
    version.set(
        "media-types",
        Json.array()
            .add(
                Json.object()
                    .put("base", "application/json")
                    .put("type", "application/vnd.openstack.compute+json;version=2.1")));
    return Answer.ok(Json.object().set("version", version));
  }

  /** Upstream still lists it; the same API at its first microversion. */
  private static ObjectNode old(Call call) {
    return Json.object()
        .put("id", "v2.0")
        .put("status", "SUPPORTED")
        .put("version", "")
        .put("min_version", "")
        .put("updated", "2011-01-21T11:33:21Z")
        .set("links", Json.array().add(Links.link("self", call.base() + "/v2/")));
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
