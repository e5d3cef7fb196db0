package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Visits every row: guarded against callers without a token, and never at a loss for an answer. */
class RowsTest {
  @TempDir Path dir;

  private static final List<String> BODIES =
      List.of(
          "{}",
          "[]",
          "null",
          "7",
          "\"x\"",
          "{\"auth\":{\"identity\":{\"methods\":[null,{}]}}}",
          "{\"user\":null,\"project\":[],\"domain\":7}",
          "{\"user\":{\"name\":\"\\u0000\",\"options\":[1],\"password\":null}}",
          "{\"project\":{\"name\":\"p\",\"parent_id\":\"none\",\"tags\":[7],\"options\":{\"immutable\":3}}}",
          "{\"project\":{\"name\":\"p\",\"parent_id\":\"none\"}}",
          "{\"group\":{\"name\":\"g\",\"domain_id\":\"none\"}}",
          "{\"role\":{\"name\":\"r\",\"domain_id\":\"none\"}}",
          "{\"endpoint\":{\"interface\":\"public\",\"service_id\":\"\",\"url\":\"http://%(x)s\"}}",
          "{\"region\":{\"parent_region_id\":\"none\"}}",
          "{\"credential\":{\"type\":\"ec2\",\"blob\":\"[\",\"project_id\":\"none\"}}",
          "{\"tenant_id\":\"none\"}",
          "{\"limits\":[{}],\"registered_limits\":[7]}",
          "{\"application_credential\":{\"name\":\"a\",\"access_rules\":[{}]}}",
          "{\"application_credential\":{\"name\":\"a\",\"expires_at\":\"soon\",\"roles\":[{}]}}",
          "[".repeat(5000));

  @Test
  void everyRow() {
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      var softly = new SoftAssertions();
      int guarded = 0;
      for (var row : cloud.identity.apis().iterator().next().rows()) {
        for (var id : List.of("none", "%2e%2e%2f", "default", "%00", "x".repeat(300))) {
          var path = row.path().replaceAll("\\{[^}]*}", id);
          if (!row.isOpen()) {
            guarded++;
            softly
                .assertThat(cloud.call(row.method(), path, null, null).status())
                .as(row + " without a token")
                .isEqualTo(401);
          }
          if (row.path().equals("/v3/auth/tokens") && row.method().equals("DELETE")) {
            continue;
          }
          for (var body : BODIES) {
            var said =
                cloud.call(
                    row.method(),
                    path,
                    admin,
                    row.method().startsWith("P") ? body : null,
                    "x-subject-token",
                    "gAAAAA" + id);
            softly
                .assertThat(said.status())
                .as(row + " " + path + " " + body + " " + said.body())
                .isLessThan(500);
            if (!row.method().startsWith("P")) {
              break;
            }
          }
          admin = cloud.admin();
        }
      }
      softly.assertAll();
      assertThat(guarded).isGreaterThan(500);
    }
  }
}
