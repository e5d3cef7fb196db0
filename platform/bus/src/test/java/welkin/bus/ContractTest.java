package welkin.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import welkin.bus.Contract.Kind;

class ContractTest {
  interface Some {
    String call();

    @Within(seconds = 5)
    void quick();

    @Cast
    void cast();

    @Cast(validSeconds = 10)
    void alive();

    @FanOut
    void look();
  }

  interface Overloaded {
    void a();

    void a(String s);
  }

  interface Answering {
    @Cast
    String a();
  }

  @Test
  void howAMethodIsSentStandsWhereItIsDeclared() {
    var some = Contract.of(Some.class).operations();
    assertThat(some.get("call").kind()).isEqualTo(Kind.CALL);
    assertThat(some.get("call").limit()).isEqualTo(Duration.ofMinutes(30));
    assertThat(some.get("quick").limit()).isEqualTo(Duration.ofSeconds(5));
    assertThat(some.get("cast").kind()).isEqualTo(Kind.CAST);
    assertThat(some.get("alive").kind()).isEqualTo(Kind.SIGN);
    assertThat(some.get("alive").limit()).isEqualTo(Duration.ofSeconds(10));
    assertThat(some.get("look").kind()).isEqualTo(Kind.FAN_OUT);
  }

  @Test
  void whatCannotBeAContractIsRefusedWhenItIsOffered() {
    try (var bus = new InProcessBus()) {
      assertThatThrownBy(() -> bus.offer(String.class, "", "")).hasMessageContaining("interface");
      assertThatThrownBy(() -> bus.client(Overloaded.class, ""))
          .hasMessageContaining("two methods named a");
      assertThatThrownBy(() -> bus.client(Answering.class, ""))
          .hasMessageContaining("nobody waits");
    }
  }
}
