package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;
import static welkin.identity.TestIdentity.onProject;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each noun's life, and what its changes do to tokens. */
class DirectoryTest {
  @TempDir Path dir;
  TestIdentity cloud;
  String admin;

  @BeforeEach
  void open() {
    cloud = new TestIdentity(dir);
    admin = cloud.admin();
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  private TestIdentity.Said call(String method, String path, Object body) {
    return cloud.call(method, path, admin, body);
  }

  private void grant(String user, String project, String role) {
    assertThat(
            call("PUT", "/v3/projects/" + project + "/users/" + user + "/roles/" + role, null)
                .status())
        .isEqualTo(204);
  }

  /** A user with a role on a new project of the same name. */
  private String tenant(String name, String role) {
    var project = cloud.make("project", Map.of("name", name));
    var user = cloud.make("user", Map.of("name", name, "password", "pw"));
    grant(user, project, cloud.role(role));
    return user;
  }

  @Test
  void usersKeepWhatClientsGiveThem() {
    var made =
        call(
            "POST",
            "/v3/users",
            Map.of(
                "user",
                Map.of("name", "ann", "email", "a@b", "password", "pw", "description", "d")));
    assertThat(made.status()).isEqualTo(201);
    var user = made.body().get("user");
    assertThat(user.get("email").asString()).isEqualTo("a@b");
    assertThat(user.has("password")).isFalse();
    assertThat(user.has("default_project_id")).isFalse();
    assertThat(user.get("domain_id").asString()).isEqualTo("default");
    var path = "/v3/users/" + user.get("id").asString();
    assertThat(user.at("/links/self").asString()).isEqualTo(TestIdentity.BASE + path);
    assertThat(call("GET", path, null).body()).isEqualTo(made.body());
    assertThat(call("HEAD", path, null).status()).isEqualTo(200);

    var twice = call("POST", "/v3/users", Map.of("user", Map.of("name", "ann")));
    assertThat(twice.status()).isEqualTo(409);
    assertThat(twice.message())
        .isEqualTo(
            "Conflict occurred attempting to store user - Duplicate entry found with name ann at"
                + " domain ID default.");
    var changed = call("PATCH", path, Map.of("user", Map.of("email", "c@d")));
    assertThat(changed.body().at("/user/email").asString()).isEqualTo("c@d");
    assertThat(changed.body().at("/user/description").asString()).isEqualTo("d");
    assertThat(call("PATCH", path, Map.of("user", Map.of("domain_id", "x"))).status())
        .isEqualTo(400);
    assertThat(call("GET", "/v3/users?name=ann", null).body().get("users")).hasSize(1);
    assertThat(call("GET", "/v3/users?name__contains=nn", null).body().get("users")).hasSize(1);
    assertThat(call("GET", "/v3/users?enabled=false", null).body().get("users")).isEmpty();
    var page = call("GET", "/v3/users?limit=2", null).body();
    assertThat(page.get("users")).hasSize(2);
    var next = page.at("/links/next").asString().substring(TestIdentity.BASE.length());
    assertThat(call("GET", next, null).body().get("users")).hasSize(1);

    assertThat(call("DELETE", path, null).status()).isEqualTo(204);
    var gone = call("GET", path, null);
    assertThat(gone.status()).isEqualTo(404);
    assertThat(gone.message()).isEqualTo("Could not find user: " + user.get("id").asString() + ".");
    assertThat(gone.body().at("/error/title").asString()).isEqualTo("Not Found");
  }

  @Test
  void wrongInputNamesTheField() {
    var said = call("POST", "/v3/users", Map.of("user", Map.of("name", 7)));
    assertThat(said.status()).isEqualTo(400);
    assertThat(said.message()).contains("name");
    assertThat(call("POST", "/v3/users", Map.of("user", Map.of())).status()).isEqualTo(400);
    assertThat(call("POST", "/v3/users", Map.of()).status()).isEqualTo(400);
    assertThat(call("POST", "/v3/endpoints", Map.of("endpoint", Map.of("url", "x"))).status())
        .isEqualTo(400);
  }

  @Test
  void aReaderIsRefused() {
    tenant("rita", "reader");
    var token = cloud.login("rita", "pw", onProject("rita")).token();
    var said = cloud.call("POST", "/v3/users", token, Map.of("user", Map.of("name", "x")));
    assertThat(said.status()).isEqualTo(403);
    assertThat(said.message())
        .isEqualTo("You are not authorized to perform the requested action: identity:create_user.");
    for (var path :
        List.of(
            "/v3/users",
            "/v3/users/nobody",
            "/v3/projects",
            "/v3/domains",
            "/v3/roles",
            "/v3/role_assignments",
            "/v3/services",
            "/v3/endpoints",
            "/v3/OS-REVOKE/events")) {
      assertThat(cloud.get(path, token).status()).as(path).isEqualTo(403);
    }
    assertThat(cloud.get("/v3/regions", token).status()).isEqualTo(200);
    assertThat(cloud.get("/v3/auth/projects", token).body().get("projects")).hasSize(1);
    assertThat(cloud.get("/v3/auth/system", token).body().get("system")).isEmpty();
  }

  @Test
  void systemAndDomainReadersReadWhatIsTheirs() {
    var user = cloud.make("user", Map.of("name", "sys", "password", "pw"));
    var reader = cloud.role("reader");
    assertThat(call("PUT", "/v3/system/users/" + user + "/roles/" + reader, null).status())
        .isEqualTo(204);
    var system = cloud.login("sys", "pw", "{\"system\":{\"all\":true}}").token();
    assertThat(cloud.get("/v3/users", system).body().get("users")).hasSize(3);
    assertThat(cloud.get("/v3/services", system).body().get("services")).hasSize(5);
    assertThat(
            cloud.call("POST", "/v3/regions", system, Map.of("region", Map.of("id", "r"))).status())
        .isEqualTo(403);

    var domain = cloud.make("domain", Map.of("name", "d"));
    cloud.make("user", Map.of("name", "inside", "domain_id", domain));
    assertThat(
            call("PUT", "/v3/domains/" + domain + "/users/" + user + "/roles/" + reader, null)
                .status())
        .isEqualTo(204);
    var token = cloud.login("sys", "pw", "{\"domain\":{\"id\":\"" + domain + "\"}}").token();
    assertThat(cloud.get("/v3/users", token).body().get("users").findValuesAsString("name"))
        .containsExactly("inside");
    assertThat(cloud.get("/v3/services", token).status()).isEqualTo(403);
  }

  @Test
  void tokensFallWithWhatTheyStandOn() {
    var user = tenant("tom", "member");
    var project = cloud.get("/v3/projects?name=tom", admin).body().at("/projects/0/id").asString();
    var member = cloud.role("member");
    var grant = "/v3/projects/" + project + "/users/" + user + "/roles/" + member;

    var token = cloud.login("tom", "pw", onProject("tom")).token();
    assertThat(cloud.get("/v3/regions", token).status()).isEqualTo(200);
    call("DELETE", grant, null);
    assertThat(cloud.get("/v3/regions", token).status()).as("role taken away").isEqualTo(401);
    assertThat(cloud.login("tom", "pw", onProject("tom")).status()).isEqualTo(401);
    grant(user, project, member);
    assertThat(cloud.get("/v3/regions", token).status()).isEqualTo(200);

    call("PATCH", "/v3/users/" + user, Map.of("user", Map.of("enabled", false)));
    assertThat(cloud.get("/v3/regions", token).status()).as("disabled").isEqualTo(401);
    assertThat(cloud.login("tom", "pw", null).status()).isEqualTo(401);
    call("PATCH", "/v3/users/" + user, Map.of("user", Map.of("enabled", true)));
    assertThat(cloud.get("/v3/regions", token).status()).as("enabled again").isEqualTo(401);

    token = cloud.login("tom", "pw", onProject("tom")).token();
    assertThat(cloud.get("/v3/regions", token).status()).as("in the same second").isEqualTo(200);
    var change = Map.of("user", Map.of("original_password", "pw", "password", "better"));
    assertThat(cloud.call("POST", "/v3/users/" + user + "/password", null, change).status())
        .isEqualTo(204);
    assertThat(cloud.call("POST", "/v3/users/" + user + "/password", null, change).status())
        .isEqualTo(401);
    assertThat(cloud.get("/v3/regions", token).status()).as("password changed").isEqualTo(401);
    token = cloud.login("tom", "better", onProject("tom")).token();
    assertThat(cloud.get("/v3/regions", token).status()).isEqualTo(200);

    call("PATCH", "/v3/projects/" + project, Map.of("project", Map.of("enabled", false)));
    assertThat(cloud.get("/v3/regions", token).status()).as("project disabled").isEqualTo(401);
    call("PATCH", "/v3/projects/" + project, Map.of("project", Map.of("enabled", true)));
    token = cloud.login("tom", "better", onProject("tom")).token();
    call("DELETE", "/v3/users/" + user, null);
    assertThat(cloud.get("/v3/regions", token).status()).as("user deleted").isEqualTo(401);
    assertThat(call("GET", "/v3/OS-REVOKE/events", null).body().get("events")).isNotEmpty();
  }

  @Test
  void domainsHoldWhatIsInThem() {
    var domain = cloud.make("domain", Map.of("name", "dom", "description", "x"));
    var user = cloud.make("user", Map.of("name", "u", "domain_id", domain));
    cloud.make("project", Map.of("name", "p", "domain_id", domain));
    cloud.make("group", Map.of("name", "g", "domain_id", domain));
    assertThat(call("GET", "/v3/projects/" + domain, null).body().at("/project/is_domain"))
        .hasToString("true");
    assertThat(call("DELETE", "/v3/domains/" + domain, null).status()).isEqualTo(403);
    assertThat(
            call("PATCH", "/v3/domains/" + domain, Map.of("domain", Map.of("enabled", false)))
                .status())
        .isEqualTo(200);
    assertThat(call("DELETE", "/v3/domains/" + domain, null).status()).isEqualTo(204);
    assertThat(call("GET", "/v3/users/" + user, null).status()).isEqualTo(404);
    assertThat(call("GET", "/v3/groups?name=g", null).body().get("groups")).isEmpty();
    assertThat(call("DELETE", "/v3/domains/default", null).status()).isEqualTo(403);
  }

  @Test
  void projectsMakeATree() {
    var top = cloud.make("project", Map.of("name", "top", "tags", List.of("b", "a")));
    var child = cloud.make("project", Map.of("name", "child", "parent_id", top));
    var leaf = cloud.make("project", Map.of("name", "leaf", "parent_id", child));
    assertThat(
            call("GET", "/v3/projects/" + top + "?subtree_as_ids", null)
                .body()
                .at("/project/subtree/" + child + "/" + leaf)
                .isNull())
        .isTrue();
    assertThat(
            call("GET", "/v3/projects/" + leaf + "?parents_as_list", null)
                .body()
                .at("/project/parents"))
        .hasSize(3);
    assertThat(call("DELETE", "/v3/projects/" + top, null).status()).isEqualTo(403);
    assertThat(
            call("PATCH", "/v3/projects/" + top, Map.of("project", Map.of("enabled", false)))
                .status())
        .isEqualTo(403);

    assertThat(call("GET", "/v3/projects/" + top + "/tags", null).body().get("tags").toString())
        .isEqualTo("[\"a\",\"b\"]");
    assertThat(call("PUT", "/v3/projects/" + leaf + "/tags/new", null).status()).isEqualTo(201);
    assertThat(call("GET", "/v3/projects/" + leaf + "/tags/new", null).status()).isEqualTo(204);
    assertThat(call("PUT", "/v3/projects/" + leaf + "/tags/a,b", null).status()).isEqualTo(400);
    assertThat(call("GET", "/v3/projects?tags=a,b", null).body().get("projects")).hasSize(1);
    assertThat(call("GET", "/v3/projects?tags-any=a,new", null).body().get("projects")).hasSize(2);
    assertThat(call("GET", "/v3/projects?not-tags-any=a,new", null).body().get("projects"))
        .hasSize(3);
    assertThat(call("DELETE", "/v3/projects/" + leaf + "/tags", null).status()).isEqualTo(204);
    assertThat(call("DELETE", "/v3/projects/" + leaf, null).status()).isEqualTo(204);
  }

  @Test
  void rolesImplyAndAreInheritedAndComeThroughGroups() {
    var top = cloud.make("project", Map.of("name", "top"));
    var child = cloud.make("project", Map.of("name", "child", "parent_id", top));
    var user = cloud.make("user", Map.of("name", "gus", "password", "pw"));
    var group = cloud.make("group", Map.of("name", "staff"));
    var role = cloud.make("role", Map.of("name", "boss"));
    var implied = cloud.role("member");
    assertThat(call("PUT", "/v3/roles/" + role + "/implies/" + implied, null).status())
        .isEqualTo(201);
    assertThat(call("PUT", "/v3/roles/" + implied + "/implies/" + role, null).status())
        .as("a circle")
        .isEqualTo(403);
    assertThat(call("HEAD", "/v3/roles/" + role + "/implies/" + implied, null).status())
        .isEqualTo(204);
    assertThat(call("GET", "/v3/role_inferences", null).body().get("role_inferences").toString())
        .contains("boss");
    assertThat(call("PUT", "/v3/groups/" + group + "/users/" + user, null).status()).isEqualTo(204);
    assertThat(call("HEAD", "/v3/groups/" + group + "/users/" + user, null).status())
        .isEqualTo(204);
    assertThat(call("GET", "/v3/users/" + user + "/groups", null).body().get("groups")).hasSize(1);
    var inherited =
        "/v3/OS-INHERIT/projects/"
            + top
            + "/groups/"
            + group
            + "/roles/"
            + role
            + "/inherited_to_projects";
    assertThat(call("PUT", inherited, null).status()).isEqualTo(204);
    assertThat(call("HEAD", inherited, null).status()).isEqualTo(204);

    assertThat(cloud.login("gus", "pw", onProject("top")).status()).isEqualTo(401);
    assertThat(
            cloud
                .login("gus", "pw", onProject("child"))
                .body()
                .at("/token/roles")
                .findValuesAsString("name"))
        .containsExactly("boss", "member", "reader");
    var list =
        call("GET", "/v3/role_assignments?effective&include_names&user.id=" + user, null)
            .body()
            .get("role_assignments");
    assertThat(list).hasSize(3);
    assertThat(list.at("/0/scope/project/id").asString()).isEqualTo(child);
    assertThat(list.at("/0/user/name").asString()).isEqualTo("gus");
    assertThat(list.findValuesAsString("prior_role"))
        .extracting(link -> link.substring(link.indexOf("/v3")))
        .as("in keystone's own words: the implied role, then the one that implies it at once")
        .containsExactly(
            "/v3/prior_role/" + implied + "/implies/" + role,
            "/v3/prior_role/" + cloud.role("reader") + "/implies/" + implied);
    var own = "/v3/projects/" + child + "/users/" + user + "/roles/" + implied;
    assertThat(call("PUT", own, null).status()).isEqualTo(204);
    assertThat(
            call("GET", "/v3/role_assignments?effective&user.id=" + user, null)
                .body()
                .get("role_assignments"))
        .as("an assignment for each way it comes")
        .hasSize(5);
    assertThat(call("DELETE", own, null).status()).isEqualTo(204);
    assertThat(
            call("GET", "/v3/role_assignments?group.id=" + group, null)
                .body()
                .at("/role_assignments/0/scope/OS-INHERIT:inherited_to")
                .asString())
        .isEqualTo("projects");
    assertThat(call("DELETE", "/v3/groups/" + group + "/users/" + user, null).status())
        .isEqualTo(204);
    assertThat(cloud.login("gus", "pw", onProject("child")).status()).isEqualTo(401);
    assertThat(call("DELETE", inherited, null).status()).isEqualTo(204);
    assertThat(call("DELETE", inherited, null).status()).isEqualTo(404);
    assertThat(call("DELETE", "/v3/roles/" + cloud.role("admin"), null).status())
        .as("immutable")
        .isEqualTo(403);
    assertThat(call("DELETE", "/v3/roles/" + role, null).status()).isEqualTo(204);
  }

  @Test
  void theCatalogFollowsItsServicesAndEndpoints() {
    var region = cloud.make("region", Map.of("id", "west", "parent_region_id", "RegionOne"));
    var service = cloud.make("service", Map.of("type", "dns", "name", "designate"));
    var endpoint =
        cloud.make(
            "endpoint",
            Map.of(
                "interface",
                "public",
                "region_id",
                region,
                "service_id",
                service,
                "url",
                "http://dns/$(project_id)s"));
    var catalog = cloud.get("/v3/auth/catalog", cloud.admin()).body();
    assertThat(catalog.findValuesAsString("url"))
        .anyMatch(u -> u.matches("http://dns/[0-9a-f]{32}"));
    assertThat(call("DELETE", "/v3/regions/west", null).status()).isEqualTo(403);
    assertThat(
            call("PATCH", "/v3/endpoints/" + endpoint, Map.of("endpoint", Map.of("enabled", false)))
                .status())
        .isEqualTo(200);
    assertThat(cloud.get("/v3/auth/catalog", admin).body().findValuesAsString("url"))
        .noneMatch(u -> u.startsWith("http://dns"));
    assertThat(call("GET", "/v3/services?name=designate", null).body().get("services")).hasSize(1);
    assertThat(call("DELETE", "/v3/services/" + service, null).status()).isEqualTo(204);
    assertThat(call("GET", "/v3/endpoints/" + endpoint, null).status()).isEqualTo(404);
    assertThat(call("DELETE", "/v3/regions/west", null).status()).isEqualTo(204);
    assertThat(
            call(
                    "POST",
                    "/v3/endpoints",
                    Map.of(
                        "endpoint",
                        Map.of("interface", "public", "service_id", "no", "url", "http://x")))
                .status())
        .isEqualTo(400);
  }

  @Test
  void anApplicationCredentialLogsInWithNoMoreThanItWasGiven() {
    var user = tenant("app", "member");
    var token = cloud.login("app", "pw", onProject("app")).token();
    var path = "/v3/users/" + user + "/application_credentials";
    var made =
        cloud.call(
            "POST",
            path,
            token,
            Map.of(
                "application_credential",
                Map.of(
                    "name",
                    "ci",
                    "roles",
                    List.of(Map.of("name", "reader")),
                    "access_rules",
                    List.of(
                        Map.of("service", "compute", "method", "GET", "path", "/v2.1/*"),
                        Map.of("service", "identity", "method", "GET", "path", "/v3/**"),
                        Map.of("service", "identity", "method", "POST", "path", "/v3/**")))));
    assertThat(made.status()).as(made.toString()).isEqualTo(201);
    var credential = made.body().get("application_credential");
    var id = credential.get("id").asString();
    var login =
        Map.of(
            "auth",
            Map.of(
                "identity",
                Map.of(
                    "methods",
                    List.of("application_credential"),
                    "application_credential",
                    Map.of("id", id, "secret", credential.get("secret").asString()))));
    var said = cloud.call("POST", "/v3/auth/tokens", null, login);
    assertThat(said.status()).isEqualTo(201);
    assertThat(said.body().at("/token/roles").findValuesAsString("name")).containsExactly("reader");
    assertThat(said.body().at("/token/application_credential/restricted").asBoolean()).isTrue();
    var shown = cloud.get(path + "/" + id, token);
    assertThat(shown.body().at("/application_credential/secret").isMissingNode()).isTrue();
    assertThat(
            cloud
                .call(
                    "POST",
                    path,
                    said.token(),
                    Map.of("application_credential", Map.of("name", "more")))
                .status())
        .as("a restricted one makes no others")
        .isEqualTo(403);
    assertThat(
            cloud
                .call(
                    "POST",
                    "/v3/users/" + user + "/credentials/OS-EC2",
                    said.token(),
                    Map.of("tenant_id", credential.get("project_id").asString()))
                .status())
        .as("nor EC2 keys")
        .isEqualTo(403);
    assertThat(
            cloud
                .call(
                    "POST",
                    path,
                    token,
                    Map.of(
                        "application_credential",
                        Map.of("name", "up", "roles", List.of(Map.of("name", "admin")))))
                .status())
        .isEqualTo(400);
    assertThat(cloud.get("/v3/users/" + user + "/access_rules", token).body().get("access_rules"))
        .hasSize(3);
    var project = credential.get("project_id").asString();
    call(
        "DELETE",
        "/v3/projects/" + project + "/users/" + user + "/roles/" + cloud.role("member"),
        null);
    assertThat(cloud.get("/v3/regions", said.token()).status()).isEqualTo(401);
    assertThat(cloud.call("POST", "/v3/auth/tokens", null, login).status()).isEqualTo(401);
  }

  @Test
  void credentialsAreTheirOwners() {
    var user = tenant("eve", "member");
    var token = cloud.login("eve", "pw", onProject("eve")).token();
    var project = cloud.get("/v3/auth/projects", token).body().at("/projects/0/id").asString();
    var path = "/v3/users/" + user + "/credentials/OS-EC2";
    var ec2 = cloud.call("POST", path, token, Map.of("tenant_id", project));
    assertThat(ec2.status()).isEqualTo(201);
    var access = ec2.body().at("/credential/access").asString();
    assertThat(cloud.get(path + "/" + access, token).body()).isEqualTo(ec2.body());
    assertThat(cloud.get("/v3/credentials", token).body().get("credentials")).hasSize(1);
    var other =
        cloud.make("credential", Map.of("type", "cert", "blob", "secret", "user_id", adminId()));
    assertThat(cloud.get("/v3/credentials/" + other, token).status()).isEqualTo(403);
    assertThat(cloud.get("/v3/credentials", token).body().get("credentials")).hasSize(1);
    assertThat(
            call("PATCH", "/v3/credentials/" + other, Map.of("credential", Map.of("user_id", user)))
                .status())
        .isEqualTo(400);
    assertThat(cloud.call("DELETE", path + "/" + access, token, null).status()).isEqualTo(204);
  }

  @Test
  void limitsAreRegisteredFirst() {
    var service = cloud.make("service", Map.of("type", "share"));
    var project = cloud.make("project", Map.of("name", "limited"));
    var own =
        Map.of(
            "limits",
            List.of(
                Map.of(
                    "service_id",
                    service,
                    "resource_name",
                    "shares",
                    "resource_limit",
                    5,
                    "project_id",
                    project)));
    assertThat(call("POST", "/v3/limits", own).status()).isEqualTo(403);
    var registered =
        Map.of(
            "registered_limits",
            List.of(Map.of("service_id", service, "resource_name", "shares", "default_limit", 10)));
    var made = call("POST", "/v3/registered_limits", registered);
    assertThat(made.status()).isEqualTo(201);
    assertThat(call("POST", "/v3/registered_limits", registered).status()).isEqualTo(409);
    var id = made.body().at("/registered_limits/0/id").asString();
    var limit = call("POST", "/v3/limits", own);
    assertThat(limit.status()).isEqualTo(201);
    assertThat(call("DELETE", "/v3/registered_limits/" + id, null).status()).isEqualTo(403);
    assertThat(
            call("GET", "/v3/limits?project_id=" + project, null)
                .body()
                .at("/limits/0/resource_limit")
                .asInt())
        .isEqualTo(5);
    var path = "/v3/limits/" + limit.body().at("/limits/0/id").asString();
    assertThat(
            call("PATCH", path, Map.of("limit", Map.of("resource_limit", 7)))
                .body()
                .at("/limit/resource_limit")
                .asInt())
        .isEqualTo(7);
    assertThat(call("GET", "/v3/limits/model", null).body().at("/model/name").asString())
        .isEqualTo("flat");
    assertThat(call("DELETE", path, null).status()).isEqualTo(204);
    assertThat(call("DELETE", "/v3/registered_limits/" + id, null).status()).isEqualTo(204);
  }

  /** A service and a region may go before the limits that were registered for them. */
  @Test
  void aRegisteredLimitOutlivesItsServiceAndRegion() {
    var service = cloud.make("service", Map.of("type", "share"));
    var region = cloud.make("region", Map.of("id", "there"));
    var project = cloud.make("project", Map.of("name", "limited"));
    Map<String, Object> named =
        Map.of("service_id", service, "region_id", region, "resource_name", "shares");
    var registered = new java.util.HashMap<>(named);
    registered.put("default_limit", 10);
    var own = new java.util.HashMap<>(named);
    own.put("resource_limit", 5);
    own.put("project_id", project);
    var id =
        call("POST", "/v3/registered_limits", Map.of("registered_limits", List.of(registered)))
            .body()
            .at("/registered_limits/0/id")
            .asString();
    var limit =
        "/v3/limits/"
            + call("POST", "/v3/limits", Map.of("limits", List.of(own)))
                .body()
                .at("/limits/0/id")
                .asString();
    assertThat(call("DELETE", "/v3/regions/" + region, null).status()).isEqualTo(204);
    assertThat(call("DELETE", "/v3/services/" + service, null).status()).isEqualTo(204);
    var path = "/v3/registered_limits/" + id;
    var shown = call("GET", path, null).body().get("registered_limit");
    assertThat(shown.get("service_id").asString()).isEqualTo(service);
    assertThat(shown.get("region_id").asString()).isEqualTo(region);
    assertThat(call("GET", limit, null).body().at("/limit/service_id").asString())
        .isEqualTo(service);
    var more = Map.of("registered_limit", Map.of("default_limit", 11));
    assertThat(call("PATCH", path, more).body().at("/registered_limit/default_limit").asInt())
        .isEqualTo(11);
    // what is named now must be there
    var other = Map.of("registered_limit", Map.of("service_id", service));
    assertThat(call("PATCH", path, other).status()).isEqualTo(400);
    own.remove("project_id");
    own.put("domain_id", "default");
    assertThat(call("POST", "/v3/limits", Map.of("limits", List.of(own))).status()).isEqualTo(400);
    assertThat(call("DELETE", limit, null).status()).isEqualTo(204);
    assertThat(call("DELETE", path, null).status()).isEqualTo(204);
  }

  private String adminId() {
    return cloud
        .login("welkin", PASSWORD, onProject("admin"))
        .body()
        .at("/token/user/id")
        .asString();
  }
}
