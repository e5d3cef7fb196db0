package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.identity.TestIdentity.Said;

/**
 * OSSA-2021-003: whether an account is there, locked or disabled is not to be learnt from a refused
 * login: the same answer, after the same work. Work is counted in iterations of the password's
 * hash, which is nearly all of the time a login takes.
 */
@Tag("OSSA-2021-003")
class Ossa2021003Test {
  @TempDir Path dir;
  private TestIdentity cloud;

  private double work() {
    for (var metric : cloud.metrics.registry().scrape()) {
      if (metric.getMetadata().getName().equals("welkin_password_hash_iterations")) {
        return ((CounterSnapshot) metric).getDataPoints().getFirst().getValue();
      }
    }
    throw new AssertionError("nothing counts the work");
  }

  private interface Attempt {
    Said now();
  }

  private void sameAs(Said first, double cost, String what, Attempt attempt) {
    double before = work();
    var said = attempt.now();
    assertThat(said.status()).as(what).isEqualTo(401);
    assertThat(said.body()).as(what).isEqualTo(first.body());
    assertThat(work() - before).as(what).isEqualTo(cost);
  }

  private String user(String name, boolean enabled) {
    return cloud.make("user", Map.of("name", name, "password", PASSWORD, "enabled", enabled));
  }

  @Test
  void refusedLoginsAreAlike() {
    try (var c = new TestIdentity(dir, "security_compliance.lockout_failure_attempts", 2)) {
      cloud = c;
      var anna = user("anna", true);
      user("locked", true);
      user("disabled", false);
      cloud.make("user", Map.of("name", "none"));
      var away = cloud.make("domain", Map.of("name", "away"));
      cloud.make("user", Map.of("name", "far", "domain_id", away, "password", PASSWORD));
      cloud.call("PATCH", "/v3/domains/" + away, cloud.admin(), "{\"domain\":{\"enabled\":false}}");
      cloud.login("locked", "wrong", null);
      cloud.login("locked", "wrong", null);

      double before = work();
      var unknown = cloud.login("nobody", "wrong", null);
      assertThat(unknown.status()).isEqualTo(401);
      double cost = work() - before;
      assertThat(cost).isEqualTo(16);

      sameAs(unknown, cost, "a wrong password", () -> cloud.login("anna", "wrong", null));
      sameAs(unknown, cost, "a locked account", () -> cloud.login("locked", "wrong", null));
      sameAs(unknown, cost, "and its right password", () -> cloud.login("locked", PASSWORD, null));
      sameAs(unknown, cost, "a disabled account", () -> cloud.login("disabled", "wrong", null));
      sameAs(unknown, cost, "and its right one", () -> cloud.login("disabled", PASSWORD, null));
      sameAs(unknown, cost, "without a password", () -> cloud.login("none", "wrong", null));
      sameAs(unknown, cost, "an unknown id", () -> byId("\"id\":\"none\""));
      sameAs(unknown, cost, "an id and a wrong password", () -> byId("\"id\":\"" + anna + "\""));
      for (var domain :
          new String[] {"\"id\":\"none\"", "\"name\":\"none\"", "\"name\":\"away\""}) {
        for (var name : new String[] {"far", "nobody"}) {
          sameAs(
              unknown,
              cost,
              name + " in " + domain,
              () -> byId("\"name\":\"" + name + "\",\"domain\":{" + domain + "}"));
        }
      }
      sameAs(unknown, cost, "the right password, no role", () -> on("anna", "admin"));
      sameAs(unknown, cost, "the right password, no project", () -> on("anna", "none"));

      for (var id : new String[] {"none", anna}) {
        sameAs(
            unknown,
            cost,
            "a change of the password of " + id,
            () ->
                cloud.call(
                    "POST",
                    "/v3/users/" + id + "/password",
                    null,
                    "{\"user\":{\"original_password\":\"wrong\",\"password\":\"better\"}}"));
      }
      credentials(unknown, cost);
    }
  }

  private void credentials(Said unknown, double cost) {
    var admin = cloud.admin();
    var self = cloud.call("GET", "/v3/auth/tokens", admin, null, "x-subject-token", admin).body();
    var user = self.at("/token/user/id").asString();
    var made =
        cloud
            .call(
                "POST",
                "/v3/users/" + user + "/application_credentials",
                admin,
                "{\"application_credential\":{\"name\":\"a\",\"secret\":\"s\"}}")
            .body();
    var id = made.at("/application_credential/id").asString();
    for (var one :
        new String[] {
          "\"id\":\"none\"",
          "\"id\":\"" + id + "\"",
          "\"name\":\"none\",\"user\":{\"id\":\"" + user + "\"}",
          "\"name\":\"a\",\"user\":{\"id\":\"none\"}",
          "\"name\":\"a\",\"user\":{\"id\":\"" + user + "\"}"
        }) {
      sameAs(
          unknown,
          cost,
          "the application credential " + one,
          () ->
              cloud.call(
                  "POST",
                  "/v3/auth/tokens",
                  null,
                  "{\"auth\":{\"identity\":{\"methods\":[\"application_credential\"],"
                      + "\"application_credential\":{\"secret\":\"wrong\","
                      + one
                      + "}}}}"));
    }
  }

  private Said on(String user, String project) {
    return cloud.login(user, PASSWORD, TestIdentity.onProject(project));
  }

  private Said byId(String who) {
    return cloud.call(
        "POST",
        "/v3/auth/tokens",
        null,
        "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{"
            + who
            + ",\"password\":\"wrong\"}}}}}");
  }
}
