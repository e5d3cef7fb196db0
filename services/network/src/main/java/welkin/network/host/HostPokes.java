package welkin.network.host;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.NetworkAgent;
import welkin.bus.Bus;
import welkin.core.Fault;
import welkin.store.Database;

/** The pokes that make hosts ask: at once, in turn, or many changes gathered into one. */
public final class HostPokes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HostPokes.class);

  /** How long changes of whole networks and groups gather before hosts hear of them. */
  private static final long GATHER_MILLIS = 250;

  /** How long a host takes, mostly, from a poke until its tables are changed. */
  private static final long TURN_MILLIS = 100;

  private final Database database;
  private final Bus bus;
  private final HostLog hostLog;
  private final AtomicBoolean gathering = new AtomicBoolean();

  /** How many hosts heard the last time: the more there are, the more changes gather for them. */
  private volatile int lastSpread;

  private ScheduledExecutorService timer;

  public HostPokes(Database database, Bus bus, HostLog hostLog) {
    this.database = database;
    this.bus = bus;
    this.hostLog = hostLog;
    hostLog.wire(this::poke, this::pokeInTurn, this::gather);
  }

  /** From now on changes gather, and hosts hear in turn. */
  public void start() {
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("network-hosts").factory());
  }

  @Override
  public void close() {
    if (timer != null) {
      timer.shutdownNow();
    }
  }

  private void poke(String host) {
    try {
      bus.client(NetworkAgent.class, host).poke();
    } catch (Fault away) {
      // it asks by itself when it is back
    }
  }

  private void pokeInTurn(List<List<String>> turns) {
    for (int i = 0; i < turns.size(); i++) {
      var hosts = turns.get(i);
      if (i == 0 || timer == null) {
        hosts.forEach(this::poke);
      } else if (!hosts.isEmpty()) {
        later(i * TURN_MILLIS, () -> hosts.forEach(this::poke));
      }
    }
  }

  private void gather() {
    if (timer != null && gathering.compareAndSet(false, true)) {
      later(
          GATHER_MILLIS + lastSpread,
          () -> {
            gathering.set(false);
            spread();
          });
    }
  }

  /** Turns what was noted for whole networks and groups into notes for hosts. */
  void spread() {
    if (database.read(HostStore::anyDirty)) {
      lastSpread = database.tx(hostLog::spread);
    }
  }

  void later(long millis, Runnable work) {
    try {
      timer.schedule(quietly(work), millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      // it is noted in rows: another process does it, or the next start
    }
  }

  void every(long seconds, Runnable work) {
    timer.scheduleWithFixedDelay(quietly(work), 0, seconds, TimeUnit.SECONDS);
  }

  private static Runnable quietly(Runnable work) {
    return () -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        log.warn("work for hosts failed; it is done again", e);
      }
    };
  }
}
