package welkin.network.router;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Caller;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.resource.Access;
import welkin.network.resource.Resource;
import welkin.network.resource.ResourceApi;
import welkin.store.Database;
import welkin.store.Sql;

/** What a router's API has beyond the usual routes: interfaces and single routes. */
public final class RouterApi {
  private final Database database;
  private final Access access;
  private final Routers routers;
  private final RouterInterfaces interfaces;
  private final ResourceApi usual;

  public RouterApi(Database database, Access access, Routers routers, RouterInterfaces interfaces) {
    this.database = database;
    this.access = access;
    this.routers = routers;
    this.interfaces = interfaces;
    this.usual = new ResourceApi(database, access, routers);
  }

  public Routes routes(Routes routes) {
    usual.routes(routes);
    routes
        .put("/routers/{id}/add_router_interface", c -> legs(c, interfaces::add))
        .policyOnTarget("add_router_interface");
    routes
        .put("/routers/{id}/remove_router_interface", c -> legs(c, interfaces::remove))
        .policyOnTarget("remove_router_interface");
    routes
        .put("/routers/{id}/add_extraroutes", c -> extra(c, true))
        .policyOnTarget("add_extraroutes");
    routes
        .put("/routers/{id}/remove_extraroutes", c -> extra(c, false))
        .policyOnTarget("remove_extraroutes");
    return routes;
  }

  private interface LegVerb {
    RouterInterfaces.Changed on(Sql sql, Caller caller, Resource router, ObjectNode body);
  }

  private Resource router(Sql sql, Call call) {
    call.enforcedByFilter();
    var router = routers.get(sql, call.path("id"));
    var full = routers.complete(sql, call.caller(), List.of(router.copy())).getFirst();
    access.act(sql, call.caller(), routers, full, call.route().rule());
    return router;
  }

  private Answer legs(Call call, LegVerb verb) {
    var body = call.object();
    var changed = database.tx(sql -> verb.on(sql, call.caller(), router(sql, call), body));
    var router = changed.router();
    var d = Json.object();
    d.put("id", router.id());
    d.put("tenant_id", router.projectId());
    d.put("project_id", router.projectId());
    d.put("port_id", changed.port().id());
    d.put("network_id", changed.port().text("network_id"));
    d.put("subnet_id", changed.subnetIds().isEmpty() ? null : changed.subnetIds().getFirst());
    var ids = d.putArray("subnet_ids");
    changed.subnetIds().forEach(ids::add);
    d.set("tags", router.document().path("tags"));
    return Answer.ok(d);
  }

  private Answer extra(Call call, boolean add) {
    var body = call.object();
    return database.tx(
        sql -> {
          var changed = routers.changeRoutes(sql, router(sql, call), body, add);
          return Answer.ok(Json.object().set("router", usual.answer(sql, call.caller(), changed)));
        });
  }
}
