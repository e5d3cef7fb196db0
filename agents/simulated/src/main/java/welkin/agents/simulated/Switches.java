package welkin.agents.simulated;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import welkin.core.Fault;

/** Faults and delays as switches. While none is on, an operation pays one volatile read. */
final class Switches {
  static final Set<String> OPERATIONS =
      Set.of(
          "describe",
          "spawn",
          "destroy",
          "power",
          "instances",
          "instance",
          "consoleLog",
          "attachNic",
          "detachNic",
          "snapshot",
          "update",
          "diagnostics",
          "openDisks",
          "closeDisks",
          "adopt",
          "prepareIncoming",
          "migrateLive",
          "migration",
          "networkMoved",
          "abortMigration",
          "forceComplete",
          "completeIncoming");

  private record Failure(String host, Fault fault, boolean after) {}

  private final InstantSource clock;
  private final Map<String, Deque<Failure>> once = new HashMap<>();
  private final Map<String, Fault> always = new HashMap<>();
  private final Map<String, Duration> delays = new HashMap<>();
  private final Set<String> down = new java.util.HashSet<>();
  private volatile boolean any;

  Switches(InstantSource clock) {
    this.clock = clock;
  }

  static Fault standard(String operation) {
    return Fault.of(500, "SimulatedFault", "Simulated fault: " + operation + " failed on purpose.");
  }

  synchronized void failNext(String operation, String host, Fault fault, boolean after) {
    known(operation);
    once.computeIfAbsent(operation, o -> new ArrayDeque<>()).add(new Failure(host, fault, after));
    any = true;
  }

  synchronized void failAlways(String operation, Fault fault) {
    known(operation);
    always.put(operation, fault);
    any = true;
  }

  synchronized void delay(String operation, Duration by) {
    known(operation);
    delays.put(operation, by);
    any = true;
    notifyAll();
  }

  synchronized void host(String host, boolean up) {
    if (up) {
      down.remove(host);
    } else {
      down.add(host);
      any = true;
    }
  }

  synchronized boolean isDown(String host) {
    return down.contains(host);
  }

  synchronized void heal() {
    once.clear();
    always.clear();
    delays.clear();
    down.clear();
    any = false;
    notifyAll();
  }

  /** Before an operation: waits its delay, then fails if it is to fail without any effect. */
  void before(String operation, String host) {
    if (any) {
      slowBefore(operation, host);
    }
  }

  private synchronized void slowBefore(String operation, String host) {
    var delay = delays.get(operation);
    if (delay != null) {
      pause(operation, clock.instant().plus(delay));
    }
    if (down.contains(host)) {
      throw Fault.unavailable("Host '" + host + "' does not answer.", 5);
    }
    var fault = always.get(operation);
    if (fault != null) {
      throw fault;
    }
    take(operation, host, false);
  }

  /** After an operation: the work is done, and its answer may get lost. */
  void after(String operation, String host) {
    if (any) {
      synchronized (this) {
        take(operation, host, true);
      }
    }
  }

  private void take(String operation, String host, boolean after) {
    var queue = once.get(operation);
    if (queue == null) {
      return;
    }
    for (var i = queue.iterator(); i.hasNext(); ) {
      var f = i.next();
      if (f.after() == after && (f.host() == null || f.host().equals(host))) {
        i.remove();
        throw f.fault();
      }
    }
  }

  /** Waits until the clock says so; looks often, because a test may turn the clock by hand. */
  private void pause(String operation, Instant until) {
    try {
      while (delays.containsKey(operation)) {
        var left = Duration.between(clock.instant(), until).toMillis();
        if (left <= 0) {
          return;
        }
        TimeUnit.MILLISECONDS.timedWait(this, Math.min(left, 10));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fault.unavailable("The simulated host was interrupted.", 1);
    }
  }

  private static void known(String operation) {
    if (!OPERATIONS.contains(operation)) {
      throw new IllegalArgumentException(
          "no operation '" + operation + "', there are " + OPERATIONS);
    }
  }
}
