package welkin.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class RegexTest {
  private static boolean find(String regex, String text) {
    return Regex.find(Regex.compile(regex, 0), text);
  }

  @Test
  void whatIsFoundIsFound() {
    assertThat(find("^.*@example[.]org$", "ann@example.org")).isTrue();
    assertThat(find("b+(?=c)", "abbc")).isTrue();
    assertThat(find("^b", "abc")).isFalse();
    assertThat(find("x", "y".repeat(1_000_000))).isFalse();
  }

  @Test
  void bombsEndSoon() {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (var bomb :
              List.of("(a+)+$", "(a|aa)+$", "(.*a){25}$", "([a-z]+)*\\1$", "(a|b|ab)*c")) {
            for (var text : List.of("a".repeat(60) + "!", "ab".repeat(100_000) + "!")) {
              try {
                assertThat(find(bomb, text)).as(bomb).isFalse();
              } catch (Fault refused) {
                assertThat(refused.status()).isEqualTo(400);
                assertThat(refused).hasMessageContaining("too long");
              }
            }
          }
        });
    assertThatThrownBy(() -> find("([a-z]+)*\\1$", "a".repeat(60) + "!")).isInstanceOf(Fault.class);
  }

  @Test
  void anExpressionTooLongOrDeepIsNone() {
    assertThatThrownBy(() -> Regex.compile("(".repeat(2000) + ")".repeat(2000), 0))
        .isInstanceOfAny(PatternSyntaxException.class, AssertionError.class);
    assertThatThrownBy(() -> Regex.compile("a".repeat(5000), 0))
        .isInstanceOf(PatternSyntaxException.class);
  }
}
