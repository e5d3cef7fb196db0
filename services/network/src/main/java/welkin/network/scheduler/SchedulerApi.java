package welkin.network.scheduler;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.agent.AgentApi;
import welkin.network.agent.Agents.Role;
import welkin.network.dhcp.DhcpServers;
import welkin.network.dhcp.DhcpStore;
import welkin.network.network.NetworkStore;
import welkin.network.resource.Faults;
import welkin.network.router.RouterHosts;
import welkin.network.router.RouterStore;
import welkin.network.stores.Stores;
import welkin.store.Database;

/** The DHCP and L3 agent schedulers' routes. */
public final class SchedulerApi {
  private final Database database;
  private final AgentApi agents;
  private final NetworkStore networks;
  private final RouterStore routers;
  private final DhcpServers dhcp;
  private final RouterHosts routerHosts;

  public SchedulerApi(
      Database database,
      AgentApi agents,
      Stores stores,
      DhcpServers dhcp,
      RouterHosts routerHosts) {
    this.database = database;
    this.agents = agents;
    this.networks = stores.networks();
    this.routers = stores.routers();
    this.dhcp = dhcp;
    this.routerHosts = routerHosts;
  }

  public Routes routes(Routes routes) {
    routes.get("/networks/{id}/dhcp-agents", this::dhcpAgents).policyOnTarget("get_dhcp-agents");
    routes.get("/routers/{id}/l3-agents", this::l3Agents).policyOnTarget("get_l3-agents");
    routes.get("/agents/{id}/dhcp-networks", this::networks).policyOnTarget("get_dhcp-networks");
    routes
        .post("/agents/{id}/dhcp-networks", this::addNetwork)
        .policyOnTarget("create_dhcp-network")
        .success(201);
    routes
        .delete("/agents/{id}/dhcp-networks/{network}", this::dropNetwork)
        .policyOnTarget("delete_dhcp-network")
        .success(204);
    routes.get("/agents/{id}/l3-routers", this::routers).policyOnTarget("get_l3-routers");
    routes
        .post("/agents/{id}/l3-routers", this::addRouter)
        .policyOnTarget("create_l3-router")
        .success(201);
    routes
        .delete("/agents/{id}/l3-routers/{router}", this::dropRouter)
        .policyOnTarget("delete_l3-router")
        .success(204);
    return routes;
  }

  private static void guard(Call call) {
    call.enforcedByFilter();
    if (!call.allows(call.route().rule(), Map.of())) {
      throw Faults.policy(call.route().rule());
    }
  }

  private Answer dhcpAgents(Call call) {
    guard(call);
    var host =
        database.read(
            sql -> {
              network(sql, call.path("id"));
              return networks.dhcpHost(sql, call.path("id"));
            });
    return list(host.map(h -> agents.on(h, Role.DHCP)).orElse(List.of()), "agents");
  }

  private Answer l3Agents(Call call) {
    guard(call);
    var host =
        database.read(
            sql -> {
              router(sql, call.path("id"));
              return routers.host(sql, call.path("id"));
            });
    var shown = host.map(h -> agents.on(h, Role.L3)).orElse(List.of());
    shown.forEach(a -> a.putNull("ha_state"));
    return list(shown, "agents");
  }

  private static Answer list(List<? extends tools.jackson.databind.JsonNode> all, String key) {
    ArrayNode list = Json.array();
    all.forEach(list::add);
    return Answer.ok(Json.object().set(key, list));
  }

  private String host(Call call, Role role) {
    return agents.hostOf(call.path("id"), role);
  }

  private void network(welkin.store.Sql sql, String id) {
    if (networks.find(sql, id).isEmpty()) {
      throw Faults.notFound("Network", id);
    }
  }

  private void router(welkin.store.Sql sql, String id) {
    if (routers.find(sql, id).isEmpty()) {
      throw Faults.notFound("Router", id);
    }
  }

  private Answer networks(Call call) {
    guard(call);
    var host = host(call, Role.DHCP);
    return list(
        database.read(
            sql ->
                networks.rows().findAll(sql, DhcpStore.onHost(sql, host)).stream()
                    .map(r -> r.document())
                    .toList()),
        "networks");
  }

  private Answer addNetwork(Call call) {
    guard(call);
    var host = host(call, Role.DHCP);
    var id = Json.string(call.object(), "network_id");
    database.change(
        sql -> {
          network(sql, id);
          if (networks.dhcpHost(sql, id).filter(host::equals).isPresent()) {
            throw Faults.conflict(
                "NetworkHostedByDHCPAgent",
                "The network "
                    + id
                    + " has been already hosted by the DHCP Agent "
                    + call.path("id")
                    + ".");
          }
          dhcp.move(sql, id, host);
        });
    return Answer.json(201, Map.of());
  }

  private Answer dropNetwork(Call call) {
    guard(call);
    var host = host(call, Role.DHCP);
    var id = call.path("network");
    database.change(
        sql -> {
          if (!networks.dhcpHost(sql, id).filter(host::equals).isPresent()) {
            throw Faults.conflict(
                "NetworkNotHostedByDhcpAgent",
                "The network " + id + " is not hosted by the DHCP agent " + call.path("id") + ".");
          }
          dhcp.move(sql, id, null);
        });
    return Answer.none();
  }

  private Answer routers(Call call) {
    guard(call);
    var host = host(call, Role.L3);
    return list(
        database.read(
            sql ->
                routers.rows().findAll(sql, routers.onHost(sql, host)).stream()
                    .map(r -> r.document())
                    .toList()),
        "routers");
  }

  private Answer addRouter(Call call) {
    guard(call);
    var host = host(call, Role.L3);
    var id = Json.string(call.object(), "router_id");
    database.change(
        sql -> {
          router(sql, id);
          if (routers.host(sql, id).filter(h -> !h.equals(host)).isPresent()) {
            throw Faults.conflict(
                "RouterHostedByL3Agent",
                "The router "
                    + id
                    + " has been already hosted by the L3 Agent "
                    + call.path("id")
                    + ".");
          }
          routerHosts.give(sql, id, host);
        });
    return Answer.json(201, Map.of());
  }

  private Answer dropRouter(Call call) {
    guard(call);
    var host = host(call, Role.L3);
    var id = call.path("router");
    database.change(
        sql -> {
          if (!routers.host(sql, id).filter(host::equals).isPresent()) {
            throw Fault.of(
                409,
                "RouterNotHostedByL3Agent",
                "The router " + id + " is not hosted by L3 agent " + call.path("id") + ".");
          }
          routerHosts.give(sql, id, null);
        });
    return Answer.none();
  }
}
