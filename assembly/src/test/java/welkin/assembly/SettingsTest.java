package welkin.assembly;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** {@code ./welkin settings}. */
class SettingsTest {
  private static String listed(String word, int status) {
    var out = new ByteArrayOutputStream();
    assertThat(
            Settings.print(
                Options.ofAllServices(), word, new PrintStream(out, true, StandardCharsets.UTF_8)))
        .isEqualTo(status);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everyOptionOfEveryServiceIsListedWithItsSentence() {
    assertThat(listed(null, 0))
        .startsWith("admin_password: (none)\n")
        .contains("\nroles: all\n    What this process plays")
        .contains("\ntoken.expiration: 3600\n    Seconds a token is good for")
        .contains("\nquota.driver: local\n")
        .contains("\nquotas.driver: local\n");
    assertThat(Options.ofAllServices()).allMatch(k -> !k.help().isBlank());
    assertThat(Options.ofAllServices().stream().map(k -> k.name()).toList())
        .doesNotHaveDuplicates();
  }

  @Test
  void aWordNarrowsThem() {
    assertThat(listed("LOCKOUT", 0))
        .contains("security_compliance.lockout_duration")
        .doesNotContain("token.expiration");
    assertThat(listed("nobody has this", 1)).contains("no option has");
  }
}
