package welkin.identity.region;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.store.DuplicateKey;

/** {@code /v3/regions}. */
public final class RegionApi {
  private static final Set<String> KNOWN = Set.of("description", "parent_region_id");
  private static final Shape BODY =
      Fields.body(
          "region",
          Shape.object()
              .optional("id", Shape.string().length(0, 255))
              .optional("description", Fields.TEXT)
              .optional("parent_region_id", Shape.string().length(1, 255).nullable()));

  private final Backend backend;

  public RegionApi(Backend backend) {
    this.backend = backend;
  }

  public Routes routes() {
    var r = new Routes("/v3/regions");
    r.get("", this::list).policy("identity:list_regions");
    r.post("", this::create)
        .policy("identity:create_region")
        .body(BODY)
        .success(201)
        .shownBy("/regions/{region_id}");
    r.get("/{region_id}", this::show).policy("identity:get_region");
    r.put("/{region_id}", this::create).policy("identity:create_region").body(BODY).success(201);
    r.patch("/{region_id}", this::update).policy("identity:update_region").body(BODY);
    r.delete("/{region_id}", this::delete).policy("identity:delete_region").success(204);
    return r;
  }

  private static ObjectNode show(Call call, Region region) {
    var out = region.extra().deepCopy();
    out.put("id", region.id());
    out.put("description", region.description());
    out.put("parent_region_id", region.parentRegionId());
    out.putObject("links").put("self", call.base() + "/v3/regions/" + region.id());
    return out;
  }

  private static Answer one(int status, Call call, Region region) {
    var body = Json.object();
    body.set("region", show(call, region));
    return Answer.json(status, body);
  }

  private Region region(Call call) {
    var id = call.path("region_id");
    return backend
        .database()
        .read(sql -> RegionStore.find(sql, id))
        .orElseThrow(Faults.missing("region", id));
  }

  private Answer list(Call call) {
    var request = ListRequest.of(call, "parent_region_id");
    var rows = backend.database().read(sql -> RegionStore.list(sql, request));
    return request.answer(call, "regions", rows, r -> show(call, r), Region::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("region"));
    var asked = given.text("id");
    var inPath = call.path("region_id");
    if (inPath != null && asked != null && !inPath.equals(asked)) {
      throw Fault.badRequest("Conflicting region IDs specified: " + inPath + " and " + asked);
    }
    var id =
        inPath != null ? inPath : asked != null && !asked.isEmpty() ? asked : backend.ids().hex();
    var description = given.text("description");
    var region =
        new Region(
            id,
            description == null ? "" : description,
            given.text("parent_region_id"),
            given.extra(null, KNOWN));
    try {
      backend
          .database()
          .change(
              sql -> {
                mustExist(sql, region.parentRegionId());
                RegionStore.insert(sql, region);
                backend.tell(sql, "region", "created", null, id);
              });
    } catch (DuplicateKey e) {
      throw Faults.taken("region", "ID " + id);
    }
    return one(201, call, region);
  }

  private static void mustExist(welkin.store.Sql sql, String id) {
    if (id != null && RegionStore.find(sql, id).isEmpty()) {
      throw Faults.notFound("region", id);
    }
  }

  private Answer show(Call call) {
    return one(200, call, region(call));
  }

  private Answer update(Call call) {
    var was = region(call);
    var given = new Attributes(call.object("region"));
    Fields.same(given, "id", was.id());
    var description = given.text("description", was.description());
    var region =
        new Region(
            was.id(),
            description == null ? "" : description,
            given.text("parent_region_id", was.parentRegionId()),
            given.extra(was.extra(), KNOWN));
    backend
        .database()
        .change(
            sql -> {
              for (var up = region.parentRegionId(); up != null; ) {
                if (up.equals(region.id())) {
                  throw Fault.badRequest("Region cannot be a parent of itself: " + up);
                }
                var at = up;
                up =
                    RegionStore.find(sql, at)
                        .orElseThrow(Faults.missing("region", at))
                        .parentRegionId();
              }
              RegionStore.update(sql, region);
              backend.tell(sql, "region", "updated", null, region.id());
            });
    return one(200, call, region);
  }

  private Answer delete(Call call) {
    var region = region(call);
    backend
        .database()
        .change(
            sql -> {
              delete(sql, region.id());
              backend.epoch().end(sql);
            });
    return Answer.none();
  }

  /** With the regions below it; a region that endpoints are in stays. */
  private void delete(welkin.store.Sql sql, String id) {
    RegionStore.children(sql, id).forEach(child -> delete(sql, child));
    if (RegionStore.inUse(sql, id)) {
      throw Faults.forbidden(
          "Unable to delete region "
              + id
              + " because it or its child regions have associated"
              + " endpoints");
    }
    RegionStore.delete(sql, id);
    backend.tell(sql, "region", "deleted", null, id);
  }
}
