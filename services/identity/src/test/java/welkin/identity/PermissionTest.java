package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code GET /v3/auth/effective-permissions}. */
class PermissionTest {
  private static final String PATH = "/v3/auth/effective-permissions?service=identity";
  @TempDir Path dir;

  @Test
  void saysWhatDecided() {
    try (var cloud = new TestIdentity(dir)) {
      var project = cloud.make("project", Map.of("name", "p"));
      var user = cloud.make("user", Map.of("name", "anna", "password", "pw"));
      cloud.call(
          "PUT",
          "/v3/projects/" + project + "/users/" + user + "/roles/" + cloud.role("reader"),
          cloud.admin(),
          null);
      var anna = cloud.login("anna", "pw", TestIdentity.onProject("p")).token();
      var mayNot = cloud.get(PATH + "&rule=identity:create_user", anna).body().get("permission");
      assertThat(mayNot.get("allowed").booleanValue()).isFalse();
      assertThat(mayNot.get("because").toString()).contains("role:admin does not hold");
      var may =
          cloud.get(PATH + "&rule=identity:create_user", cloud.admin()).body().get("permission");
      assertThat(may.get("allowed").booleanValue()).isTrue();
      assertThat(may.get("because").toString()).contains("role:admin holds");
      var own =
          cloud
              .get(PATH + "&rule=identity:get_user&target.user.id=" + user, anna)
              .body()
              .get("permission");
      assertThat(own.get("allowed").booleanValue()).isTrue();
      assertThat(
              cloud
                  .get(PATH + "&rule=identity:get_user", anna)
                  .body()
                  .at("/permission/allowed")
                  .booleanValue())
          .as("somebody asks about their own, unless they say otherwise")
          .isTrue();
      assertThat(
              cloud
                  .get(PATH + "&rule=identity:get_user&target.user.id=other", anna)
                  .body()
                  .at("/permission/allowed")
                  .booleanValue())
          .isFalse();
      assertThat(
              cloud.get(PATH + "&rule=identity:list_users", anna).body().at("/permission/because"))
          .as("a reason is said once")
          .doesNotHaveDuplicates();
      var all = cloud.get(PATH, anna).body().get("permissions");
      assertThat(all.size()).isGreaterThan(150);
      assertThat(cloud.get(PATH + "&rule=identity:dance", anna).status()).isEqualTo(404);
      assertThat(cloud.get("/v3/auth/effective-permissions?service=none", anna).status())
          .isEqualTo(404);
      assertThat(cloud.get("/v3/auth/effective-permissions", anna).status()).isEqualTo(400);
      assertThat(cloud.get(PATH, null).status()).isEqualTo(401);
    }
  }
}
