package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;

/** Two processes on hosts whose clocks are thirty seconds apart answer for one Identity. */
class TwoProcessesTest {
  @TempDir Path home;
  final AtomicReference<Instant> time =
      new AtomicReference<>(Instant.parse("2026-11-21T04:00:00Z"));
  final InProcessBus bus = new InProcessBus();
  TestIdentity one;
  TestIdentity two;

  @BeforeEach
  void open() {
    one = new TestIdentity(home, () -> time.get().plusSeconds(30), time::get, bus);
    two = new TestIdentity(home, time::get, time::get, bus);
    one.identity.start();
    two.identity.start();
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  private static int status(TestIdentity at, String token) {
    return at.get("/v3/auth/projects", token).status();
  }

  private void user(TestIdentity at) {
    var id = at.make("user", Map.of("name", "ann", "password", "secret-1"));
    var project = at.make("project", Map.of("name", "p"));
    at.call(
        "PUT",
        "/v3/projects/" + project + "/users/" + id + "/roles/" + at.role("member"),
        at.admin(),
        null);
  }

  @Test
  void tokensOfOneAreGoodAtTheOtherUntilTheyAreRevokedAnywhere() {
    user(one);
    var byOne = one.login("ann", "secret-1", TestIdentity.onProject("p")).token();
    var byTwo = two.login("ann", "secret-1", TestIdentity.onProject("p")).token();
    assertThat(status(two, byOne)).isEqualTo(200);
    assertThat(status(one, byTwo)).isEqualTo(200);
    var id = two.get("/v3/users?name=ann", two.admin()).body().at("/users/0/id").asString();
    // told by the process whose clock is behind, of the token of the one that is ahead
    two.call("PATCH", "/v3/users/" + id, two.admin(), Map.of("user", Map.of("enabled", false)));
    assertThat(status(two, byOne)).isEqualTo(401);
    eventually("the other knows", () -> status(one, byOne) == 401 && status(one, byTwo) == 401);
    two.call("PATCH", "/v3/users/" + id, two.admin(), Map.of("user", Map.of("enabled", true)));
    assertThat(status(two, byOne)).isEqualTo(401);
    eventually("and that she is back", () -> one.login("ann", "secret-1", null).status() == 201);
    assertThat(status(two, one.login("ann", "secret-1", null).token())).isEqualTo(200);
    assertThat(status(one, byOne)).isEqualTo(401);
  }

  @Test
  void aRoleGivenAtOneCountsAtTheOther() {
    user(one);
    var token = two.login("ann", "secret-1", TestIdentity.onProject("p")).token();
    assertThat(two.get("/v3/users", token).status()).isEqualTo(403);
    var id = one.get("/v3/users?name=ann", one.admin()).body().at("/users/0/id").asString();
    var project =
        one.get("/v3/projects?name=p", one.admin()).body().at("/projects/0/id").asString();
    one.call(
        "PUT",
        "/v3/projects/" + project + "/users/" + id + "/roles/" + one.role("admin"),
        one.admin(),
        null);
    eventually("the role counts", () -> two.get("/v3/users", token).status() == 200);
  }

  @Test
  void keysAreRotatedWithoutARefusedToken() {
    user(one);
    var first = one.login("ann", "secret-1", null).token();
    time.updateAndGet(t -> t.plus(Duration.ofSeconds(11)));
    one.identity.rotateKeys();
    // at once, before the other can have heard of it
    var second = one.login("ann", "secret-1", null).token();
    assertThat(status(two, second)).isEqualTo(200);
    assertThat(status(two, first)).isEqualTo(200);
    assertThat(status(one, two.login("ann", "secret-1", null).token())).isEqualTo(200);
    // without any hint
    bus.close();
    time.updateAndGet(t -> t.plus(Duration.ofSeconds(11)));
    two.identity.rotateKeys();
    var third = two.login("ann", "secret-1", null).token();
    assertThat(status(one, third)).isEqualTo(200);
    eventually("the oldest key is forgotten everywhere", () -> status(one, first) == 401);
    assertThat(status(one, second)).isEqualTo(200);
  }
}
