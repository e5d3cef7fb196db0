package welkin.identity.region;

import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.shared.Members;
import welkin.peers.Peers;
import welkin.store.DuplicateKey;
import welkin.store.Sql;

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
  private final Members<Region> regions;

  public RegionApi(Backend backend) {
    this.backend = backend;
    regions =
        new Members<>(
            backend, "region", "regions", Region::id, RegionStore::find, RegionApi::shown);
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

  private static ObjectNode shown(Call call, Region region) {
    var out = region.extra().deepCopy();
    out.put("id", region.id());
    out.put("description", region.description());
    out.put("parent_region_id", region.parentRegionId());
    out.putObject("links").put("self", call.base() + "/v3/regions/" + Peers.encode(region.id()));
    return out;
  }

  private Answer list(Call call) {
    return regions.page(call, ListRequest.of(call, "parent_region_id"), RegionStore::list);
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
      regions.change(
          "created",
          region,
          sql -> {
            mustExist(sql, region.parentRegionId());
            RegionStore.insert(sql, region);
          });
    } catch (DuplicateKey e) {
      throw Faults.taken("region", "ID " + id);
    }
    return regions.one(201, call, region);
  }

  private static void mustExist(Sql sql, String id) {
    if (id != null && RegionStore.find(sql, id).isEmpty()) {
      throw Faults.notFound("region", id);
    }
  }

  private Answer show(Call call) {
    return regions.one(200, call, regions.of(call));
  }

  private Answer update(Call call) {
    var was = regions.of(call);
    var given = new Attributes(call.object("region"));
    Fields.same(given, "id", was.id());
    var description = given.text("description", was.description());
    var region =
        new Region(
            was.id(),
            description == null ? "" : description,
            given.text("parent_region_id", was.parentRegionId()),
            given.extra(was.extra(), KNOWN));
    regions.change(
        "updated",
        region,
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
        });
    return regions.one(200, call, region);
  }

  private Answer delete(Call call) {
    var region = regions.of(call);
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
  private void delete(Sql sql, String id) {
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
