package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** {@code OS-EP-FILTER} and {@code OS-ENDPOINT-POLICY}, through the door. */
class EndpointFilterTest {
  @TempDir Path dir;
  private TestIdentity cloud;
  private String admin;

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    admin = cloud.admin();
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private TestIdentity.Said put(String path) {
    return cloud.call("PUT", "/v3" + path, admin, null);
  }

  private TestIdentity.Said delete(String path) {
    return cloud.call("DELETE", "/v3" + path, admin, null);
  }

  private JsonNode catalog() {
    return cloud
        .login("welkin", TestIdentity.PASSWORD, TestIdentity.onProject("admin"))
        .body()
        .at("/token/catalog");
  }

  private String endpoint(String type, String face) {
    var service = cloud.get("/v3/services?type=" + type, admin).body().at("/services/0/id");
    return cloud
        .get("/v3/endpoints?interface=" + face + "&service_id=" + service.asString(), admin)
        .body()
        .at("/endpoints/0/id")
        .asString();
  }

  private String project() {
    return cloud.get("/v3/projects?name=admin", admin).body().at("/projects/0/id").asString();
  }

  @Test
  void aProjectWithEndpointsOfItsOwnSeesOnlyThose() {
    var image = endpoint("image", "public");
    var path = "/OS-EP-FILTER/projects/" + project() + "/endpoints/" + image;
    assertThat(catalog()).hasSize(5);
    assertThat(put(path).status()).isEqualTo(204);
    assertThat(put(path).status()).isEqualTo(409);
    assertThat(cloud.call("HEAD", "/v3" + path, admin, null).status()).isEqualTo(204);
    assertThat(catalog()).hasSize(1);
    assertThat(catalog().at("/0/type").asString()).isEqualTo("image");
    assertThat(catalog().at("/0/endpoints")).hasSize(1);
    assertThat(
            cloud
                .get("/v3/OS-EP-FILTER/endpoints/" + image + "/projects", admin)
                .body()
                .at("/projects/0/name")
                .asString())
        .isEqualTo("admin");
    assertThat(delete(path).status()).isEqualTo(204);
    assertThat(delete(path).status()).isEqualTo(404);
    assertThat(catalog()).hasSize(5);
  }

  @Test
  void aGroupHoldsWhatItsFiltersSay() {
    var made =
        cloud.call(
            "POST",
            "/v3/OS-EP-FILTER/endpoint_groups",
            admin,
            Map.of(
                "endpoint_group",
                Map.of("name", "public ones", "filters", Map.of("interface", "public"))));
    assertThat(made.status()).isEqualTo(201);
    var id = made.body().at("/endpoint_group/id").asString();
    var group = "/OS-EP-FILTER/endpoint_groups/" + id;
    assertThat(cloud.get("/v3" + group + "/endpoints", admin).body().at("/endpoints")).hasSize(5);
    assertThat(put(group + "/projects/" + project()).status()).isEqualTo(204);
    assertThat(cloud.get("/v3" + group + "/projects/" + project(), admin).status()).isEqualTo(200);
    assertThat(catalog()).hasSize(5).allSatisfy(s -> assertThat(s.get("endpoints")).hasSize(1));
    var own = "/v3/OS-EP-FILTER/projects/" + project();
    assertThat(cloud.get(own + "/endpoint_groups", admin).body().at("/endpoint_groups/0/id"))
        .hasToString("\"" + id + "\"");
    assertThat(cloud.get(own + "/endpoints", admin).body().at("/endpoints")).hasSize(5);
    var changed =
        cloud.call(
            "PATCH",
            "/v3" + group,
            admin,
            Map.of("endpoint_group", Map.of("filters", Map.of("interface", "admin"))));
    assertThat(changed.body().at("/endpoint_group/name").asString()).isEqualTo("public ones");
    assertThat(catalog().at("/0/endpoints/0/interface").asString()).isEqualTo("admin");
    assertThat(delete(group).status()).isEqualTo(204);
    assertThat(catalog().at("/0/endpoints")).hasSize(3);
  }

  @Test
  void wrongFiltersAreRefused() {
    for (var filters :
        new Object[] {Map.of(), Map.of("interface", "side"), Map.of("colour", "red"), "x"}) {
      var said =
          cloud.call(
              "POST",
              "/v3/OS-EP-FILTER/endpoint_groups",
              admin,
              Map.of("endpoint_group", Map.of("name", "g", "filters", filters)));
      assertThat(said.status()).as(filters + "").isEqualTo(400);
    }
  }

  @Test
  void theNearestPolicyHolds() {
    var byService = policy("service");
    var byRegion = policy("region");
    var own = policy("endpoint");
    var endpoint = endpoint("image", "public");
    var service =
        cloud.get("/v3/services?type=image", admin).body().at("/services/0/id").asString();
    var asked = "/v3/endpoints/" + endpoint + "/OS-ENDPOINT-POLICY/policy";
    assertThat(cloud.get(asked, admin).status()).isEqualTo(404);
    put("/policies/" + byService + "/OS-ENDPOINT-POLICY/services/" + service);
    assertThat(cloud.get(asked, admin).body().at("/policy/id").asString()).isEqualTo(byService);
    put("/policies/" + byRegion + "/OS-ENDPOINT-POLICY/services/" + service + "/regions/RegionOne");
    assertThat(cloud.get(asked, admin).body().at("/policy/id").asString()).isEqualTo(byRegion);
    put("/policies/" + own + "/OS-ENDPOINT-POLICY/endpoints/" + endpoint);
    assertThat(cloud.get(asked, admin).body().at("/policy/id").asString()).isEqualTo(own);
    assertThat(
            cloud
                .get("/v3/policies/" + byRegion + "/OS-ENDPOINT-POLICY/endpoints", admin)
                .body()
                .at("/endpoints"))
        .hasSize(3);
    assertThat(delete("/policies/" + own).status()).isEqualTo(204);
    assertThat(cloud.get(asked, admin).body().at("/policy/id").asString()).isEqualTo(byRegion);
  }

  private String policy(String blob) {
    return cloud
        .call(
            "POST",
            "/v3/policies",
            admin,
            Map.of("policy", Map.of("blob", blob, "type", "text/plain", "colour", "red")))
        .body()
        .at("/policy/id")
        .asString();
  }
}
