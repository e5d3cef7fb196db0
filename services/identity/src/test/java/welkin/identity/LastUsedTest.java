package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When tokens, credentials and application credentials were used last. */
class LastUsedTest {
  private static final String FIRST = "2026-11-21T04:00:00.000000Z";

  @TempDir Path home;

  private static String token(TestIdentity cloud, String asker, String subject) {
    return cloud
        .call("GET", "/v3/auth/tokens?last_used", asker, null, "x-subject-token", subject)
        .body()
        .at("/token/last_used_at")
        .asString(null);
  }

  @Test
  void aTokensUseIsNotedToTheMinuteAndKept() {
    String used;
    try (var cloud = new TestIdentity(home)) {
      used = cloud.admin();
      var asker = cloud.admin();
      assertThat(token(cloud, asker, used)).as("asking is no use").isNull();
      assertThat(cloud.get("/v3/auth/projects", used).status()).isEqualTo(200);
      cloud.now = cloud.now.plusSeconds(30);
      cloud.get("/v3/auth/projects", used);
      assertThat(token(cloud, asker, used)).isEqualTo(FIRST);
      cloud.now = cloud.now.plusSeconds(31);
      cloud.get("/v3/auth/projects", used);
      assertThat(token(cloud, asker, used)).isEqualTo("2026-11-21T04:01:01.000000Z");
    }
    try (var cloud = new TestIdentity(home)) {
      assertThat(token(cloud, cloud.admin(), used)).isEqualTo("2026-11-21T04:01:01.000000Z");
      var plain = cloud.call("GET", "/v3/auth/tokens", used, null, "x-subject-token", used).body();
      assertThat(plain.at("/token").has("last_used_at")).isFalse();
    }
  }

  @Test
  void anApplicationCredentialIsUsedByItsLogins() {
    try (var cloud = new TestIdentity(home)) {
      var admin = cloud.admin();
      var user = cloud.get("/v3/users?name=welkin", admin).body().at("/users/0/id").asString();
      var path = "/v3/users/" + user + "/application_credentials";
      var made =
          cloud
              .call(
                  "POST",
                  path,
                  admin,
                  Map.of("application_credential", Map.of("name", "robot", "secret", "s")))
              .body()
              .at("/application_credential");
      assertThat(made.get("last_used_at").isNull()).isTrue();
      cloud.now = cloud.now.plusSeconds(5);
      var login =
          cloud.call(
              "POST",
              "/v3/auth/tokens",
              null,
              "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                  + "\"application_credential\":{\"id\":\""
                  + made.get("id").asString()
                  + "\",\"secret\":\"s\"}}}}");
      assertThat(login.status()).isEqualTo(201);
      assertThat(
              cloud
                  .get(path, cloud.admin())
                  .body()
                  .at("/application_credentials/0/last_used_at")
                  .asString())
          .isEqualTo("2026-11-21T04:00:05.000000Z");
    }
  }

  /** A wrong password is a row before it is answered: a killed process forgets none. */
  @Test
  void failedLoginsSurviveAKilledProcess() {
    Object[] options = {"security_compliance.lockout_failure_attempts", 3};
    var killed = new TestIdentity(home, options); // never closed in order
    killed.make("user", Map.of("name", "anna", "password", "secret"));
    for (int i = 0; i < 3; i++) {
      assertThat(killed.login("anna", "wrong", null).status()).isEqualTo(401);
    }
    try (var cloud = new TestIdentity(home, options)) {
      assertThat(cloud.login("anna", "secret", null).status()).isEqualTo(401);
    }
    killed.close();
  }

  @Test
  void usersByTheEndOfTheirPassword() {
    try (var cloud = new TestIdentity(home, "security_compliance.password_expires_days", 2)) {
      cloud.make("user", Map.of("name", "early", "password", "secret"));
      cloud.now = cloud.now.plusSeconds(3600);
      cloud.make("user", Map.of("name", "late", "password", "secret"));
      cloud.make("user", Map.of("name", "never"));
      var end = "2026-11-23T04:00:00Z";
      assertThat(found(cloud, "lt:2026-11-23T04:30:00Z")).isEqualTo("early");
      assertThat(found(cloud, "lte:" + end)).isEqualTo("early");
      assertThat(found(cloud, "gt:" + end)).isEqualTo("late");
      assertThat(found(cloud, "gte:" + end)).isEqualTo("early late");
      assertThat(found(cloud, "eq:" + end)).isEqualTo("early");
      assertThat(found(cloud, end)).isEqualTo("early");
      assertThat(found(cloud, "neq:" + end)).isEqualTo("late");
      for (var wrong : new String[] {"about:" + end, "lt:tomorrow", "lt:", "x", ""}) {
        assertThat(cloud.get("/v3/users?password_expires_at=" + wrong, cloud.admin()).status())
            .as(wrong)
            .isEqualTo(400);
      }
    }
  }

  private static String found(TestIdentity cloud, String filter) {
    return cloud
        .get("/v3/users?password_expires_at=" + filter, cloud.admin())
        .body()
        .get("users")
        .valueStream()
        .map(u -> u.get("name").asString())
        .filter(n -> n.matches("early|late|never"))
        .sorted()
        .collect(java.util.stream.Collectors.joining(" "));
  }
}
