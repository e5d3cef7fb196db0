package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static welkin.identity.TestIdentity.PASSWORD;
import static welkin.identity.TestIdentity.onProject;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Secret;
import welkin.peers.Endpoints;

class LoginTest {
  @TempDir Path dir;
  TestIdentity cloud;

  @BeforeEach
  void open() {
    cloud = new TestIdentity(dir);
  }

  @AfterEach
  void close() {
    cloud.close();
  }

  @Test
  void aPasswordAndAScopeMakeATokenOfUpstreamsShape() {
    var said = cloud.login("welkin", PASSWORD, onProject("admin"));
    assertThat(said.status()).isEqualTo(201);
    var token = said.body().get("token");
    assertThat(token.get("methods").toString()).isEqualTo("[\"password\"]");
    assertThat(token.at("/user/domain/name").asString()).isEqualTo("Default");
    assertThat(token.at("/user/password_expires_at").isNull()).isTrue();
    assertThat(token.at("/project/name").asString()).isEqualTo("admin");
    assertThat(token.get("is_domain").asBoolean()).isFalse();
    assertThat(token.get("roles").findValuesAsString("name"))
        .containsExactly("admin", "manager", "member", "reader");
    assertThat(token.get("issued_at").asString()).isEqualTo("2026-11-21T04:00:00.000000Z");
    assertThat(token.get("expires_at").asString()).isEqualTo("2026-11-21T05:00:00.000000Z");
    assertThat(token.get("audit_ids")).hasSize(1);
    assertThat(token.get("catalog")).hasSize(5);
    assertThat(token.get("catalog").findValuesAsString("url"))
        .contains("http://127.0.0.1:5000/compute/v2.1");
    assertThat(said.token()).startsWith("gAAAAA").hasSizeBetween(180, 190);
  }

  @Test
  void otherScopes() {
    assertThat(
            cloud
                .login("welkin", PASSWORD, "{\"system\":{\"all\":true}}")
                .body()
                .at("/token/system/all")
                .asBoolean())
        .isTrue();
    assertThat(
            cloud
                .login("welkin", PASSWORD, "{\"domain\":{\"id\":\"default\"}}")
                .body()
                .at("/token/domain/name")
                .asString())
        .isEqualTo("Default");
    var unscoped = cloud.login("welkin", PASSWORD, "\"unscoped\"").body().get("token");
    assertThat(unscoped.has("catalog") || unscoped.has("roles") || unscoped.has("project"))
        .isFalse();
    assertThat(cloud.login("welkin", PASSWORD, null).body().at("/token/project/name").asString())
        .as("the default project")
        .isEqualTo("admin");
  }

  @Test
  void whoeverIsWrongIsToldTheSame() {
    var wrong = cloud.login("welkin", "wrong", onProject("admin"));
    var unknown = cloud.login("nobody", "wrong", onProject("admin"));
    var elsewhere = cloud.login("welkin", PASSWORD, onProject("nowhere"));
    assertThat(wrong.status()).isEqualTo(401);
    assertThat(wrong.body()).isEqualTo(unknown.body()).isEqualTo(elsewhere.body());
    assertThat(wrong.message()).isEqualTo("The request you have made requires authentication.");
    assertThat(wrong.headers()).containsKey("WWW-Authenticate");
  }

  @Test
  void aRequestThatCannotBeRightIsABadRequest() {
    for (var body :
        new String[] {
          "{}",
          "{\"auth\":[]}",
          "{\"auth\":{\"identity\":{\"methods\":[\"password\"]}}}",
          "{\"auth\":{\"identity\":{\"methods\":[\"password\"],\"password\":{\"user\":{\"name\":\"x\",\"password\":\"y\"}}}}}",
          "not json"
        }) {
      assertThat(cloud.call("POST", "/v3/auth/tokens", null, body).status())
          .as(body)
          .isEqualTo(400);
    }
  }

