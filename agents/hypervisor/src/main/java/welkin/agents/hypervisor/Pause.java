package welkin.agents.hypervisor;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waiting between two looks at something that gives no sign of its own. */
final class Pause {
  private Pause() {}

  static void briefly(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }
}
