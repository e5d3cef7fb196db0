package welkin.compute.flavor;

import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import welkin.compute.api.Links;
import welkin.compute.api.Queries;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Paging;
import welkin.http.Routes;
import welkin.http.policy.PolicyEngine;
import welkin.store.ListQuery.Sort;

/** {@code /flavors} with extra specs and access. */
public final class FlavorApi {
  private static final String SPECS_RULE = "os_compute_api:os-flavor-extra-specs:";
  private static final String ACCESS_RULE = "os_compute_api:os-flavor-access";
  private static final String MANAGE_RULE = "os_compute_api:os-flavor-manage:";
  private static final List<Sort> BY_ID = List.of(new Sort("flavorid", true));
  private static final int PAGE_MAX = 1000;

  private final Flavors flavors;
  private final PolicyEngine policy;
  private final Ids ids;
  private final InstantSource clock;

  public FlavorApi(Flavors flavors, PolicyEngine policy, Ids ids, InstantSource clock) {
    this.flavors = flavors;
    this.policy = policy;
    this.ids = ids;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/flavors", this::list).anyone().summary("The flavors the caller may use.");
    r.get("/flavors/detail", this::detail).anyone().summary("The same with every field.");
    r.post("/flavors", this::create)
        .policy(MANAGE_RULE + "create")
        .body(FlavorWire.CREATE)
        .shownBy("/flavors/{id}")
        .summary("Makes a flavor.");
    r.get("/flavors/{id}", this::show).anyone().summary("One flavor.");
    r.put("/flavors/{id}", this::update)
        .policy(MANAGE_RULE + "update")
        .since(2, 55)
        .body(FlavorWire.UPDATE)
        .summary("Changes a flavor's description.");
    r.delete("/flavors/{id}", this::delete)
        .policy(MANAGE_RULE + "delete")
        .success(202)
        .summary("Deletes a flavor; servers made with it keep their own copy.");
    r.get("/flavors/{id}/os-extra_specs", this::specs)
        .policy(SPECS_RULE + "index")
        .summary("A flavor's extra specs.");
    r.post("/flavors/{id}/os-extra_specs", this::addSpecs)
        .policy(SPECS_RULE + "create")
        .body(FlavorWire.SPECS)
        .summary("Adds and replaces extra specs.");
    r.get("/flavors/{id}/os-extra_specs/{key}", this::spec)
        .policy(SPECS_RULE + "show")
        .summary("One extra spec.");
    r.put("/flavors/{id}/os-extra_specs/{key}", this::setSpec)
        .policy(SPECS_RULE + "update")
        .body(FlavorWire.ONE_SPEC)
        .summary("Sets one extra spec.");
    r.delete("/flavors/{id}/os-extra_specs/{key}", this::removeSpec)
        .policy(SPECS_RULE + "delete")
        .summary("Removes one extra spec.");
    r.get("/flavors/{id}/os-flavor-access", this::access)
        .policy(ACCESS_RULE)
        .summary("Which projects may use a flavor that is not public.");
    r.action("/flavors/{id}/action", "addTenantAccess", this::allow)
        .policy(ACCESS_RULE + ":add_tenant_access")
        .body(FlavorWire.ADD_ACCESS)
        .summary("Lets a project use a flavor.");
    r.action("/flavors/{id}/action", "removeTenantAccess", this::disallow)
        .policy(ACCESS_RULE + ":remove_tenant_access")
        .body(FlavorWire.REMOVE_ACCESS)
        .summary("Takes a flavor from a project.");
    return r;
  }

  private Answer list(Call call) {
    return list(call, false);
  }

  private Answer detail(Call call) {
    return list(call, true);
  }

