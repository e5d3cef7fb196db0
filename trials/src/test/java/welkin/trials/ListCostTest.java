package welkin.trials;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import welkin.store.Statements;

/**
 * What a list costs does not depend on how much it lists: every row of every service that reads is
 * asked, then there is more of everything, then it is asked again, and has to make do with as many
 * SQL statements as before (those of the services it asks counted in). So "one statement for each
 * row" cannot come back unnoticed.
 */
class ListCostTest {
  private static final String NOBODYS = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
  private static final int FEW = 2;
  private static final int MORE = 6;

  /** A statement more is no sign of one for each of {@link #MORE} rows. */
  private static final int TOLERANCE = 1;

  /** Lists with filters, or of more than their plain form shows. */
  private static final List<String> VARIANTS =
      List.of(
          "/v3/role_assignments?include_names",
          "/v3/role_assignments?effective&include_names",
          "/v3/role_assignments?effective&include_names&user.id={users}",
          "/v3/role_assignments?include_names&scope.project.id={projects}",
          "/v3/role_assignments?include_subtree&scope.project.id={projects}",
          "/v3/users?name__contains=more",
          "/v3/projects?tags=more-0",
          "/v3/limits?project_id={projects}",
          "/v3/endpoints?service_id={services}",
          "/network/v2.0/ports?network_id={networks}",
          "/network/v2.0/ports?security_groups={security-groups}",
          "/network/v2.0/ports?fixed_ips=subnet_id%3D{subnets}",
          "/network/v2.0/security-groups?fields=id",
          "/network/v2.0/networks?router:external=true",
          "/image/v2/images?visibility=shared&member_status=all",
          "/image/v2/images?tag=more",
          "/compute/v2.1/servers/detail?all_tenants=1",
          "/compute/v2.1/servers/detail?changes-since=2020-01-01T00:00:00Z",
          "/compute/v2.1/servers/detail?not-tags=none",
          "/compute/v2.1/os-hypervisors/detail?with_servers=true",
          "/compute/v2.1/os-simple-tenant-usage?detailed=1&start=2020-01-01T00:00:00",
          "/compute/v2.1/flavors/detail?is_public=None",
          "/placement/allocation_candidates?resources=CUSTOM_THING:1",
          "/placement/resource_providers?resources=CUSTOM_THING:1",
          "/placement/usages?project_id={projects}");

  @TempDir Path home;
  private TestCloud cloud;
  private TestCloud.Client admin;

  /** What stands for the parameter after a path's segment. */
  private final Map<String, String> ids = new HashMap<>();

  private int made;

  private record Cost(long statements, int bytes) {}

  @Test
  void aListOfMoreCostsNoMore() {
    try (var c = new TestCloud(home, 1)) {
      cloud = c;
      admin = c.admin();
      begin();
      grow(FEW);
      var before = costs();
      grow(MORE);
      var after = costs();
      var dear = new TreeMap<String, String>();
      int longer = 0;
      for (var path : before.keySet()) {
        var few = before.get(path);
        var many = after.get(path);
        longer += many.bytes > few.bytes + MORE ? 1 : 0;
        if (many.statements > few.statements + TOLERANCE) {
          dear.put(path, few.statements + " statements, then " + many.statements);
        }
      }
      assertThat(longer).as("lists that grew").isGreaterThan(90);
      assertThat(dear).isEmpty();
    }
  }

  private Map<String, Cost> costs() {
    var out = new LinkedHashMap<String, Cost>();
    for (var service : cloud.cloud().door().services()) {
      for (var row : service.rows()) {
        if (row.method().equals("GET") && !service.mount().equals("/identity")) { // the same at "/"
          ask(service.mount() + row.path(), out);
        }
      }
    }
    VARIANTS.forEach(path -> ask(path, out));
    return out;
  }

