package welkin.agents.network;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one pass at a time: when woken (wakes during a pass make one more), and after a while
 * anyway. A pass that fails is logged once per reason and tried again.
 */
final class Loop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private final String name;
  private final Duration every;
  private final Pass pass;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean woken = true;
  private boolean closed;
  private String lastFailure = "";
  private Thread thread;

  interface Pass {
    void run() throws Exception;
  }

  Loop(String name, Duration every, Pass pass) {
    this.name = name;
    this.every = every;
    this.pass = pass;
  }

  Loop start() {
    thread = Thread.ofVirtual().name(name).start(this::run);
    return this;
  }

  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (await()) {
      try {
        pass.run();
        lastFailure = "";
      } catch (InterruptedException e) {
        return;
      } catch (Exception e) {
        var why = String.valueOf(e.getMessage());
        if (!why.equals(lastFailure)) {
          log.warn("{}: {}, will retry", name, why, e);
          lastFailure = why;
        }
      }
    }
  }

  private boolean await() {
    lock.lock();
    try {
      var left = every.toNanos();
      while (!woken && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      woken = false;
      return !closed;
    } catch (InterruptedException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a pass under way. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (thread != null) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(30));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
