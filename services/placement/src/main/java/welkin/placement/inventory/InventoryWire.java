package welkin.placement.inventory;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.placement.Wire;

/** Inventories as JSON. */
public final class InventoryWire {
  private static final long MAX = 0x7FFFFFFF;

  private static ObjectShape fields() {
    return Shape.object()
        .optional("reserved", Shape.integer().range(0, MAX))
        .required("total", Shape.integer().range(1, MAX))
        .optional("min_unit", Shape.integer().range(1, MAX))
        .optional("max_unit", Shape.integer().range(1, MAX))
        .optional("step_size", Shape.integer().range(1, MAX))
        .optional(
            "allocation_ratio",
            Shape.number().min(BigDecimal.ZERO).max(new BigDecimal("3.40282e38")));
  }

  static final Shape ONE =
      fields()
          .required("resource_provider_generation", Wire.GENERATION)
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  static final Shape CREATE =
      fields()
          .optional("resource_provider_generation", Wire.GENERATION)
          .required("resource_class", Shape.string().pattern(Wire.NAME))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  /** All inventory of a provider with the generation it was read at. */
  public static final Shape ALL =
      Shape.object()
          .required("resource_provider_generation", Wire.GENERATION)
          .required("inventories", Shape.object().patternOthers(Wire.NAME, fields().noOthers()))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private InventoryWire() {}

  static Inventory read(String resourceClass, JsonNode n) {
    return new Inventory(
        resourceClass,
        n.get("total").asLong(),
        number(n, "reserved", 0),
        number(n, "min_unit", 1),
        number(n, "max_unit", MAX),
        number(n, "step_size", 1),
        n.has("allocation_ratio") ? n.get("allocation_ratio").asDouble() : 1.0,
        0);
  }

  /** The {@code inventories} object of a body that fits {@link #ALL}. */
  public static List<Inventory> readAll(JsonNode body) {
    var out = new ArrayList<Inventory>();
    body.get("inventories").forEachEntry((name, n) -> out.add(read(name, n)));
    return out;
  }

  private static long number(JsonNode n, String field, long fallback) {
    return n.has(field) ? n.get(field).asLong() : fallback;
  }

  static ObjectNode show(Inventory i) {
    return Json.object()
        .put("total", i.total())
        .put("reserved", i.reserved())
        .put("min_unit", i.minUnit())
        .put("max_unit", i.maxUnit())
        .put("step_size", i.stepSize())
        .put("allocation_ratio", i.allocationRatio());
  }

  static ObjectNode show(Inventories.Stock stock) {
    var out = Json.object();
    out.put("resource_provider_generation", stock.generation());
    var all = out.putObject("inventories");
    stock.inventories().forEach(i -> all.set(i.resourceClass(), show(i)));
    return out;
  }
}
