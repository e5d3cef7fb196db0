package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.store.Statements;

/** keystone's security compliance rules. */
class ComplianceTest {
  @TempDir Path dir;

  private static int login(TestIdentity cloud, String password) {
    return cloud.login("anna", password, null).status();
  }

  private static String anna(TestIdentity cloud, Object... options) {
    var map = new java.util.HashMap<String, Object>();
    for (int i = 0; i < options.length; i += 2) {
      map.put((String) options[i], options[i + 1]);
    }
    return cloud.make("user", Map.of("name", "anna", "password", "first", "options", map));
  }

  private static TestIdentity.Said change(
      TestIdentity cloud, String user, String was, String next) {
    return cloud.call(
        "POST",
        "/v3/users/" + user + "/password",
        null,
        Map.of("user", Map.of("original_password", was, "password", next)));
  }

  /** Whoever sets the option may have written it carelessly; everybody may send a password. */
  @Test
  void anExpressionThatTakesForEverRefusesThePassword() {
    try (var cloud = new TestIdentity(dir, "security_compliance.password_regex", "([a-z]+)*\\1$")) {
      var refused =
          cloud.call(
              "POST",
              "/v3/users",
              cloud.admin(),
              Map.of("user", Map.of("name", "b", "password", "a".repeat(60) + "!")));
      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body().toString()).contains("too long").doesNotContain("aaaa");
    }
  }

  @Test
  void wrongPasswordsLockAnAccountForAWhile() {
    try (var cloud =
        new TestIdentity(
            dir,
            "security_compliance.lockout_failure_attempts",
            3,
            "security_compliance.lockout_duration",
            60)) {
      anna(cloud);
      for (int i = 0; i < 2; i++) {
        assertThat(login(cloud, "wrong")).isEqualTo(401);
      }
      assertThat(login(cloud, "first")).as("a right one forgets the wrong ones").isEqualTo(201);
      for (int i = 0; i < 3; i++) {
        assertThat(login(cloud, "wrong")).isEqualTo(401);
      }
      // OSSA-2021-003: a locked account and an unknown one are told apart by nothing
      var locked = cloud.login("anna", "first", null);
      var unknown = cloud.login("nobody", "first", null);
      assertThat(locked.status()).isEqualTo(401);
      assertThat(locked.body()).isEqualTo(unknown.body());
      cloud.now = cloud.now.plusSeconds(61);
      assertThat(login(cloud, "wrong")).isEqualTo(401);
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  /** OSSA-2021-003: nor by what is written down. */
  @Test
  void everyRefusalCostsAsManyStatements() {
    try (var cloud = new TestIdentity(dir, "security_compliance.lockout_failure_attempts", 2)) {
      anna(cloud);
      statements(cloud, "anna", "wrong"); // the first ones make their row
      statements(cloud, "nobody", "wrong");
      long wrong = statements(cloud, "anna", "wrong");
      assertThat(statements(cloud, "nobody", "wrong")).as("nobody").isEqualTo(wrong);
      assertThat(statements(cloud, "anna", "wrong")).as("locked").isEqualTo(wrong);
      assertThat(statements(cloud, "anna", "first")).as("locked, right").isEqualTo(wrong);
    }
  }

  private static long statements(TestIdentity cloud, String name, String password) {
    long before = Statements.soFar();
    assertThat(cloud.login(name, password, null).status()).isEqualTo(401);
    return Statements.soFar() - before;
  }

  @Test
  void anAdministratorEndsALock() {
    try (var cloud = new TestIdentity(dir, "security_compliance.lockout_failure_attempts", 1)) {
      var id = anna(cloud);
      login(cloud, "wrong");
      assertThat(login(cloud, "first")).isEqualTo(401);
      cloud.call(
          "PATCH", "/v3/users/" + id, cloud.admin(), Map.of("user", Map.of("enabled", true)));
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  @Test
  void someAreNeverLocked() {
    try (var cloud = new TestIdentity(dir, "security_compliance.lockout_failure_attempts", 1)) {
      anna(cloud, "ignore_lockout_failure_attempts", true);
      login(cloud, "wrong");
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  @Test
  void passwordsEndAndMayThenBeChanged() {
    try (var cloud = new TestIdentity(dir, "security_compliance.password_expires_days", 2)) {
      var id = anna(cloud);
      assertThat(
              cloud
                  .get("/v3/users/" + id, cloud.admin())
                  .body()
                  .at("/user/password_expires_at")
                  .asString())
          .isEqualTo("2026-11-23T04:00:00.000000Z");
      assertThat(login(cloud, "first")).isEqualTo(201);
      cloud.now = cloud.now.plus(Duration.ofDays(2));
      var said = cloud.login("anna", "first", null);
      assertThat(said.status()).isEqualTo(401);
      assertThat(said.message()).contains("expired");
      assertThat(cloud.login("anna", "other", null).message()).doesNotContain("expired");
      assertThat(change(cloud, id, "first", "second").status()).isEqualTo(204);
      assertThat(login(cloud, "second")).isEqualTo(201);
    }
  }

  @Test
  void aGivenPasswordIsChangedFirst() {
    try (var cloud =
        new TestIdentity(
            dir,
            "security_compliance.change_password_upon_first_use",
            true,
            "security_compliance.minimum_password_age",
            1)) {
      var id = anna(cloud);
      assertThat(login(cloud, "first")).isEqualTo(401);
      assertThat(change(cloud, id, "first", "second").status()).isEqualTo(204);
      assertThat(login(cloud, "second")).isEqualTo(201);
      assertThat(change(cloud, id, "second", "third").status()).as("too young").isEqualTo(400);
      cloud.now = cloud.now.plus(Duration.ofDays(1));
      assertThat(change(cloud, id, "second", "third").status()).isEqualTo(204);
    }
  }

  @Test
  void oldPasswordsDoNotComeBack() {
    try (var cloud = new TestIdentity(dir, "security_compliance.unique_last_password_count", 3)) {
      var id = anna(cloud);
      assertThat(change(cloud, id, "first", "first").status()).isEqualTo(400);
      assertThat(change(cloud, id, "first", "second").status()).isEqualTo(204);
      assertThat(change(cloud, id, "second", "first").status()).isEqualTo(400);
      assertThat(change(cloud, id, "second", "third").status()).isEqualTo(204);
      assertThat(change(cloud, id, "third", "first").status()).isEqualTo(400);
      assertThat(change(cloud, id, "third", "fourth").status()).isEqualTo(204);
      assertThat(change(cloud, id, "fourth", "first").status()).isEqualTo(204);
    }
  }

  @Test
  void passwordsMatchWhatIsAsked() {
    try (var cloud =
        new TestIdentity(
            dir,
            "security_compliance.password_regex",
            "^(?=.*\\d).{5,}$",
            "security_compliance.password_regex_description",
            "five characters, one of them a digit")) {
      var said =
          cloud.call(
              "POST",
              "/v3/users",
              cloud.admin(),
              Map.of("user", Map.of("name", "anna", "password", "first")));
      assertThat(said.status()).isEqualTo(400);
      assertThat(said.message()).contains("one of them a digit").doesNotContain("first");
      var id = cloud.make("user", Map.of("name", "anna", "password", "first1"));
      assertThat(change(cloud, id, "first1", "second").status()).isEqualTo(400);
      assertThat(change(cloud, id, "first1", "second2").status()).isEqualTo(204);
    }
  }

  @Test
  void whoStaysAwayIsDisabled() {
    try (var cloud =
        new TestIdentity(dir, "security_compliance.disable_user_account_days_inactive", 90)) {
      var id = anna(cloud);
      assertThat(login(cloud, "first")).isEqualTo(201);
      cloud.now = cloud.now.plus(Duration.ofDays(80));
      cloud.admin();
      cloud.now = cloud.now.plus(Duration.ofDays(11));
      assertThat(login(cloud, "first")).isEqualTo(401);
      var path = "/v3/users/" + id;
      assertThat(cloud.get(path, cloud.admin()).body().at("/user/enabled").booleanValue())
          .isFalse();
      cloud.call("PATCH", path, cloud.admin(), Map.of("user", Map.of("description", "still away")));
      cloud.call("PATCH", path, cloud.admin(), Map.of("user", Map.of("enabled", true)));
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  @Test
  void aLockedPasswordIsTheAdministrators() {
    try (var cloud = new TestIdentity(dir)) {
      var id = anna(cloud, "lock_password", true);
      assertThat(change(cloud, id, "first", "second").status()).isEqualTo(400);
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  @Test
  void anOldHashIsRenewedAtLogin() {
    try (var cloud = new TestIdentity(dir)) {
      anna(cloud);
    }
    try (var cloud = new TestIdentity(dir, "identity.password_hash_algorithm", "bcrypt_sha256")) {
      assertThat(hash(cloud)).startsWith("$2b$");
      assertThat(login(cloud, "wrong")).isEqualTo(401);
      assertThat(hash(cloud)).startsWith("$2b$");
      assertThat(login(cloud, "first")).isEqualTo(201);
      assertThat(hash(cloud)).startsWith("$bcrypt-sha256$");
      assertThat(login(cloud, "first")).isEqualTo(201);
    }
  }

  private static String hash(TestIdentity cloud) {
    return cloud
        .identity
        .database()
        .read(
            sql ->
                sql.one(
                        "SELECT password_hash FROM users WHERE name = 'anna'",
                        r -> r.text("password_hash"))
                    .orElseThrow());
  }
}
