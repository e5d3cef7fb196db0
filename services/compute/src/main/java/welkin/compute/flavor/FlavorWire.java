package welkin.compute.flavor;

import static welkin.http.Version.v;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.compute.api.Links;
import welkin.compute.api.Queries;
import welkin.core.Json;
import welkin.http.BoolShape;
import welkin.http.Call;
import welkin.http.NumberShape;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.http.Version;

/** Flavors in JSON, per microversion. */
final class FlavorWire {
  private static final BigDecimal RXTX_MAX = new BigDecimal("3.40282e38");

  private static final long MAX = Integer.MAX_VALUE;
  private static final Shape DESCRIPTION = Shape.string().length(0, 65535).nullable();
  private static final Shape SPEC_VALUE =
      Shape.anyOf(Shape.string().length(0, 255), Shape.number());
  private static final String SPEC_KEY = "^[a-zA-Z0-9-_:. ]{1,255}$";

  static final Shape CREATE =
      Shape.object()
          .required(
              "flavor",
              Shape.object()
                  .required("name", Shape.string().length(1, 255).name())
                  .optional(
                      "id",
                      Shape.anyOf(
                              Shape.string()
                                  .length(1, 255)
                                  .pattern("^(?! )[a-zA-Z0-9. _-]+(?<! )$"),
                              Shape.integer())
                          .nullable())
                  .required("ram", Shape.integer().lenient().range(1, MAX))
                  .required("vcpus", Shape.integer().lenient().range(1, MAX))
                  .required("disk", Shape.integer().lenient().range(0, MAX))
                  .optional("OS-FLV-EXT-DATA:ephemeral", Shape.integer().lenient().range(0, MAX))
                  .optional("swap", Shape.integer().lenient().range(0, MAX))
                  .optional("rxtx_factor", Shape.number().max(RXTX_MAX).lenient())
                  .optional("os-flavor-access:is_public", Shape.bool().lenient())
                  .optional("description", DESCRIPTION)
                  .since("description", v(2, 55))
                  .noOthers())
          .noOthers();

  static final Shape UPDATE =
      Shape.object()
          .required("flavor", Shape.object().required("description", DESCRIPTION).noOthers())
          .noOthers();

  static final Shape SPECS =
      Shape.object()
          .required("extra_specs", Shape.object().patternOthers(SPEC_KEY, SPEC_VALUE))
          .noOthers();

  static final Shape ONE_SPEC =
      Shape.object().patternOthers(SPEC_KEY, SPEC_VALUE).minProps(1).maxProps(1);

  static final Shape ADD_ACCESS = access("addTenantAccess");
  static final Shape REMOVE_ACCESS = access("removeTenantAccess");

  static final ObjectShape LIST_QUERY =
      Queries.paged()
          .optional("is_public", Shape.string())
          .optional("minRam", Shape.string())
          .optional("minDisk", Shape.string())
          .optional(
              "sort_key",
              Shape.string()
                  .oneOf(
                      "created_at",
                      "description",
                      "disabled",
                      "ephemeral_gb",
                      "flavorid",
                      "id",
                      "is_public",
                      "memory_mb",
                      "name",
                      "root_gb",
                      "rxtx_factor",
                      "swap",
                      "updated_at",
                      "vcpu_weight",
                      "vcpus"))
          .optional("sort_dir", Shape.string().oneOf("asc", "desc"));

  private FlavorWire() {}

  private static Shape access(String action) {
    return Shape.object()
        .required(
            action, Shape.object().required("tenant", Shape.string().length(1, 255)).noOthers())
        .noOthers();
  }

  static Flavor read(JsonNode body, String freshId, Instant now) {
    var id = Json.string(body, "id");
    return new Flavor(
        id == null || id.equals("auto") ? freshId : id,
        body.get("name").stringValue(),
        whole(body, "vcpus", 1),
        whole(body, "ram", 1),
        whole(body, "disk", 0),
        whole(body, "OS-FLV-EXT-DATA:ephemeral", 0),
        whole(body, "swap", 0),
        body.has("rxtx_factor") ? Double.parseDouble(body.get("rxtx_factor").asString()) : 1.0,
        false,
        BoolShape.read(body.get("os-flavor-access:is_public"), true),
        Json.string(body, "description"),
        Map.of(),
        now);
  }

  private static int whole(JsonNode body, String field, int fallback) {
    return (int) NumberShape.read(body.get(field), fallback);
  }

  static Map<String, String> specs(JsonNode body) {
    var specs = new LinkedHashMap<String, String>();
    body.forEachEntry((k, value) -> specs.put(k, value.asString()));
    return specs;
  }

  static ObjectNode brief(Call call, Flavor f) {
    var out = Json.object().put("id", f.id()).put("name", f.name());
    out.set("links", Links.of(call, "flavors", f.id()));
    return call.at(2, 55) ? out.put("description", f.description()) : out;
  }

  /**
   * @param specs whether the caller may see extra specs
   */
  static ObjectNode full(Call call, Flavor f, boolean specs) {
    var version = call.version();
    var out =
        Json.object()
            .put("id", f.id())
            .put("name", f.name())
            .put("ram", f.ramMb())
            .put("disk", f.diskGb());
    swap(out, f.swapMb(), version);
    out.put("OS-FLV-EXT-DATA:ephemeral", f.ephemeralGb())
        .put("OS-FLV-DISABLED:disabled", f.disabled())
        .put("vcpus", f.vcpus())
        .put("os-flavor-access:is_public", f.isPublic())
        .put("rxtx_factor", f.rxtxFactor());
    out.set("links", Links.of(call, "flavors", f.id()));
    if (version.atLeast(2, 55)) {
      out.put("description", f.description());
    }
    if (version.atLeast(2, 61) && specs) {
      out.set("extra_specs", Json.tree(f.extraSpecs()));
    }
    return out;
  }

  private static void swap(ObjectNode out, int swap, Version version) {
    if (swap == 0 && !version.atLeast(2, 75)) {
      out.put("swap", "");
    } else {
      out.put("swap", swap);
    }
  }
}