  /** The second answer counts: what the first one found out is known. */
  private void ask(String row, Map<String, Cost> out) {
    var path = filled(row);
    admin.send("GET", path, null);
    long before = Statements.soFar();
    var answer = admin.send("GET", path, null);
    long statements = Statements.soFar() - before;
    if (answer.status() == 200
        && answer.bytes() != null
        && answer.bytes().length > 1
        && "{[".indexOf(answer.bytes()[0]) >= 0) {
      out.put(row, new Cost(statements, answer.bytes().length));
    }
  }

  private String filled(String row) {
    var out = new StringBuilder();
    var query = row.indexOf('?');
    String last = "";
    for (var part : (query < 0 ? row : row.substring(0, query)).substring(1).split("/")) {
      out.append('/').append(part.startsWith("{") ? ids.getOrDefault(last, NOBODYS) : part);
      last = part;
    }
    if (query >= 0) {
      var more = row.substring(query);
      for (var e : ids.entrySet()) {
        more = more.replace("{" + e.getKey() + "}", e.getValue());
      }
      out.append(more);
    }
    return out.toString();
  }

  private JsonNode make(String method, String path, String body) {
    return admin.call(method, filled(path), body == null ? null : text(body));
  }

  private String text(String body) {
    var out = body.replace('\'', '"').replace("%n", "more-" + made);
    for (var e : ids.entrySet()) {
      out = out.replace("{" + e.getKey() + "}", e.getValue());
    }
    return out;
  }

  /** Posts and gives the id of what came of it. */
  private String id(String path, String body) {
    var answer = make("POST", path, body);
    if (answer.hasNonNull("uuid")) {
      return answer.get("uuid").asString();
    }
    for (var thing : answer) {
      var it = thing.isArray() && !thing.isEmpty() ? thing.get(0) : thing;
      if (it.hasNonNull("id")) {
        return it.get("id").asString();
      }
    }
    return NOBODYS;
  }

  private void put(String path) {
    make("PUT", path, null);
  }

  private void begin() {
    ids.put("users", admin.get("/v3/users?name=welkin").at("/users/0/id").asString());
    ids.put("roles", admin.get("/v3/roles?name=member").at("/roles/0/id").asString());
    ids.put("own", admin.get("/v3/projects?name=admin").at("/projects/0/id").asString());
    ids.put("domains", id("/v3/domains", "{'domain':{'name':'first'}}"));
    ids.put("projects", cloud.newProject(admin, "first"));
    ids.put("groups", id("/v3/groups", "{'group':{'name':'first'}}"));
    ids.put("services", id("/v3/services", "{'service':{'type':'first','name':'first'}}"));
    ids.put("regions", id("/v3/regions", "{'region':{'id':'first'}}"));
    ids.put("prior", id("/v3/roles", "{'role':{'name':'first'}}"));
    ids.put("image", Things.image(admin));
    ids.put("flavor", Things.flavor(admin));
    ids.put("networks", Things.network(admin, "first", "10.1.0.0/24"));
    ids.put(
        "subnets",
        admin
            .get("/network/v2.0/subnets?network_id=" + ids.get("networks"))
            .at("/subnets/0/id")
            .asString());
    ids.put(
        "external",
        id("/network/v2.0/networks", "{'network':{'name':'out','router:external':true}}"));
    make(
        "POST",
        "/network/v2.0/subnets",
        "{'subnet':{'network_id':'{external}','ip_version':4,'cidr':'203.0.113.0/24'}}");
    ids.put(
        "security-groups",
        id("/network/v2.0/security-groups", "{'security_group':{'name':'first'}}"));
    ids.put("routers", id("/network/v2.0/routers", "{'router':{'name':'first'}}"));
    var shared =
        admin.post(
            "/image/v2/images",
            "{\"name\":\"shared\",\"visibility\":\"shared\",\"disk_format\":\"raw\",\"container_format\":\"bare\"}");
    ids.put("images", shared.get("id").asString());
    ids.put(
        "flavors",
        id(
            "/compute/v2.1/flavors",
            "{'flavor':{'name':'first','ram':64,'vcpus':1,'disk':1,'os-flavor-access:is_public':false}}"));
    ids.put("os-aggregates", id("/compute/v2.1/os-aggregates", "{'aggregate':{'name':'first'}}"));
    ids.put("servers", boot());
    put("/placement/resource_classes/CUSTOM_THING");
    ids.put("resource_providers", id("/placement/resource_providers", "{'name':'first'}"));
    make("PUT", "/v3/OS-FEDERATION/identity_providers/first", "{'identity_provider':{}}");
    ids.put("identity_providers", "first");
    ids.put("os-quota-sets", ids.get("own"));
    ids.put("quotas", ids.get("own"));
    ids.put("os-simple-tenant-usage", ids.get("own"));
    ids.put(
        "os-hypervisors",
        admin.get("/compute/v2.1/os-hypervisors").at("/hypervisors/0/id").asString());
    ids.put("agents", admin.get("/network/v2.0/agents").at("/agents/0/id").asString());
  }

