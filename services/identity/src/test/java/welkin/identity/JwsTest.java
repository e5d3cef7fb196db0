package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static welkin.testkit.Eventually.eventually;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.bus.InProcessBus;

/** Tokens in the format JWS, beside Fernet. */
class JwsTest {
  private static final String[] JWS = {"token.provider", "jws"};

  @TempDir Path home;

  private static int whoAmI(TestIdentity at, String token) {
    return at.get("/v3/auth/projects", token).status();
  }

  private static int validated(TestIdentity at, String token) {
    return at.call("GET", "/v3/auth/tokens", at.admin(), null, "x-subject-token", token).status();
  }

  @Test
  void aSignedTokenDoesWhatAnyTokenDoes() {
    try (var cloud = new TestIdentity(home, (Object[]) JWS)) {
      var token = cloud.admin();
      assertThat(token.split("\\.")).hasSize(3);
      var body = cloud.call("GET", "/v3/auth/tokens", token, null, "x-subject-token", token).body();
      assertThat(body.at("/token/project/name").asString()).isEqualTo("admin");
      assertThat(body.at("/token/methods/0").asString()).isEqualTo("password");
      var system = cloud.login("welkin", TestIdentity.PASSWORD, "{\"system\":{\"all\":true}}");
      assertThat(system.body().at("/token/system/all").asBoolean()).isTrue();
      assertThat(validated(cloud, system.token())).isEqualTo(200);
      var again =
          cloud.call(
              "POST",
              "/v3/auth/tokens",
              null,
              "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
                  + token
                  + "\"}},\"scope\":"
                  + TestIdentity.onProject("admin")
                  + "}}");
      assertThat(again.status()).isEqualTo(201);
      assertThat(whoAmI(cloud, again.token())).isEqualTo(200);

      var gone = cloud.admin();
      assertThat(cloud.call("DELETE", "/v3/auth/tokens", token, null, "x-subject-token", gone))
          .satisfies(s -> assertThat(s.status()).isEqualTo(204));
      assertThat(whoAmI(cloud, gone)).isEqualTo(401);
      cloud.now = cloud.now.plusSeconds(3601);
      assertThat(whoAmI(cloud, token)).isEqualTo(401);
    }
  }

  @Test
  void whatIsNoTokenIsRefusedAndNoFault() {
    try (var cloud = new TestIdentity(home, (Object[]) JWS)) {
      var token = cloud.admin();
      var parts = token.split("\\.");
      for (var text :
          List.of(
              parts[0] + "." + parts[1] + ".",
              parts[0] + "." + parts[1],
              parts[1] + "." + parts[0] + "." + parts[2],
              parts[0] + "." + parts[1] + "." + parts[2].substring(1),
              "eyJhbGciOiJub25lIn0." + parts[1] + ".",
              "eyJhbGciOiJIUzI1NiJ9." + parts[1] + "." + parts[2],
              "..",
              "e30.e30.e30",
              "a".repeat(9000) + "." + parts[1] + "." + parts[2])) {
        assertThat(whoAmI(cloud, text)).as(text).isEqualTo(401);
        assertThat(validated(cloud, text)).as(text).isEqualTo(404);
      }
    }
  }

  @Test
  void aSwitchOfTheFormatRefusesNoToken() {
    String fernet;
    String jws;
    try (var cloud = new TestIdentity(home)) {
      fernet = cloud.admin();
      assertThat(fernet).doesNotContain(".");
    }
    try (var cloud = new TestIdentity(home, (Object[]) JWS)) {
      assertThat(whoAmI(cloud, fernet)).isEqualTo(200);
      jws = cloud.admin();
    }
    try (var cloud = new TestIdentity(home)) {
      assertThat(whoAmI(cloud, jws)).isEqualTo(200);
      assertThat(validated(cloud, jws)).isEqualTo(200);
      assertThat(cloud.admin()).doesNotContain(".");
    }
    assertThatThrownBy(() -> new TestIdentity(home, "token.provider", "uuid"))
        .hasMessageContaining("token.provider");
  }

