package welkin.network.agent;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.network.agent.Agents.Agent;
import welkin.network.agent.Agents.Role;
import welkin.network.resource.Attributes;
import welkin.network.resource.Faults;
import welkin.store.Times;

/** {@code /agents} and {@code /availability_zones}. */
public final class AgentApi {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

  private final Agents agents;

  public AgentApi(Agents agents) {
    this.agents = agents;
  }

  public Routes routes(Routes routes) {
    routes.get("/agents", this::list).policyOnTarget("get_agent");
    routes.get("/agents/{id}", this::show).policyOnTarget("get_agent");
    routes.put("/agents/{id}", this::update).policyOnTarget("update_agent");
    routes.delete("/agents/{id}", this::delete).policyOnTarget("delete_agent").success(204);
    routes.get("/availability_zones", this::zones).policy("get_availability_zone");
    return routes;
  }

  private Agent find(Call call, String rule) {
    call.enforcedByFilter();
    if (!call.allows(rule, Map.of())) {
      if (!call.allows("get_agent", Map.of())) {
        throw Faults.hidden();
      }
      throw Faults.policy(rule);
    }
    return agent(call.path("id"));
  }

  private Agent agent(String id) {
    return agents.find(id).orElseThrow(() -> Faults.notFound("Agent", id));
  }

  private Answer list(Call call) {
    call.enforcedByFilter();
    var out = Json.object();
    var list = out.putArray("agents");
    if (call.allows("get_agent", Map.of())) {
      var fields = Set.copyOf(call.queryAll("fields"));
      for (var a : agents.all()) {
        var d = shown(a);
        if (matches(call, d)) {
          list.add(fields.isEmpty() ? d : d.retain(fields));
        }
      }
    }
    return Answer.ok(out);
  }

  private static boolean matches(Call call, ObjectNode d) {
    for (var e : call.query().entrySet()) {
      var key = e.getKey();
      if (Set.of("fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir")
          .contains(key)) {
        continue;
      }
      if (!d.has(key)) {
        throw Faults.badRequest("['" + key + "'] is invalid attribute for filtering");
      }
      var value = d.get(key).asString("");
      if (e.getValue().stream().noneMatch(v -> v.equalsIgnoreCase(value))) {
        return false;
      }
    }
    return true;
  }

  private Answer show(Call call) {
    return one(find(call, "get_agent"));
  }

  private Answer one(Agent a) {
    return Answer.ok(Json.object().set("agent", shown(a)));
  }

  private Answer update(Call call) {
    var a = find(call, "update_agent");
    var body = call.object("agent");
    boolean up = a.adminUp();
    var description = a.description();
    for (var k : body.propertyNames()) {
      switch (k) {
        case "admin_state_up" -> {
          if (!body.get(k).isBoolean()) {
            throw Attributes.invalid(k, "'" + body.get(k) + "' is not a boolean");
          }
          up = body.get(k).asBoolean();
        }
        case "description" -> description = Json.string(body, k);
        default -> throw Faults.badRequest("Cannot update read-only attribute " + k);
      }
    }
    return one(agents.update(a, up, description));
  }

  private Answer delete(Call call) {
    agents.delete(find(call, "delete_agent"));
    return Answer.none();
  }

  /** An agent as the API shows it. */
  public ObjectNode shown(Agent a) {
    var d = Json.object();
    d.put("id", a.id());
    d.put("agent_type", a.type());
    d.put("binary", a.binary());
    d.put(
        "topic",
        switch (a.role()) {
          case L3 -> "l3_agent";
          case DHCP -> "dhcp_agent";
          case METERING -> "metering_agent";
          default -> "N/A";
        });
    d.put("host", a.host());
    d.put("admin_state_up", a.adminUp());
    d.put("created_at", time(a.createdAt()));
    d.put("started_at", time(a.startedAt()));
    d.put("heartbeat_timestamp", TIME.format(Times.instant(a.heartbeat())));
    d.put("description", a.description());
    d.put("resources_synced", (String) null);
    d.put("availability_zone", a.role() == Role.L3 || a.role() == Role.DHCP ? "nova" : null);
    d.put("alive", agents.isAlive(a));
    d.set("configurations", Json.parse(a.configurations()));
    return d;
  }

  private static String time(String iso) {
    return iso.replace('T', ' ').replace("Z", "");
  }

  /** The agent of a role on a host, as the API shows it. */
  public List<ObjectNode> on(String host, Role role) {
    return agents.all().stream()
        .filter(a -> a.host().equals(host) && a.role() == role)
        .map(this::shown)
        .toList();
  }

  /** The host of an agent that must have a role. */
  public String hostOf(String agentId, Role role) {
    var a = agent(agentId);
    if (a.role() != role) {
      throw Fault.of(
          409,
          role == Role.L3 ? "InvalidL3Agent" : "InvalidDHCPAgent",
          "Agent " + agentId + " is not a valid " + role + " agent.");
    }
    return a.host();
  }

  private Answer zones(Call call) {
    var out = Json.object();
    var list = out.putArray("availability_zones");
    for (var e : Map.of(Role.DHCP, "network", Role.L3, "router").entrySet()) {
      var of = agents.all().stream().filter(a -> a.role() == e.getKey()).toList();
      if (!of.isEmpty()) {
        list.addObject()
            .put("name", "nova")
            .put("resource", e.getValue())
            .put("state", of.stream().anyMatch(Agent::adminUp) ? "available" : "unavailable");
      }
    }
    return Answer.ok(out);
  }
}
