package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import welkin.core.Json;

/**
 * OSSA-2020-004 and OSSA-2019-006: whose a stored credential is and what it was derived from never
 * changes, and nobody sees, finds or changes another's.
 */
@Tag("OSSA-2020-004")
@Tag("OSSA-2019-006")
class Ossa2020004Test {
  @TempDir Path dir;
  private TestIdentity cloud;
  private final Map<String, String> users = new HashMap<>();
  private final Map<String, String> owned = new HashMap<>();
  private String project;

  @BeforeEach
  void start() {
    cloud = new TestIdentity(dir);
    project = cloud.make("project", Map.of("name", "p"));
    for (var name : List.of("anna", "ben", "carl")) {
      var id = cloud.make("user", Map.of("name", name, "password", "pw"));
      users.put(name, id);
      // of one project, one its administrator: none of that opens another's credentials
      var role = "/v3/projects/" + project + "/users/" + id + "/roles/";
      cloud.call(
          "PUT",
          role + cloud.role(name.equals("carl") ? "manager" : "member"),
          cloud.admin(),
          null);
      owned.put(name, make(name, token(name)));
    }
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private String token(String name) {
    return cloud.login(name, "pw", TestIdentity.onProject("p")).token();
  }

  private String make(String name, String token) {
    var made =
        cloud.keyPair(
            token,
            users.get(name),
            project,
            Json.text(Map.of("access", "AK" + name, "secret", "secret of " + name)));
    assertThat(made.status()).as(made.toString()).isEqualTo(201);
    return made.body().at("/credential/id").asString();
  }

  private TestIdentity.Said patch(String name, String id, Map<String, ?> change) {
    return cloud.call("PATCH", "/v3/credentials/" + id, token(name), Map.of("credential", change));
  }

  private String blob(String... pairs) {
    var out = Json.object().put("access", "AKanna").put("secret", "secret of anna");
    for (int i = 0; i < pairs.length; i += 2) {
      out.put(pairs[i], pairs[i + 1]);
    }
    return Json.text(out);
  }

  @Test
  void whoseItIsNeverChanges() {
    var mine = owned.get("anna");
    for (var who : List.of("anna", "ben")) {
      for (var owner : List.of(users.get("ben"), users.get("carl"), "nobody")) {
        assertThat(patch(who, mine, Map.of("user_id", owner)).status()).isIn(400, 403);
      }
    }
    var byAdmin =
        cloud.call(
            "PATCH",
            "/v3/credentials/" + mine,
            cloud.admin(),
            Map.of("credential", Map.of("user_id", users.get("ben"))));
    assertThat(byAdmin.status()).isEqualTo(400);
    for (var key : List.of("trust_id", "app_cred_id", "access_token_id", "access_id")) {
      assertThat(patch("anna", mine, Map.of("blob", blob(key, "x"))).status())
          .as(key)
          .isEqualTo(400);
    }
    assertThat(patch("anna", mine, Map.of("blob", blob())).status()).isEqualTo(200);
    var shown = cloud.get("/v3/credentials/" + mine, cloud.admin()).body().get("credential");
    assertThat(shown.get("user_id").asString()).isEqualTo(users.get("anna"));
  }

  @Test
  void nobodyMakesOneForAnother() {
    for (var other : List.of("ben", "carl")) {
      var made =
          cloud.call(
              "POST",
              "/v3/credentials",
              token("anna"),
              Map.of(
                  "credential", Map.of("type", "cert", "blob", "b", "user_id", users.get(other))));
      assertThat(made.status()).isEqualTo(403);
      var pair = "/v3/users/" + users.get(other) + "/credentials/OS-EC2";
      assertThat(cloud.call("POST", pair, token("anna"), Map.of("tenant_id", project)).status())
          .isEqualTo(403);
    }
  }

  @Test
  void nobodySeesAnothers() {
    for (var who : List.of("anna", "carl")) {
      var token = token(who);
      for (var query :
          List.of(
              "",
              "?user_id=" + users.get("ben"),
              "?user_id=" + users.get("ben") + "&type=ec2",
              "?type=ec2",
              "?user_id=",
              "?limit=100",
              "?sort_key=user_id",
              "?user_id__ne=" + users.get(who))) {
        var said = cloud.get("/v3/credentials" + query, token);
        assertThat(said.body().toString()).as(who + query).doesNotContain("secret of ben");
        for (var one : said.body().path("credentials")) {
          assertThat(one.get("user_id").asString()).as(who + query).isEqualTo(users.get(who));
        }
      }
      assertThat(cloud.get("/v3/credentials", token).body().get("credentials").size()).isEqualTo(1);
      var bens = "/v3/credentials/" + owned.get("ben");
      assertThat(cloud.get(bens, token).status()).isEqualTo(403);
      assertThat(cloud.call("DELETE", bens, token, null).status()).isEqualTo(403);
      assertThat(patch(who, owned.get("ben"), Map.of("blob", blob())).status()).isEqualTo(403);
      for (var below : List.of("ben", who)) {
        var pairs = "/v3/users/" + users.get(below) + "/credentials/OS-EC2";
        assertThat(cloud.get(pairs + "/AKben", token).status()).isIn(403, 404);
        assertThat(cloud.get(pairs, token).body().toString()).doesNotContain("secret of ben");
      }
    }
    assertThat(cloud.get("/v3/credentials", cloud.admin()).body().get("credentials").size())
        .isEqualTo(3);
  }
}
