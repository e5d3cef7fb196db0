package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code /v3/domains/{id}/config}. */
class DomainConfigTest {
  private static final Map<String, Object> CONFIG =
      Map.of(
          "identity",
          Map.of("driver", "ldap"),
          "ldap",
          Map.of("url", "ldap://here", "password", "hidden-word"));

  @TempDir Path dir;

  /** As in keystone; Tempest sets such names. */
  @Test
  void aDriverNobodyHasIsTaken() {
    try (var cloud = new TestIdentity(dir)) {
      var domain = cloud.make("domain", Map.of("name", "d"));
      var path = "/v3/domains/" + domain + "/config";
      var config = Map.of("config", Map.of("identity", Map.of("driver", "nobodys")));
      assertThat(cloud.call("PUT", path, cloud.admin(), config).status()).isEqualTo(201);
      var user = Map.of("name", "u", "domain_id", domain, "password", "long enough");
      assertThat(cloud.make("user", user)).isNotEmpty(); // its users are in the database
    }
  }

  @Test
  void setShowChangeForget() {
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      var path = "/v3/domains/" + cloud.make("domain", Map.of("name", "d")) + "/config";
      assertThat(cloud.get(path, admin).status()).isEqualTo(404);
      var made = cloud.call("PUT", path, admin, Map.of("config", CONFIG));
      assertThat(made.status()).as(made.toString()).isEqualTo(201);
      assertThat(made.body().toString()).contains("ldap://here").doesNotContain("hidden-word");
      assertThat(cloud.call("PUT", path, admin, Map.of("config", CONFIG)).status()).isEqualTo(200);
      assertThat(cloud.get(path + "/ldap/url", admin).body().at("/config/url").asString())
          .isEqualTo("ldap://here");
      assertThat(cloud.get(path + "/ldap/password", admin).status()).isEqualTo(404);
      var changed =
          cloud.call(
              "PATCH",
              path + "/identity",
              admin,
              Map.of("config", Map.of("identity", Map.of("driver", "sql", "list_limit", 7))));
      assertThat(changed.body().at("/config/identity/list_limit").intValue()).isEqualTo(7);
      assertThat(changed.body().at("/config/ldap/url").asString()).isEqualTo("ldap://here");
      assertThat(
              cloud
                  .call(
                      "PATCH",
                      path + "/ldap/url",
                      admin,
                      Map.of("config", Map.of("url", "ldap://there")))
                  .body()
                  .at("/config/ldap/url")
                  .asString())
          .isEqualTo("ldap://there");
      assertThat(cloud.call("DELETE", path + "/identity/driver", admin, null).status())
          .isEqualTo(204);
      assertThat(cloud.get(path + "/identity/driver", admin).status()).isEqualTo(404);
      assertThat(cloud.call("DELETE", path, admin, null).status()).isEqualTo(204);
      assertThat(cloud.get(path, admin).status()).isEqualTo(404);
    }
  }

  @Test
  void whatNoDomainMaySetIsRefused() {
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      var path = "/v3/domains/" + cloud.make("domain", Map.of("name", "d")) + "/config";
      for (var config :
          new Map<?, ?>[] {
            Map.of(),
            Map.of("token", Map.of("provider", "x")),
            Map.of("ldap", Map.of("dance", "x")),
            Map.of("ldap", "x"),
            Map.of("ldap", Map.of())
          }) {
        assertThat(cloud.call("PUT", path, admin, Map.of("config", config)).status())
            .as(config.toString())
            .isEqualTo(403);
      }
      assertThat(cloud.get("/v3/domains/none/config", admin).status()).isEqualTo(404);
      assertThat(
              cloud
                  .call(
                      "PATCH",
                      path + "/ldap",
                      admin,
                      Map.of("config", Map.of("ldap", Map.of("url", "x"))))
                  .status())
          .as("nothing to change yet")
          .isEqualTo(404);
    }
  }

  @Test
  void everybodyMayKnowWhatIsAskedOfPasswords() {
    try (var cloud = new TestIdentity(dir, "security_compliance.password_regex", "^.{5,}$")) {
      cloud.make("user", Map.of("name", "anna", "password", "secret"));
      var anna = cloud.login("anna", "secret", "\"unscoped\"").token();
      var path = "/v3/domains/default/config/security_compliance";
      assertThat(
              cloud
                  .get(path, cloud.admin())
                  .body()
                  .at("/config/security_compliance/password_regex")
                  .asString())
          .isEqualTo("^.{5,}$");
      assertThat(cloud.get(path + "/password_regex", cloud.admin()).status()).isEqualTo(200);
      assertThat(cloud.get(path + "/lockout_duration", cloud.admin()).status()).isEqualTo(403);
      assertThat(
              cloud
                  .get("/v3/domains/config/ldap/url/default", cloud.admin())
                  .body()
                  .at("/config/url")
                  .asString())
          .isEqualTo("ldap://localhost");
      assertThat(cloud.get("/v3/domains/default/config", anna).status()).isEqualTo(403);
    }
  }
}
