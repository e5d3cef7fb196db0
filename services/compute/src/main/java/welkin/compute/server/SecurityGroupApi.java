package welkin.compute.server;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.peers.NetworkPeer.SecurityGroup;
import welkin.peers.NetworkPeer.SecurityGroupRule;

/**
 * {@code /os-security-groups} up to 2.35: the Network service's groups, in Compute's shape. Clients
 * still look a group up here by its name: {@code openstack server add security group}.
 */
public final class SecurityGroupApi {
  private static final String RULE = "os_compute_api:os-security-groups:";

  private final Networking networking;

  public SecurityGroupApi(Networking networking) {
    this.networking = networking;
  }

  public Routes routes() {
    var r = new Routes("/v2.1");
    r.get("/os-security-groups", this::list)
        .policy(RULE + "get")
        .until(2, 35)
        .summary("The project's security groups.");
    r.get("/os-security-groups/{id}", this::show)
        .policy(RULE + "show")
        .until(2, 35)
        .summary("A security group.");
    return r;
  }

  private Answer list(Call call) {
    var answer = Json.object();
    answer.set("security_groups", views(networking.securityGroups(call.caller().projectId())));
    return Answer.ok(answer);
  }

  private Answer show(Call call) {
    var id = call.path("id");
    var group =
        networking.securityGroups(call.caller().projectId()).stream()
            .filter(g -> g.id().equals(id))
            .findFirst()
            .orElseThrow(() -> Fault.notFound("Security group " + id + " not found."));
    var answer = Json.object();
    answer.set("security_group", views(List.of(group)).get(0));
    return Answer.ok(answer);
  }

  private ArrayNode views(List<SecurityGroup> groups) {
    var names = groups.stream().collect(toMap(SecurityGroup::id, SecurityGroup::name));
    var rules =
        networking.rules(groups.stream().map(SecurityGroup::id).toList()).stream()
            .filter(r -> r.direction().equals("ingress"))
            .collect(groupingBy(SecurityGroupRule::groupId));
    var out = Json.array();
    for (var g : groups) {
      var o =
          out.addObject()
              .put("id", g.id())
              .put("name", g.name())
              .put("description", g.description())
              .put("tenant_id", g.projectId());
      var array = o.putArray("rules");
      rules.getOrDefault(g.id(), List.of()).forEach(r -> array.add(view(r, g, names)));
    }
    return out;
  }

  /** Compute knows incoming rules alone; ports that are not said are all: -1 for ICMP. */
  private static ObjectNode view(
      SecurityGroupRule rule, SecurityGroup group, Map<String, String> names) {
    var o =
        Json.object()
            .put("id", rule.id())
            .put("parent_group_id", group.id())
            .put("ip_protocol", rule.protocol());
    boolean ports = "tcp".equals(rule.protocol()) || "udp".equals(rule.protocol());
    o.put("from_port", rule.portMin() != null ? rule.portMin() : edge(rule, ports ? 1 : -1));
    o.put("to_port", rule.portMax() != null ? rule.portMax() : edge(rule, ports ? 65535 : -1));
    var from = o.putObject("group");
    var range = o.putObject("ip_range");
    if (rule.remoteGroupId() != null) {
      from.put("tenant_id", group.projectId())
          .put("name", names.getOrDefault(rule.remoteGroupId(), rule.remoteGroupId()));
    } else {
      range.put("cidr", rule.remoteCidr() != null ? rule.remoteCidr() : "0.0.0.0/0");
    }
    return o;
  }

  private static Integer edge(SecurityGroupRule rule, int value) {
    return rule.protocol() == null ? null : (Integer) value;
  }
}
