package welkin.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.core.Secret;

class BusUrlTest {
  @Test
  void allPartsAreRead() {
    var url = BusUrl.parse("amqp://welkin:p%40ss%2B+w@control-1:5673/cloud%2Fone");
    assertThat(url)
        .isEqualTo(
            new BusUrl(
                false, null, "welkin", Secret.of("p@ss++w"), "control-1", 5673, "cloud/one"));
    assertThat(BusUrl.parse(url.reveal().reveal())).isEqualTo(url);
    assertThat(url.agentHost()).isNull();
  }

  @Test
  void whatIsLeftOutHasItsUsualValue() {
    for (var text : new String[] {"amqp://u:p@h", "amqp://u:p@h/", "amqp://u:p@h:5672/%2F"}) {
      assertThat(BusUrl.parse(text))
          .isEqualTo(new BusUrl(false, null, "u", Secret.of("p"), "h", 5672, "/"));
    }
    assertThat(BusUrl.parse("amqps://u:p@h").port()).isEqualTo(5671);
    assertThat(BusUrl.parse("amqps://u:p@h").tls()).isTrue();
  }

  @Test
  void anAgentIsKnownByItsUser() {
    assertThat(BusUrl.parse("amqp://agent-node-1.example.org:p@h").agentHost())
        .isEqualTo("node-1.example.org");
  }

  @Test
  void thePasswordIsNeverShown() {
    assertThat(BusUrl.parse("amqp://u:geheim@h/v")).hasToString("u@h:5672/v");
    for (var text :
        new String[] {
          "http://u:geheim@h", "amqp://geheim@h", "amqp://u:geheim@", "geheim", "a b"
        }) {
      assertThatThrownBy(() -> BusUrl.parse(text))
          .isInstanceOf(Fault.class)
          .hasMessageContaining("amqp://user:password@host:port/vhost")
          .hasMessageNotContaining("geheim");
    }
  }

  @Test
  void withoutABrokerItStaysInTheProcess() {
    for (var url : new String[] {null, "", "in-process"}) {
      try (var bus = Buses.open(url, InstantSource.system(), Ids.system())) {
        assertThat(bus).isInstanceOf(InProcessBus.class);
      }
    }
  }
}
