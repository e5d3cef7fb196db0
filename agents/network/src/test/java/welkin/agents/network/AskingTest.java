package welkin.agents.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import welkin.core.Fault;

/** When the agent asks what changed. */
class AskingTest {
  private int asked;
  private boolean trouble;
  private boolean answers = true;
  private long seconds = 7;
  private final Asking asking =
      new Asking(this::ask, () -> trouble, () -> TimeUnit.SECONDS.toNanos(seconds));

  private void ask() {
    asked++;
    if (!answers) {
      throw Fault.unavailable("nobody answers", 1);
    }
  }

  @Test
  void onceAtFirstThenAfterEachPoke() {
    asking.look();
    asking.look();
    assertThat(asked).isEqualTo(1);
    asking.soon();
    asking.look();
    asking.look();
    assertThat(asked).isEqualTo(2);
  }

  @Test
  void againWhenThereWasNoAnswer() {
    answers = false;
    assertThatThrownBy(asking::look).isInstanceOf(Fault.class);
    assertThatThrownBy(asking::look).isInstanceOf(Fault.class);
    answers = true;
    asking.look();
    asking.look();
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void againAfterTheBusWasInTrouble() {
    asking.look();
    trouble = true;
    answers = false;
    assertThatThrownBy(asking::look).isInstanceOf(Fault.class);
    trouble = false;
    answers = true;
    asking.look();
    asking.look();
    assertThat(asked).isEqualTo(3);
  }

  @Test
  void nowAndThen() {
    asking.look();
    seconds += 60;
    asking.look();
    assertThat(asked).isEqualTo(1);
    seconds++;
    asking.look();
    asking.look();
    assertThat(asked).isEqualTo(2);
  }
}
