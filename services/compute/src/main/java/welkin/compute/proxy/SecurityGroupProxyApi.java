package welkin.compute.proxy;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Formats;
import welkin.http.Routes;
import welkin.peers.Peers;

/** {@code /os-security-groups} and {@code /os-security-group-rules}, until 2.35. */
public final class SecurityGroupProxyApi {
  private static final String RULE = "os_compute_api:os-security-groups:";
  private static final String GROUPS = "/network/v2.0/security-groups";
  private static final String RULES = "/network/v2.0/security-group-rules";
  private final Peers peers;

  public SecurityGroupProxyApi(Peers peers) {
    this.peers = peers;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-security-groups", this::list)
        .policy(RULE + "get")
        .until(2, 35)
        .summary("The project's security groups.");
    r.post("/os-security-groups", this::create)
        .policy(RULE + "create")
        .until(2, 35)
        .summary("Makes a security group.");
    r.get("/os-security-groups/{id}", this::show)
        .policy(RULE + "show")
        .until(2, 35)
        .summary("One security group.");
    r.put("/os-security-groups/{id}", this::update)
        .policy(RULE + "update")
        .until(2, 35)
        .summary("Changes name and description.");
    r.delete("/os-security-groups/{id}", this::delete)
        .policy(RULE + "delete")
        .until(2, 35)
        .success(202)
        .summary("Deletes a security group.");
    r.delete("/os-security-groups", c -> blank())
        .policy(RULE + "delete")
        .until(2, 35)
        .summary("No security group has an empty id.");
    r.post("/os-security-group-rules", this::createRule)
        .policy(RULE + "rule:create")
        .until(2, 35)
        .summary("Lets something in.");
    r.delete("/os-security-group-rules/{id}", this::deleteRule)
        .policy(RULE + "rule:delete")
        .until(2, 35)
        .success(202)
        .summary("No longer lets it in.");
    return r;
  }

  private static Answer blank() {
    throw Fault.notFound("The resource could not be found.");
  }

  private Peers as(Call call) {
    return peers.as(call.caller().token());
  }

  private static String id(Call call) {
    var id = call.path("id");
    if (!Formats.isUuid(id)) {
      throw Fault.badRequest("Security group id should be uuid");
    }
    return id;
  }

  private Answer list(Call call) {
    var all = call.caller().isAdmin() && call.query("all_tenants") != null;
    var groups =
        as(call)
            .get(GROUPS + (all ? "" : "?project_id=" + Peers.encode(call.caller().projectId())))
            .get("security_groups");
    var names = new LinkedHashMap<String, JsonNode>();
    groups.forEach(g -> names.put(Json.string(g, "id"), g));
    var answer = Json.object();
    var array = answer.putArray("security_groups");
    groups.forEach(g -> array.add(view(call, g, names)));
    return Answer.ok(answer);
  }

  private ObjectNode view(Call call, JsonNode g, Map<String, JsonNode> names) {
    var out =
        Json.object()
            .put("id", Json.string(g, "id"))
            .put("name", Json.string(g, "name"))
            .put("description", Json.string(g, "description"))
            .put("tenant_id", Json.string(g, "project_id"));
    var rules = out.putArray("rules");
    for (var r : g.path("security_group_rules")) {
      if (r.path("direction").asString("").equals("ingress")) {
        rules.add(rule(call, r, names));
      }
    }
    return out;
  }

  private ObjectNode rule(Call call, JsonNode r, Map<String, JsonNode> names) {
    var protocol = Json.string(r, "protocol");
    boolean ports = "tcp".equals(protocol) || "udp".equals(protocol);
    var out =
        Json.object()
            .put("id", Json.string(r, "id"))
            .put("parent_group_id", Json.string(r, "security_group_id"))
            .put("ip_protocol", protocol);
    port(out, "from_port", r.get("port_range_min"), ports ? 1 : -1);
    port(out, "to_port", r.get("port_range_max"), ports ? 65535 : -1);
    var remote = Json.string(r, "remote_group_id");
    var group = out.putObject("group");
    var range = out.putObject("ip_range");
    if (remote != null) {
      var other =
          names.computeIfAbsent(
              remote, id -> as(call).get(GROUPS + "/" + id).get("security_group"));
      group
          .put("name", Json.string(other, "name"))
          .put("tenant_id", Json.string(other, "project_id"));
    } else {
      var cidr = Json.string(r, "remote_ip_prefix");
      boolean six = r.path("ethertype").asString("IPv4").equals("IPv6");
      range.put("cidr", cidr != null ? cidr : six ? "::/0" : "0.0.0.0/0");
    }
    return out;
  }

