package welkin.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every row of keystone's own API table ({@code keystone-rows.tsv}: method, path, method of login,
 * success codes, tier) is served.
 */
class UpstreamRowsTest {
  @TempDir Path dir;

  @Test
  void everyRowIsServed() throws IOException {
    String table;
    try (var in = getClass().getResourceAsStream("keystone-rows.tsv")) {
      table = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    var missing = new TreeSet<String>();
    try (var cloud = new TestIdentity(dir)) {
      var admin = cloud.admin();
      for (var line : table.lines().toList()) {
        var row = line.split("\t", -1);
        var path = row[1].replaceAll("\\{[^}]*}", "none");
        if (row[0].equals("DELETE") && path.equals("/v3/auth/tokens")) {
          continue; // it would end the token this test uses; LoginTest has it
        }
        var said = cloud.call(row[0], path, admin, row[0].startsWith("P") ? "{}" : null);
        boolean served =
            said.status() != 405
                && !(said.status() == 404
                    && said.body().toString().contains("could not be found."));
        if (!served) {
          missing.add(row[0] + " " + row[1] + " " + said.status());
        }
      }
    }
    assertThat(missing).as("rows of keystone that nobody serves").isEmpty();
  }
}
