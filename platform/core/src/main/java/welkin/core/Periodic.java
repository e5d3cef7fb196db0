package welkin.core;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that is done again and again at a fixed pace, on a virtual thread of its own, until closed.
 * What fails is told once, tried again at the next turn, and told again only after it went well in
 * between.
 */
public final class Periodic implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Periodic.class);

  private final String name;
  private final Duration pace;
  private final Runnable work;
  private final Thread thread;
  private volatile boolean closed;

  private Periodic(String name, Duration pace, Runnable work) {
    this.name = name;
    this.pace = pace;
    this.work = work;
    thread = Thread.ofVirtual().name(name).unstarted(this::run);
  }

  /** Begins; the first turn is one pace from now. */
  public static Periodic every(Duration pace, String name, Runnable work) {
    var made = new Periodic(name, pace, work);
    made.thread.start();
    return made;
  }

  private void run() {
    boolean troubled = false;
    while (!closed) {
      try {
        Thread.sleep(pace);
        work.run();
        troubled = false;
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!troubled && !closed) {
          log.warn("{} failed, again in {} s: {}", name, pace.toMillis() / 1000.0, e.getMessage());
        }
        troubled = true;
      }
    }
  }

  /** Ends it; a turn under way is interrupted where it waits. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