  private String boot() {
    var server = Things.boot(admin, ids.get("image"), ids.get("flavor"), ids.get("networks"));
    Things.awaitStatus(admin, server, "ACTIVE");
    return server;
  }

  private void grow(int many) {
    for (int i = 0; i < many; i++, made++) {
      identity();
      federation();
      network();
      images();
      placement();
      compute();
    }
  }

  private void identity() {
    var user = id("/v3/users", "{'user':{'name':'%n','email':'a@example.org'}}");
    var group = id("/v3/groups", "{'group':{'name':'%n'}}");
    var project =
        id("/v3/projects", "{'project':{'name':'%n','parent_id':'{projects}','tags':['%n']}}");
    var domain = id("/v3/domains", "{'domain':{'name':'%n'}}");
    var role = id("/v3/roles", "{'role':{'name':'%n'}}");
    ids.put("it", user);
    var service = id("/v3/services", "{'service':{'type':'%n','name':'%n'}}");
    var region = id("/v3/regions", "{'region':{'id':'%n','parent_region_id':'first'}}");
    ids.put("service", service);
    ids.put("region", region);
    ids.put("project", project);
    var endpoint =
        id(
            "/v3/endpoints",
            "{'endpoint':{'interface':'public','url':'http://x/%n','service_id':'{services}','region_id':'{region}'}}");
    ids.putIfAbsent("endpoints", endpoint);
    ids.putIfAbsent("policies", id("/v3/policies", "{'policy':{'type':'text','blob':'b'}}"));
    id("/v3/policies", "{'policy':{'type':'text','blob':'%n'}}");
    put("/v3/policies/{x}/OS-ENDPOINT-POLICY/endpoints/" + endpoint);
    id("/v3/credentials", "{'credential':{'type':'cert','blob':'%n','user_id':'{users}'}}");
    make("POST", "/v3/users/{x}/credentials/OS-EC2", "{'tenant_id':'{own}'}");
    id(
        "/v3/registered_limits",
        "{'registered_limits':[{'service_id':'{services}','resource_name':'%n','default_limit':9}]}");
    id(
        "/v3/limits",
        "{'limits':[{'service_id':'{services}','resource_name':'%n','resource_limit':5,'project_id':'{projects}'}]}");
    put("/v3/projects/{x}/tags/more-" + made);
    put("/v3/groups/{x}/users/" + user);
    put("/v3/groups/" + group + "/users/{users}".replace("{users}", ids.get("users")));
    put("/v3/projects/" + project + "/users/" + ids.get("users") + "/roles/" + ids.get("roles"));
    put("/v3/projects/{x}/users/" + user + "/roles/" + ids.get("roles"));
    put("/v3/projects/{x}/users/{x}/roles/" + role);
    put("/v3/projects/{x}/groups/{x}/roles/" + role);
    put("/v3/domains/{x}/users/{x}/roles/" + role);
    put("/v3/domains/{x}/groups/{x}/roles/" + role);
    put("/v3/domains/" + domain + "/users/{x}/roles/" + role);
    put("/v3/system/users/{x}/roles/" + role);
    put("/v3/system/groups/{x}/roles/" + role);
    put("/v3/OS-INHERIT/domains/{x}/users/{x}/roles/" + role + "/inherited_to_projects");
    put("/v3/roles/" + ids.get("prior") + "/implies/" + role);
    var filter =
        id(
            "/v3/OS-EP-FILTER/endpoint_groups",
            "{'endpoint_group':{'name':'%n','filters':{'service_id':'{services}'}}}");
    ids.putIfAbsent("endpoint_groups", filter);
    put("/v3/OS-EP-FILTER/projects/{x}/endpoints/" + endpoint);
    put("/v3/OS-EP-FILTER/endpoint_groups/" + filter + "/projects/{x}");
    put("/v3/OS-EP-FILTER/endpoint_groups/" + ids.get("endpoint_groups") + "/projects/" + project);
    id(
        "/v3/users/{x}/application_credentials",
        "{'application_credential':{'name':'%n','access_rules':[{'path':'/%n','method':'GET','service':'compute'}]}}");
    ids.putIfAbsent(
        "trusts",
        id(
            "/v3/OS-TRUST/trusts",
            "{'trust':{'trustor_user_id':'{users}','trustee_user_id':'{it}','project_id':'{own}','impersonation':false,'roles':[{'name':'admin'}]}}"));
    id("/v3/OS-OAUTH1/consumers", "{'consumer':{'description':'%n'}}");
  }

