package welkin.network.extension;

import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;

/** {@code GET /extensions}: a client asks here what it may use, so only what works stands here. */
public final class ExtensionApi {
  private static final Map<String, String> BUILT = new LinkedHashMap<>();

  static {
    BUILT.put("agent", "agent");
    BUILT.put("allowed-address-pairs", "Allowed Address Pairs");
    BUILT.put("availability_zone", "Availability Zone");
    BUILT.put("binding", "Port Binding");
    BUILT.put("binding-extended", "Port Bindings Extended");
    BUILT.put("dhcp_agent_scheduler", "DHCP Agent Scheduler");
    BUILT.put("dns-integration", "DNS Integration");
    BUILT.put("empty-string-filtering", "Empty String Filtering Extension");
    BUILT.put("ext-gw-mode", "Neutron L3 Configurable external gateway mode");
    BUILT.put("external-net", "Neutron external network");
    BUILT.put("extra_dhcp_opt", "Neutron Extra DHCP options");
    BUILT.put("extraroute", "Neutron Extra Route");
    BUILT.put("extraroute-atomic", "Atomically add/remove extra routes");
    BUILT.put("filter-validation", "Filter parameters validation");
    BUILT.put("fip-port-details", "Floating IP Port Details Extension");
    BUILT.put("ip-substring-filtering", "IP address substring filtering");
    BUILT.put("l3_agent_scheduler", "L3 Agent Scheduler");
    BUILT.put("net-mtu", "Network MTU");
    BUILT.put("net-mtu-writable", "Network MTU (writable)");
    BUILT.put("network-ip-availability", "Network IP Availability");
    BUILT.put("network_availability_zone", "Network Availability Zone");
    BUILT.put("pagination", "Pagination support");
    BUILT.put("port-mac-address-regenerate", "Neutron Port MAC address regenerate");
    BUILT.put("port-security", "Port Security");
    BUILT.put("port-security-groups-filtering", "Port filtering on security groups");
    BUILT.put("project-id", "project_id field enabled");
    BUILT.put("provider", "Provider Network");
    BUILT.put("quota_details", "Quota details management support");
    BUILT.put("quotas", "Quota management support");
    BUILT.put("rbac-policies", "RBAC Policies");
    BUILT.put("rbac-security-groups", "Add security_group type to network RBAC");
    BUILT.put("revision-if-match", "If-Match constraints based on revision_number");
    BUILT.put("router", "Neutron L3 Router");
    BUILT.put("router_availability_zone", "Router Availability Zone");
    BUILT.put("security-group", "security-group");
    BUILT.put("security-groups-normalized-cidr", "Normalized CIDR field for security group rules");
    BUILT.put("security-groups-shared-filtering", "Security group filtering on the shared field");
    BUILT.put("service-type", "Neutron Service Type Management");
    BUILT.put("sorting", "Sorting support");
    BUILT.put("standard-attr-description", "standard-attr-description");
    BUILT.put("standard-attr-revisions", "Resource revision numbers");
    BUILT.put("standard-attr-tag", "Tag support for resources with standard attribute");
    BUILT.put("standard-attr-timestamp", "Resource timestamps");
    BUILT.put("stateful-security-group", "Stateful security group");
    BUILT.put("subnet-external-network", "Subnet belongs to an external network");
    BUILT.put("subnet-service-types", "Subnet service types");
  }

  public Routes routes(Routes routes) {
    routes.get("/extensions", this::list).anyone();
    routes.get("/extensions/{alias}", this::show).anyone();
    routes.get("/service-providers", this::providers).policy("get_service_provider");
    return routes;
  }

  private Answer list(Call call) {
    var out = Json.object();
    var list = out.putArray("extensions");
    BUILT.keySet().forEach(alias -> list.add(shown(alias)));
    return Answer.ok(out);
  }

  private Answer show(Call call) {
    var alias = call.path("alias");
    if (!BUILT.containsKey(alias)) {
      throw Fault.of(404, "ExtensionNotFound", "Extension with alias " + alias + " does not exist");
    }
    return Answer.ok(Json.object().set("extension", shown(alias)));
  }

  private Answer providers(Call call) {
    var out = Json.object();
    out.putArray("service_providers")
        .addObject()
        .put("service_type", "L3_ROUTER_NAT")
        .put("name", "single_node")
        .put("default", true);
    return Answer.ok(out);
  }

  private static ObjectNode shown(String alias) {
    var d = Json.object();
    d.put("name", BUILT.get(alias));
    d.put("alias", alias);
    d.put("description", BUILT.get(alias));
    d.put("updated", "2026-11-01T00:00:00-00:00");
    d.putArray("links");
    return d;
  }
}
