package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application credential as an OAuth 2.0 client. */
class OAuth2Test {
  @TempDir Path dir;

  private static TestIdentity.Said ask(TestIdentity cloud, String client, String form) {
    return cloud.call(
        "POST",
        "/v3/OS-OAUTH2/token",
        null,
        form,
        "content-type",
        "application/x-www-form-urlencoded",
        "authorization",
        "Basic " + Base64.getEncoder().encodeToString(client.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void clientCredentials() {
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      var user = cloud.get("/v3/users?name=welkin", admin).body().at("/users/0/id").asString();
      var id =
          cloud
              .call(
                  "POST",
                  "/v3/users/" + user + "/application_credentials",
                  admin,
                  Map.of("application_credential", Map.of("name", "a", "secret", "s:1")))
              .body()
              .at("/application_credential/id")
              .asString();
      var said = ask(cloud, id + ":s:1", "grant_type=client_credentials");
      assertThat(said.status()).as(said.toString()).isEqualTo(200);
      assertThat(said.body().get("token_type").asString()).isEqualTo("Bearer");
      assertThat(said.body().get("expires_in").intValue()).isEqualTo(3600);
      var token = said.body().get("access_token").asString();
      assertThat(cloud.get("/v3/users", token).status()).isEqualTo(200);
      assertThat(ask(cloud, id + ":x", "grant_type=client_credentials").status()).isEqualTo(401);
      assertThat(ask(cloud, "nonsense", "grant_type=client_credentials").status()).isEqualTo(401);
      assertThat(ask(cloud, id + ":s:1", "grant_type=password").body().get("error").asString())
          .isEqualTo("unsupported_grant_type");
      assertThat(ask(cloud, id + ":s:1", "").status()).isEqualTo(400);
      assertThat(ask(cloud, id + ":s:1", "grant_type=%zz").status()).isEqualTo(400);
    }
  }
}
