package welkin.network.extension;

import java.util.List;
import java.util.Map;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.resource.Noun;

/** The version documents. */
public final class VersionApi {
  private final List<Noun> nouns;

  public VersionApi(List<Noun> nouns) {
    this.nouns = nouns;
  }

  public Routes routes() {
    var routes = new Routes("");
    routes.get("/", this::versions).open();
    routes.get("/v2.0", this::resources).open();
    return routes;
  }

  private Answer versions(Call call) {
    var link = Map.of("rel", "self", "href", call.base() + "/v2.0/");
    return Answer.ok(
        Map.of(
            "versions",
            List.of(Map.of("id", "v2.0", "status", "CURRENT", "links", List.of(link)))));
  }

  private Answer resources(Call call) {
    var out = Json.object();
    var list = out.putArray("resources");
    for (var n : nouns) {
      var one = list.addObject();
      one.put("name", n.attributes().singular());
      one.put("collection", n.attributes().plural());
      one.putArray("links")
          .addObject()
          .put("rel", "self")
          .put("href", call.base() + "/v2.0/" + n.path());
    }
    return Answer.ok(out);
  }
}
