package welkin.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PeriodicTest {
  @Test
  void goesOnAfterAFailureAndEndsWhenClosed() throws InterruptedException {
    var turns = new AtomicInteger();
    var third = new CountDownLatch(3);
    try (var periodic =
        Periodic.every(
            Duration.ofMillis(1),
            "test",
            () -> {
              int turn = turns.incrementAndGet();
              third.countDown();
              if (turn == 2) {
                throw new IllegalStateException("for once");
              }
            })) {
      assertThat(periodic).isNotNull();
      assertThat(third.await(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(turns.get()).isGreaterThanOrEqualTo(3);
  }
}
