package welkin.placement.allocation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.http.ObjectShape;
import welkin.http.Shape;
import welkin.http.Version;
import welkin.placement.PlacementVersions;
import welkin.placement.Wire;
import welkin.placement.inventory.InventoryWire;

/** Allocations as JSON, and back. */
final class AllocationWire {
  /** What stands for project and user when a request before 1.8 names none. */
  private static final String INCOMPLETE = "00000000-0000-0000-0000-000000000000";

  private static final Version V8 = PlacementVersions.v(8);
  private static final Version V28 = PlacementVersions.v(28);
  private static final Version V34 = PlacementVersions.v(34);
  private static final Version V38 = PlacementVersions.v(38);

  private static final Shape RESOURCES =
      Shape.object()
          .minProps(1)
          .patternOthers(Wire.NAME, Shape.integer().range(1, Long.MAX_VALUE))
          .noOthers();
  private static final Shape ID = Shape.string().length(1, 255);

  static final Shape PUT_LIST =
      Shape.object()
          .required(
              "allocations",
              Shape.array(
                      Shape.object()
                          .required(
                              "resource_provider",
                              Shape.object()
                                  .required("uuid", Shape.string().format("uuid"))
                                  .noOthers())
                          .required("resources", RESOURCES)
                          .noOthers())
                  .min(1))
          .required("project_id", ID)
          .since("project_id", V8)
          .required("user_id", ID)
          .since("user_id", V8)
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  /** 1.12 to 1.27: an empty dict is refused. */
  static final Shape PUT_12 = consumer(1).said(Shape.Style.PLACEMENT);

  static final Shape PUT_28 = consumer(0).said(Shape.Style.PLACEMENT);

  static final Shape POST =
      Shape.object()
          .minProps(1)
          .patternOthers(Wire.UUID_PATTERN, consumer(0))
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  static final Shape RESHAPE =
      Shape.object()
          .required(
              "inventories",
              Shape.object().patternOthers(Wire.UUID_PATTERN, InventoryWire.ALL).noOthers())
          .required(
              "allocations",
              Shape.object().patternOthers(Wire.UUID_PATTERN, consumer(0)).noOthers())
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private AllocationWire() {}

  private static ObjectShape consumer(int least) {
    return Shape.object()
        .required(
            "allocations",
            Shape.object()
                .minProps(least)
                .patternOthers(
                    Wire.UUID_PATTERN,
                    Shape.object()
                        .optional("generation", Wire.GENERATION)
                        .required("resources", RESOURCES)
                        .noOthers())
                .noOthers())
        .required("project_id", ID)
        .required("user_id", ID)
        .required("consumer_generation", Wire.GENERATION.nullable())
        .since("consumer_generation", V28)
        .optional("mappings", Shape.object().minProps(1))
        .since("mappings", V34)
        .required("consumer_type", Shape.string().length(1, 255).pattern(Wire.NAME))
        .since("consumer_type", V38)
        .noOthers();
  }

  /** A body that fits one of the PUT shapes. */
  static Claim claim(String consumer, JsonNode body, Call call) {
    Map<String, Map<String, Long>> resources = new LinkedHashMap<>();
    var allocations = body.get("allocations");
    if (allocations.isArray()) {
      for (var one : allocations) {
        resources.put(
            Wire.uuid(one.get("resource_provider").get("uuid").stringValue()),
            amounts(one.get("resources")));
      }
    } else {
      allocations.forEachEntry(
          (uuid, one) -> resources.put(Wire.uuid(uuid), amounts(one.get("resources"))));
    }
    var project = Json.string(body, "project_id");
    var user = Json.string(body, "user_id");
    var generation = body.get("consumer_generation");
    return new Claim(
        consumer,
        resources,
        project == null ? INCOMPLETE : project,
        user == null ? INCOMPLETE : user,
        Json.string(body, "consumer_type"),
        call.at(1, 28),
        generation == null || generation.isNull() ? null : (Integer) Wire.generation(generation));
  }

  static List<Claim> claims(JsonNode byConsumer, Call call) {
    var out = new ArrayList<Claim>();
    byConsumer.forEachEntry((uuid, body) -> out.add(claim(Wire.uuid(uuid), body, call)));
    return out;
  }

  static List<Reshapes.Reshaped> reshaped(JsonNode inventories) {
    var out = new ArrayList<Reshapes.Reshaped>();
    inventories.forEachEntry(
        (uuid, body) ->
            out.add(
                new Reshapes.Reshaped(
                    Wire.uuid(uuid),
                    Wire.generation(body.get("resource_provider_generation")),
                    InventoryWire.readAll(body))));
    return out;
  }

  private static Map<String, Long> amounts(JsonNode resources) {
    var out = new LinkedHashMap<String, Long>();
    resources.forEachEntry((name, n) -> out.put(name, n.asLong()));
    return out;
  }

  static ObjectNode show(Allocations.OfConsumer of, Call call) {
    var out = Json.object();
    var byProvider = out.putObject("allocations");
    for (var a : of.allocations()) {
      entry(byProvider, a.provider(), a);
      ((ObjectNode) byProvider.get(a.provider()))
          .put("generation", of.generations().get(a.provider()));
    }
    var c = of.consumer();
    if (c != null && !of.allocations().isEmpty()) {
      if (call.at(1, 12)) {
        out.put("project_id", c.projectId()).put("user_id", c.userId());
      }
      if (call.at(1, 28)) {
        out.put("consumer_generation", c.generation());
      }
      if (call.at(1, 38)) {
        out.put("consumer_type", c.type() == null ? "unknown" : c.type());
      }
    }
    return out;
  }

  static ObjectNode show(Allocations.OfProvider of, Call call) {
    var out = Json.object();
    var byConsumer = out.putObject("allocations");
    for (var a : of.allocations()) {
      entry(byConsumer, a.consumer(), a);
      if (call.at(1, 28)) {
        ((ObjectNode) byConsumer.get(a.consumer()))
            .put("consumer_generation", of.generations().get(a.consumer()));
      }
    }
    out.put("resource_provider_generation", of.provider().generation());
    return out;
  }

  private static void entry(ObjectNode all, String key, Allocation a) {
    var one = all.get(key) instanceof ObjectNode o ? o : all.putObject(key);
    var resources = one.get("resources") instanceof ObjectNode o ? o : one.putObject("resources");
    resources.put(a.resourceClass(), a.used());
  }
}
