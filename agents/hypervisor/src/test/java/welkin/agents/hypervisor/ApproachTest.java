package welkin.agents.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When a guest that is being sent is said to be about to go. */
class ApproachTest {
  private static final long MIB = 1 << 20;
  private static final long FAST = 500 * MIB;

  @Test
  void aSmallGuestIsHeldFromTheBeginning() {
    var a = new Approach(0, 500);
    assertThat(a.pace()).as("before anything is known").isEqualTo(Approach.HOLD);
    a.saw(144 * MIB, 144 * MIB, 1, 0);
    assertThat(a.about()).isTrue();
    assertThat(a.pace()).isEqualTo(Approach.HOLD);
  }

  @Test
  void aLargeGuestIsSentFastUntilThePassNearsItsEnd() {
    var a = new Approach(0, 500);
    a.saw(8192 * MIB, 8000 * MIB, 1, FAST);
    assertThat(a.pace()).isEqualTo(Approach.UNLIMITED);
    assertThat(a.far()).isTrue();
    a.saw(8192 * MIB, 7900 * MIB, 1, FAST);
    a.saw(8192 * MIB, 290 * MIB, 1, FAST);
    assertThat(a.pace()).isLessThan(FAST);
    a.saw(8192 * MIB, 10 * MIB, 1, FAST);
    assertThat(a.about()).as("it may have changed much since").isFalse();
    a.saw(8192 * MIB, 200 * MIB, 2, FAST);
    assertThat(a.about()).isTrue();
  }

  @Test
  void aGuestThatChangesTooMuchIsNotAboutToGoAtTheEndOfAPass() {
    var a = new Approach(0, 500);
    a.saw(8192 * MIB, 8000 * MIB, 1, FAST);
    a.saw(8192 * MIB, 2000 * MIB, 2, FAST);
    a.saw(8192 * MIB, 10 * MIB, 2, FAST);
    assertThat(a.about()).isFalse();
    a.saw(8192 * MIB, 240 * MIB, 3, FAST);
    assertThat(a.about()).isTrue();
  }

  @Test
  void onASlowWayNoGuestIsSmall() {
    var a = new Approach(0, 500).at(2 * MIB);
    a.saw(144 * MIB, 80 * MIB, 1, 2 * MIB);
    assertThat(a.about()).isFalse();
    a.saw(144 * MIB, 4 * MIB, 2, 2 * MIB);
    assertThat(a.about()).isFalse();
    a.saw(144 * MIB, MIB / 2, 3, 2 * MIB);
    assertThat(a.about()).isTrue();
  }

  @Test
  void theLimitIsKept() {
    var a = new Approach(MIB, 20);
    a.saw(144 * MIB, 144 * MIB, 1, MIB);
    assertThat(a.pace()).isEqualTo(MIB);
    a.saw(144 * MIB, 10 * MIB, 1, MIB);
    assertThat(a.about()).isFalse();
    assertThat(a.pace()).isEqualTo(MIB);
  }
}
