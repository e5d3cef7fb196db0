package welkin.placement.provider;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.placement.PlacementVersions;
import welkin.placement.Wire;

/** Providers as JSON. */
final class ProviderWire {
  private static final Shape NAME = Shape.string().length(1, 200);
  private static final Shape PARENT = Shape.string().format("uuid").nullable();

  static final Shape CREATE =
      ((ObjectShape)
              Shape.object()
                  .required("name", NAME)
                  .optional("uuid", Shape.string().format("uuid"))
                  .optional("parent_provider_uuid", PARENT)
                  .since("parent_provider_uuid", PlacementVersions.v(14)))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  static final Shape UPDATE =
      Shape.object()
          .required("name", NAME)
          .optional("parent_provider_uuid", PARENT)
          .since("parent_provider_uuid", PlacementVersions.v(14))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private ProviderWire() {}

  static String url(String uuid) {
    return Wire.MOUNT + "/resource_providers/" + uuid;
  }

  static ObjectNode show(Provider p, Call call) {
    var out = Json.object();
    out.put("uuid", p.uuid());
    out.put("name", p.name());
    out.put("generation", p.generation());
    var links = out.putArray("links");
    links.addObject().put("rel", "self").put("href", url(p.uuid()));
    link(links, p, "inventories");
    link(links, p, "usages");
    if (call.at(1, 1)) {
      link(links, p, "aggregates");
    }
    if (call.at(1, 6)) {
      link(links, p, "traits");
    }
    if (call.at(1, 11)) {
      link(links, p, "allocations");
    }
    if (call.at(1, 14)) {
      out.put("parent_provider_uuid", p.parent());
      out.put("root_provider_uuid", p.root());
    }
    return out;
  }

  private static void link(tools.jackson.databind.node.ArrayNode links, Provider p, String rel) {
    links.addObject().put("rel", rel).put("href", url(p.uuid()) + "/" + rel);
  }
}