  private void federation() {
    var name = "more-" + made;
    make(
        "PUT",
        "/v3/OS-FEDERATION/identity_providers/" + name,
        "{'identity_provider':{'remote_ids':['%n']}}");
    make(
        "PUT",
        "/v3/OS-FEDERATION/mappings/" + name,
        "{'mapping':{'rules':[{'local':[{'user':{'name':'{0}'}}],'remote':[{'type':'UserName'}]}]}}");
    make(
        "PUT",
        "/v3/OS-FEDERATION/identity_providers/{x}/protocols/" + name,
        "{'protocol':{'mapping_id':'%n'}}");
    make(
        "PUT",
        "/v3/OS-FEDERATION/service_providers/" + name,
        "{'service_provider':{'auth_url':'https://x/a','sp_url':'https://x/s'}}");
  }

  private void network() {
    ids.put("net", id("/network/v2.0/networks", "{'network':{'name':'%n'}}"));
    make(
        "POST",
        "/network/v2.0/subnets",
        "{'subnet':{'network_id':'{net}','ip_version':4,'cidr':'10.2." + made + ".0/24'}}");
    ids.put(
        "subnet",
        id(
            "/network/v2.0/subnets",
            "{'subnet':{'network_id':'{networks}','ip_version':4,'cidr':'10.3."
                + made
                + ".0/24'}}"));
    ids.put(
        "port",
        id(
            "/network/v2.0/ports",
            "{'port':{'network_id':'{networks}','security_groups':['{security-groups}'],'fixed_ips':[{'subnet_id':'{subnets}'}]}}"));
    id("/network/v2.0/security-groups", "{'security_group':{'name':'%n'}}");
    id(
        "/network/v2.0/security-group-rules",
        "{'security_group_rule':{'security_group_id':'{security-groups}','direction':'ingress','protocol':'tcp','port_range_min':"
            + (1000 + made)
            + ",'port_range_max':"
            + (1000 + made)
            + "}}");
    id(
        "/network/v2.0/routers",
        "{'router':{'name':'%n','external_gateway_info':{'network_id':'{external}'}}}");
    make("PUT", "/network/v2.0/routers/{x}/add_router_interface", "{'subnet_id':'{subnet}'}");
    ids.putIfAbsent(
        "floatingips",
        id("/network/v2.0/floatingips", "{'floatingip':{'floating_network_id':'{external}'}}"));
    id(
        "/network/v2.0/rbac-policies",
        "{'rbac_policy':{'object_type':'network','object_id':'{networks}','action':'access_as_shared','target_tenant':'{project}'}}");
    put("/network/v2.0/networks/{x}/tags/more-" + made);
    make("PUT", "/network/v2.0/quotas/" + ids.get("project"), "{'quota':{'network':5}}");
  }

