package welkin.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SecretsTest {
  @Test
  void aSecretCanBeGivenToACommand() {
    var some = Stream.generate(() -> Secrets.generate().reveal()).limit(2_000).toList();
    assertThat(some)
        .doesNotHaveDuplicates()
        .allMatch(s -> s.matches("[A-Za-z0-9_][A-Za-z0-9_-]{31}"));
  }
}
