package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.onProject;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user of keystone finds at the edge of Identity, beyond the rows of its table. */
class EdgeTest {
  @TempDir Path dir;

  @Test
  void everyAnswerVariesWithTheTokenAndTheNewestVersionIsNamed() {
    try (var cloud = new TestIdentity(dir)) {
      var versions = cloud.get("/", null);
      assertThat(versions.status()).isEqualTo(300);
      assertThat(versions.headers()).containsEntry("Location", TestIdentity.BASE + "/v3/");
      assertThat(cloud.get("/identity", null).headers())
          .containsEntry("Location", TestIdentity.BASE + "/identity/v3/");
      for (var path : new String[] {"/", "/v3", "/v3/users", "/v3/users/none", "/v3/none"}) {
        for (var token : new String[] {null, cloud.admin()}) {
          assertThat(cloud.get(path, token).headers())
              .as(path)
              .containsEntry("Vary", "X-Auth-Token");
        }
      }
    }
  }

  @Test
  void malformedJsonIsSaidWithItsPlaceAndNothingOfTheParser() {
    try (var cloud = new TestIdentity(dir)) {
      for (var body : new String[] {"{", "{\"user\":", "[1,", "{\"a\" 1}", "\"x"}) {
        var said = cloud.call("POST", "/v3/users", cloud.admin(), body);
        assertThat(said.status()).as(body).isEqualTo(400);
        assertThat(said.message())
            .startsWith("Malformed request body: ")
            .contains("line 1, column ")
            .doesNotContain("Source")
            .doesNotContain("REDACTED");
      }
    }
  }

  @Test
  void whatNobodyCanScopeToIsNotListed() {
    try (var cloud = new TestIdentity(dir)) {
      var domain = cloud.make("domain", Map.of("name", "d"));
      var project = cloud.make("project", Map.of("name", "p", "domain_id", domain));
      var user =
          cloud.make("user", Map.of("name", "anna", "password", "pw", "domain_id", "default"));
      var own = cloud.make("role", Map.of("name", "own", "domain_id", domain));
      var more = cloud.make("role", Map.of("name", "more", "domain_id", domain));
      var grant = "/users/" + user + "/roles/" + own;
      must(cloud.call("PUT", "/v3/projects/" + project + grant, cloud.admin(), null));
      must(cloud.call("PUT", "/v3/domains/" + domain + grant, cloud.admin(), null));
      var anna = cloud.login("anna", "pw", null).token();
      assertThat(cloud.get("/v3/auth/projects", anna).body().get("projects")).isEmpty();
      assertThat(cloud.get("/v3/auth/domains", anna).body().get("domains")).isEmpty();
      assertThat(cloud.get("/v3/users/" + user + "/projects", anna).body().get("projects"))
          .isEmpty();

      must(cloud.call("PUT", "/v3/roles/" + own + "/implies/" + more, cloud.admin(), null));
      must(
          cloud.call(
              "PUT",
              "/v3/roles/" + more + "/implies/" + cloud.role("reader"),
              cloud.admin(),
              null));
      assertThat(cloud.get("/v3/auth/projects", anna).body().get("projects")).hasSize(1);
      assertThat(cloud.get("/v3/auth/domains", anna).body().get("domains")).hasSize(1);
      assertThat(cloud.login("anna", "pw", "{\"project\":{\"id\":\"" + project + "\"}}").status())
          .isEqualTo(201);
    }
  }

  @Test
  void anOAuth2ClientShowsItsTokenAsBearer() {
    try (var cloud = new TestIdentity(dir)) {
      var token = cloud.login("welkin", TestIdentity.PASSWORD, onProject("admin")).token();
      assertThat(cloud.call("GET", "/v3/users", null, null, "authorization", "Bearer " + token))
          .matches(said -> said.status() == 200);
      assertThat(cloud.call("GET", "/v3/users", null, null, "authorization", "bearer x").status())
          .isEqualTo(401);
      assertThat(
              cloud
                  .call("GET", "/v3/users", null, null, "authorization", "Basic " + token)
                  .status())
          .isEqualTo(401);
      assertThat(cloud.call("GET", "/v3", null, null, "authorization", "Bearer x").status())
          .isEqualTo(200);
    }
  }

  private static void must(TestIdentity.Said said) {
    assertThat(said.status()).as(said.toString()).isLessThan(300);
  }
}
