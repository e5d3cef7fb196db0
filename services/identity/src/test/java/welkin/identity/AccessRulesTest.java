package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The door lets a token of an application credential make only the calls its rules name. */
class AccessRulesTest {
  @TempDir Path dir;

  @Test
  void onlyWhatARuleNames() {
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      var user = cloud.get("/v3/users?name=welkin", admin).body().at("/users/0/id").asString();
      var token =
          token(
              cloud,
              user,
              List.of(
                  Map.of("service", "identity", "method", "GET", "path", "/v3/users"),
                  Map.of("service", "identity", "method", "GET", "path", "/v3/projects/*"),
                  Map.of("service", "compute", "method", "GET", "path", "/v3/roles")));
      assertThat(cloud.get("/v3/users", token).status()).isEqualTo(200);
      assertThat(cloud.get("/identity/v3/users", token).status()).isEqualTo(200);
      assertThat(cloud.get("/v3/projects/none", token).status()).isEqualTo(404);
      assertThat(cloud.get("/v3/projects", token).status()).isEqualTo(401);
      assertThat(cloud.get("/v3/roles", token).status()).isEqualTo(401);
      assertThat(cloud.call("POST", "/v3/users", token, Map.of()).status()).isEqualTo(401);
      var service = cloud.identity.serviceToken().reveal();
      assertThat(cloud.call("GET", "/v3/roles", token, null, "x-service-token", service).status())
          .isEqualTo(200);
      assertThat(cloud.call("GET", "/v3/roles", token, null, "x-service-token", token).status())
          .isEqualTo(401);
    }
  }

  private static String token(TestIdentity cloud, String user, List<?> rules) {
    var made =
        cloud.call(
            "POST",
            "/v3/users/" + user + "/application_credentials",
            cloud.admin(),
            Map.of(
                "application_credential",
                Map.of("name", "a", "secret", "s", "access_rules", rules)));
    var id = made.body().at("/application_credential/id").asString();
    return cloud
        .call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                + "\"application_credential\":{\"id\":\""
                + id
                + "\",\"secret\":\"s\"}}}}")
        .token();
  }
}
