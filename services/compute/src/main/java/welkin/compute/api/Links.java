package welkin.compute.api;

import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.http.Paging;

/** The {@code links} of Compute's answers. */
public final class Links {
  private Links() {}

  /** Self (with version) and bookmark (without) of a resource, e.g. {@code servers}, its id. */
  public static ArrayNode of(Call call, String collection, String id) {
    var links = Json.array();
    links.add(link("self", call.base() + "/v2.1/" + collection + "/" + id));
    links.add(bookmark(call, collection, id));
    return links;
  }

  /** Only the bookmark, as embedded flavors and images have it. */
  public static ArrayNode bookmarkOnly(Call call, String collection, String id) {
    return Json.array().add(bookmark(call, collection, id));
  }

  private static ObjectNode bookmark(Call call, String collection, String id) {
    return link("bookmark", call.base() + "/" + collection + "/" + id);
  }

  public static ObjectNode link(String rel, String href) {
    return Json.object().put("rel", rel).put("href", href);
  }

  /** Adds {@code NAME_links} with the next page when this one is full. */
  public static void next(
      ObjectNode answer, String name, Call call, Paging paging, List<String> ids) {
    if (paging.full(ids.size())) {
      answer.putArray(name + "_links").add(link("next", Paging.next(call, ids.getLast())));
    }
  }
}