  /** Logins at one process, used at once at the other, while keys are rotated under both. */
  @Test
  void keysAreRotatedUnderLoadWithoutARefusedToken() throws InterruptedException {
    var time = new AtomicReference<>(Instant.parse("2026-11-21T04:00:00Z"));
    var bus = new InProcessBus();
    try (var one = new TestIdentity(home, time::get, time::get, bus, (Object[]) JWS);
        var two = new TestIdentity(home, time::get, time::get, bus)) {
      one.identity.start();
      two.identity.start();
      Queue<String> refused = new ConcurrentLinkedQueue<>();
      var done = new AtomicInteger();
      var stop = new AtomicBoolean();
      Runnable work =
          () -> {
            for (int i = 0; !stop.get(); i++) {
              var from = i % 2 == 0 ? one : two;
              var to = i % 2 == 0 ? two : one;
              var made =
                  from.login("welkin", TestIdentity.PASSWORD, TestIdentity.onProject("admin"));
              if (made.status() != 201) {
                refused.add("login: " + made);
              } else if (whoAmI(to, made.token()) != 200) {
                refused.add("use: " + made.token());
              }
              done.incrementAndGet();
            }
          };
      var threads = List.of(new Thread(work), new Thread(work), new Thread(work));
      threads.forEach(Thread::start);
      for (int rotation = 0; rotation < 5; rotation++) {
        int before = done.get();
        eventually("some logins", () -> done.get() >= before + 30);
        time.updateAndGet(t -> t.plus(Duration.ofSeconds(11)));
        (rotation % 2 == 0 ? one : two).identity.rotateKeys();
      }
      int before = done.get();
      eventually("some more", () -> done.get() >= before + 30);
      stop.set(true);
      for (var t : threads) {
        t.join();
      }
      assertThat(refused).isEmpty();
    }
  }

  /** Stored secrets are sealed with the newest key, so the oldest can be forgotten. */
  @Test
  void storedSecretsAreSealedAnew() {
    try (var cloud = new TestIdentity(home)) {
      var id =
          cloud.make(
              "credential", Map.of("type", "cert", "blob", "a secret", "user_id", user(cloud)));
      var consumer =
          cloud
              .call(
                  "POST",
                  "/v3/OS-OAUTH1/consumers",
                  cloud.admin(),
                  Map.of("consumer", Map.of("description", "c")))
              .body();
      cloud.call(
          "PUT",
          "/v3/domains/default/config",
          cloud.admin(),
          Map.of("config", Map.of("identity", Map.of("driver", "sql"))));
      for (int i = 0; i < 4; i++) {
        cloud.now = cloud.now.plusSeconds(11);
        var was = sealed(cloud);
        cloud.identity.rotateCredentialKeys();
        assertThat(sealed(cloud)).isNotEqualTo(was);
      }
      var shown = cloud.get("/v3/credentials/" + id, cloud.admin()).body();
      assertThat(shown.at("/credential/blob").asString()).isEqualTo("a secret");
      assertThat(consumer.at("/consumer/secret").asString()).isNotEmpty();
      assertThat(
              cloud
                  .get(
                      "/v3/OS-OAUTH1/consumers/" + consumer.at("/consumer/id").asString(),
                      cloud.admin())
                  .status())
          .isEqualTo(200);
      assertThat(
              cloud
                  .get("/v3/domains/default/config", cloud.admin())
                  .body()
                  .at("/config/identity/driver")
                  .asString())
          .isEqualTo("sql");
    }
  }

  private static String user(TestIdentity cloud) {
    return cloud.get("/v3/users?name=welkin", cloud.admin()).body().at("/users/0/id").asString();
  }

  private static String sealed(TestIdentity cloud) {
    return cloud
        .identity
        .database()
        .read(
            sql -> sql.list("SELECT encrypted_blob FROM credential", r -> r.text("encrypted_blob")))
        .getFirst();
  }
}