  @Test
  void aTokenMakesATokenThatEndsWithIt() {
    var first = cloud.login("welkin", PASSWORD, "\"unscoped\"");
    cloud.now = cloud.now.plusSeconds(600);
    var second =
        cloud.call(
            "POST",
            "/v3/auth/tokens",
            null,
            "{\"auth\":{\"identity\":{\"methods\":[\"token\"],\"token\":{\"id\":\""
                + first.token()
                + "\"}},\"scope\":"
                + onProject("admin")
                + "}}");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.body().at("/token/expires_at"))
        .isEqualTo(first.body().at("/token/expires_at"));
    assertThat(second.body().at("/token/audit_ids/1"))
        .isEqualTo(first.body().at("/token/audit_ids/0"));
    assertThat(second.body().at("/token/methods")).hasSize(2);
  }

  @Test
  void validatedRevokedExpired() {
    var admin = cloud.admin();
    var subject = cloud.login("welkin", PASSWORD, onProject("admin"));
    var shown =
        cloud.call("GET", "/v3/auth/tokens", admin, null, "x-subject-token", subject.token());
    assertThat(shown.status()).isEqualTo(200);
    assertThat(shown.body()).isEqualTo(subject.body());
    assertThat(
            cloud
                .call("GET", "/v3/auth/tokens?nocatalog", admin, null, "x-subject-token", admin)
                .body()
                .at("/token/catalog")
                .isMissingNode())
        .isTrue();
    assertThat(
            cloud
                .call("DELETE", "/v3/auth/tokens", admin, null, "x-subject-token", subject.token())
                .status())
        .isEqualTo(204);
    assertThat(
            cloud
                .call("HEAD", "/v3/auth/tokens", admin, null, "x-subject-token", subject.token())
                .status())
        .isEqualTo(404);
    assertThat(cloud.get("/v3/auth/catalog", subject.token()).status()).isEqualTo(401);
    assertThat(cloud.get("/v3/auth/catalog", admin).body().get("catalog")).hasSize(5);

    cloud.now = cloud.now.plusSeconds(3600);
    assertThat(cloud.get("/v3/auth/catalog", admin).status()).isEqualTo(401);
    var later = cloud.admin();
    assertThat(cloud.call("GET", "/v3/auth/tokens", later, null, "x-subject-token", admin).status())
        .isEqualTo(404);
    assertThat(
            cloud
                .call(
                    "GET", "/v3/auth/tokens?allow_expired=1", later, null, "x-subject-token", admin)
                .status())
        .isEqualTo(200);
  }

  @Test
  void theServiceTokenStaysUntilShortlyBeforeItsEnd() {
    var first = cloud.identity.serviceToken();
    assertThat(cloud.identity.serviceToken()).isEqualTo(first);
    assertThat(cloud.identity.authenticator().authenticate(first).roles())
        .contains("admin", "service");
    cloud.now = cloud.now.plusSeconds(3400);
    assertThat(cloud.identity.serviceToken()).isNotEqualTo(first);
  }

  @Test
  void aSecondStartFindsEverythingAndMovesItsEndpoints() {
    var token = cloud.admin();
    cloud.close();
    cloud = new TestIdentity(dir);
    assertThat(cloud.get("/v3/auth/catalog", token).status()).isEqualTo(200);
    var apart = Map.of("image", "http://pictures:2", "compute", "http://nova.example:3/");
    assertThat(
            cloud.identity.bootstrap(
                Secret.of("other"), new Endpoints("http://elsewhere:1", apart)))
        .isFalse();
    assertThat(cloud.get("/v3/auth/catalog", token).body().findValuesAsString("url"))
        .contains(
            "http://elsewhere:1/network", "http://pictures:2/image", "http://nova.example:3/v2.1")
        .noneMatch(u -> u.startsWith(TestIdentity.BASE));
    assertThat(cloud.login("welkin", PASSWORD, null).status()).isEqualTo(201);
  }

  @Test
  void versionsAreAtBothMounts() {
    assertThat(cloud.get("/", null).status()).isEqualTo(300);
    assertThat(cloud.get("/identity", null).status()).isEqualTo(300);
    assertThat(cloud.get("/identity/v3", null).body().at("/version/links/0/href").asString())
        .isEqualTo("http://127.0.0.1:5000/identity/v3/");
    assertThat(cloud.get("/v3/nothing", null).status()).isEqualTo(404);
    assertThat(cloud.get("/v3/auth/catalog", null).status()).isEqualTo(401);
    assertThat(cloud.call("PUT", "/v3", null, Map.of()).status()).isIn(401, 405);
  }
}