  private void images() {
    var image =
        admin
            .post(
                "/image/v2/images",
                "{\"name\":\"more\",\"tags\":[\"more\"],\"a\":\"b\",\"visibility\":\"shared\"}")
            .get("id")
            .asString();
    put("/image/v2/images/{x}/tags/more-" + made);
    make("POST", "/image/v2/images/{x}/members", "{'member':'{project}'}");
    make("POST", "/image/v2/images/" + image + "/members", "{'member':'{projects}'}");
  }

  private void placement() {
    var id = UUID.randomUUID().toString();
    make("POST", "/placement/resource_providers", "{'name':'%n','uuid':'" + id + "'}");
    make(
        "PUT",
        "/placement/resource_providers/" + id + "/inventories",
        "{'resource_provider_generation':0,'inventories':{'CUSTOM_THING':{'total':8}}}");
    put("/placement/traits/CUSTOM_T" + made);
    put("/placement/resource_classes/CUSTOM_C" + made);
    int generation =
        admin.get(filled("/placement/resource_providers/{x}")).get("generation").intValue();
    var inventories = new ArrayList<String>();
    var traits = new ArrayList<String>();
    var aggregates = new ArrayList<String>();
    for (int i = 0; i <= made; i++) {
      inventories.add("'CUSTOM_C" + i + "':{'total':8}");
      traits.add("'CUSTOM_T" + i + "'");
      aggregates.add("'" + new UUID(1, i) + "'");
    }
    make(
        "PUT",
        "/placement/resource_providers/{x}/inventories",
        "{'resource_provider_generation':"
            + generation
            + ",'inventories':{"
            + String.join(",", inventories)
            + "}}");
    make(
        "PUT",
        "/placement/resource_providers/{x}/traits",
        "{'resource_provider_generation':"
            + (generation + 1)
            + ",'traits':["
            + String.join(",", traits)
            + "]}");
    make(
        "PUT",
        "/placement/resource_providers/{x}/aggregates",
        "{'resource_provider_generation':"
            + (generation + 2)
            + ",'aggregates':["
            + String.join(",", aggregates)
            + "]}");
    make(
        "PUT",
        "/placement/allocations/" + UUID.randomUUID(),
        "{'allocations':{'{resource_providers}':{'resources':{'CUSTOM_C0':1}}},'project_id':'{projects}','user_id':'{users}','consumer_generation':null,'consumer_type':'INSTANCE'}");
  }

  private void compute() {
    id(
        "/compute/v2.1/flavors",
        "{'flavor':{'name':'%n','ram':64,'vcpus':1,'disk':1,'description':'d'}}");
    make("POST", "/compute/v2.1/flavors/{x}/os-extra_specs", "{'extra_specs':{'hw:%n':'1'}}");
    make("POST", "/compute/v2.1/flavors/{x}/action", "{'addTenantAccess':{'tenant':'{project}'}}");
    make(
        "POST",
        "/compute/v2.1/os-keypairs",
        "{'keypair':{'name':'%n','public_key':'ssh-ed25519"
            + " AAAAC3NzaC1lZDI1NTE5AAAAIGJlbmNoYmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaDEy a'}}");
    id("/compute/v2.1/os-server-groups", "{'server_group':{'name':'%n','policy':'soft-affinity'}}");
    id("/compute/v2.1/os-aggregates", "{'aggregate':{'name':'%n'}}");
    boot();
    put("/compute/v2.1/servers/{x}/tags/more-" + made);
    make("POST", "/compute/v2.1/servers/{x}/metadata", "{'metadata':{'%n':'1'}}");
    make("POST", "/compute/v2.1/servers/{x}/action", "{'lock':null}");
    make("POST", "/compute/v2.1/servers/{x}/action", "{'unlock':null}");
    make(
        "POST",
        "/compute/v2.1/servers/{x}/os-interface",
        "{'interfaceAttachment':{'port_id':'{port}'}}");
  }
}