  private static void port(ObjectNode out, String name, JsonNode value, int fallback) {
    out.put(name, value == null || value.isNull() ? fallback : value.intValue());
  }

  private JsonNode group(Call call, String id) {
    try {
      return as(call).get(GROUPS + "/" + id).get("security_group");
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.notFound("Security group " + id + " not found.") : f;
    }
  }

  private Answer answer(Call call, JsonNode group) {
    var names = new LinkedHashMap<String, JsonNode>();
    names.put(Json.string(group, "id"), group);
    return Answer.ok(Json.object().set("security_group", view(call, group, names)));
  }

  private Answer show(Call call) {
    return answer(call, group(call, id(call)));
  }

  private static Map<String, Object> wanted(Call call) {
    var body = call.object("security_group");
    return Map.of("name", text(body, "name"), "description", text(body, "description"));
  }

  private static String text(ObjectNode body, String field) {
    var value = body.get(field);
    if (value == null || !value.isString()) {
      throw Fault.badRequest("Security group " + field + " is not a string or unicode");
    }
    if (value.stringValue().length() > 255
        || field.equals("name") && value.stringValue().isBlank()) {
      throw Fault.badRequest(
          "Security group " + field + " should have between 1 and 255 characters.");
    }
    return value.stringValue();
  }

  private Answer create(Call call) {
    try {
      return answer(
          call,
          as(call).post(GROUPS, Map.of("security_group", wanted(call))).get("security_group"));
    } catch (Fault f) {
      throw f.code().equals("OverQuota") ? Fault.forbidden(f.getMessage()) : f;
    }
  }

  private Answer update(Call call) {
    var id = id(call);
    group(call, id);
    return answer(
        call,
        as(call)
            .put(GROUPS + "/" + id, Map.of("security_group", wanted(call)))
            .get("security_group"));
  }

  private Answer delete(Call call) {
    var id = id(call);
    group(call, id);
    try {
      as(call).delete(GROUPS + "/" + id);
    } catch (Fault f) {
      throw f.status() == 409 ? Fault.badRequest(f.getMessage()) : f;
    }
    return Answer.empty(202);
  }

  private Answer createRule(Call call) {
    var body = call.object("security_group_rule");
    var parent = Json.string(body, "parent_group_id");
    if (parent == null || !Formats.isUuid(parent)) {
      throw Fault.badRequest("Security group id should be uuid");
    }
    group(call, parent);
    var remote = Json.string(body, "group_id");
    var cidr = Json.string(body, "cidr");
    if (cidr != null && !Formats.isCidr(cidr)) {
      throw Fault.badRequest("Invalid cidr " + cidr + ".");
    }
    var protocol = Json.string(body, "ip_protocol");
    var rule = new LinkedHashMap<String, Object>();
    rule.put("security_group_id", parent);
    rule.put("direction", "ingress");
    rule.put("ethertype", cidr != null && cidr.contains(":") ? "IPv6" : "IPv4");
    rule.put("protocol", protocol == null ? null : protocol.toLowerCase(java.util.Locale.ROOT));
    rule.put("port_range_min", number(body, "from_port"));
    rule.put("port_range_max", number(body, "to_port"));
    rule.put("remote_group_id", remote);
    rule.put("remote_ip_prefix", remote != null ? null : cidr);
    try {
      var made =
          as(call)
              .post(RULES, Map.of("security_group_rule", Peers.given(rule)))
              .get("security_group_rule");
      return Answer.ok(
          Json.object().set("security_group_rule", rule(call, made, new LinkedHashMap<>())));
    } catch (Fault f) {
      throw f.code().equals("OverQuota")
          ? Fault.forbidden(f.getMessage())
          : f.status() == 409 ? Fault.badRequest(f.getMessage()) : f;
    }
  }

  /** A port; -1 and nothing mean all. */
  private static Integer number(ObjectNode body, String field) {
    var text = Json.string(body, field);
    if (text == null || text.equals("-1")) {
      return null;
    }
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw Fault.badRequest("Invalid " + field + " '" + text + "': it must be a number.");
    }
  }

  private Answer deleteRule(Call call) {
    var id = call.path("id");
    if (!Formats.isUuid(id)) {
      throw Fault.badRequest("Security group rule id should be uuid");
    }
    try {
      as(call).delete(RULES + "/" + id);
    } catch (Fault f) {
      throw f.status() == 404 ? Fault.notFound("Rule (" + id + ") not found.") : f;
    }
    return Answer.empty(202);
  }
}
