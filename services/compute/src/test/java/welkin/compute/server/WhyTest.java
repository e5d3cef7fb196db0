package welkin.compute.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WhyTest {
  private static final List<String> HOSTS = List.of("cpu-10.example.org", "cpu-10", "cpu-1");

  @Test
  void namesOfHostsAreLeftOut() {
    assertThat(Why.nameless("host cpu-1 was asked for", HOSTS)).isEqualTo("a host was asked for");
    assertThat(Why.nameless("the group is on [cpu-1, cpu-10.example.org]", HOSTS))
        .isEqualTo("the group is on [a host, a host]");
    assertThat(Why.nameless("it was tried: cpu-10 said no.", HOSTS))
        .isEqualTo("it was tried: a host said no.");
  }

  @Test
  void whatOnlyLooksLikeOneStays() {
    assertThat(Why.nameless("hw:cpu-1x must be 4", HOSTS)).isEqualTo("hw:cpu-1x must be 4");
    assertThat(Why.nameless("MEMORY_MB: 1 of 10 free", HOSTS)).isEqualTo("MEMORY_MB: 1 of 10 free");
  }

  @Test
  void whatAnOperatorWroteStaysWithOperators() {
    assertThat(Why.nameless("its compute service is disabled: rack 4 burns", HOSTS))
        .isEqualTo("its compute service is disabled");
  }
}