  private Answer list(Call call, boolean full) {
    Queries.check(call, FlavorWire.LIST_QUERY);
    var page = Paging.of(call, PAGE_MAX, BY_ID);
    var found =
        flavors.list(
            call.caller(), isPublic(call), number(call, "minRam"), number(call, "minDisk"), page);
    boolean specs = full && maySeeSpecs(call);
    var answer = Json.object();
    var array = answer.putArray("flavors");
    found.forEach(
        f -> array.add(full ? FlavorWire.full(call, f, specs) : FlavorWire.brief(call, f)));
    Links.next(answer, "flavors", call, page, found.stream().map(Flavor::id).toList());
    return Answer.ok(answer);
  }

  /** Administrators choose; {@code none} means all, nothing said means public ones. */
  private static Boolean isPublic(Call call) {
    var text = call.query("is_public");
    if (text == null || !call.caller().isAdmin()) {
      return Boolean.TRUE;
    }
    if (text.strip().equalsIgnoreCase("none")) {
      return null;
    }
    try {
      return call.queryFlag("is_public", true);
    } catch (Fault f) {
      throw Fault.badRequest("Invalid is_public filter [" + text + "]");
    }
  }

  private static int number(Call call, String name) {
    var text = call.query(name);
    try {
      return text == null ? 0 : Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw Fault.badRequest("Invalid " + name + " filter [" + text + "]");
    }
  }

  private boolean maySeeSpecs(Call call) {
    return call.at(2, 61) && policy.allows(SPECS_RULE + "index", call.caller(), call.own());
  }

  private Answer flavor(Call call, Flavor f) {
    return Answer.ok(Json.object().set("flavor", FlavorWire.full(call, f, maySeeSpecs(call))));
  }

  private Answer create(Call call) {
    var wanted = FlavorWire.read(call.object("flavor"), ids.uuid(), clock.instant());
    return flavor(call, flavors.create(wanted));
  }

  private Answer show(Call call) {
    return flavor(call, flavors.show(call.caller(), call.path("id")));
  }

  private Answer update(Call call) {
    var text = Json.string(call.object("flavor"), "description");
    return flavor(call, flavors.describe(call.path("id"), text));
  }

  private Answer delete(Call call) {
    flavors.delete(call.path("id"));
    return Answer.empty(202);
  }

  private Answer specs(Call call) {
    var f = flavors.show(call.caller(), call.path("id"));
    return Answer.ok(Map.of("extra_specs", f.extraSpecs()));
  }

  private Answer addSpecs(Call call) {
    var specs = FlavorWire.specs(call.object("extra_specs"));
    flavors.addSpecs(call.path("id"), specs);
    return Answer.ok(Map.of("extra_specs", specs));
  }

  private Answer spec(Call call) {
    var key = call.path("key");
    var value = flavors.show(call.caller(), call.path("id")).extraSpecs().get(key);
    if (value == null) {
      throw Flavors.noSpec(call.path("id"), key);
    }
    return Answer.ok(Map.of(key, value));
  }

  private Answer setSpec(Call call) {
    var specs = FlavorWire.specs(call.object());
    if (!specs.containsKey(call.path("key"))) {
      throw Fault.badRequest("Request body and URI mismatch");
    }
    flavors.addSpecs(call.path("id"), specs);
    return Answer.ok(specs);
  }

  private Answer removeSpec(Call call) {
    flavors.removeSpec(call.path("id"), call.path("key"));
    return Answer.empty(200);
  }

  private Answer access(Call call) {
    return accessList(call, flavors.access(call.caller(), call.path("id")));
  }

  private Answer allow(Call call) {
    var project = call.object("addTenantAccess").get("tenant").stringValue();
    return accessList(call, flavors.allow(call.path("id"), project, call.at(2, 7)));
  }

  private Answer disallow(Call call) {
    var project = call.object("removeTenantAccess").get("tenant").stringValue();
    return accessList(call, flavors.disallow(call.path("id"), project));
  }

  private static Answer accessList(Call call, List<String> projects) {
    var answer = Json.object();
    var array = answer.putArray("flavor_access");
    projects.forEach(
        p -> array.add(Json.object().put("flavor_id", call.path("id")).put("tenant_id", p)));
    return Answer.ok(answer);
  }
}
