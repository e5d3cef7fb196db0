package welkin.network.host;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

  /** How long changes of networks and groups gather, at least, before their hosts hear of them. */
  private static final long GATHER_MILLIS = 25;

  /** How long hosts are left alone after they heard of such changes, for each of them too. */
  private static final long PAUSE_MILLIS = 225;

  private static final long PAUSE_MILLIS_PER_HOST = 2;

  /** How long a host takes, mostly, from a poke until its tables are changed. */
  private static final long TURN_MILLIS = 100;

  private final Database database;
  private final Bus bus;
  private final HostLog hostLog;
  private final AtomicBoolean gathering = new AtomicBoolean();

  /** Networks and groups whose hosts are to hear, and when they changed last, at the latest. */
  private final Map<HostLog.Shared, Long> changed = new ConcurrentHashMap<>();

  /** When what hosts were answered last, by this process, was read at the earliest. */
  private final Map<String, Long> asked = new ConcurrentHashMap<>();

  /** Not before then are hosts told again, in {@link System#nanoTime}. */
  private volatile long nextTelling = System.nanoTime();

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

  void poke(String host) {
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

  /** The first change after a while is told soon; the more hosts heard, the longer others wait. */
  private void gather(HostLog.Shared shared) {
    changed.put(shared, System.nanoTime());
    if (timer != null && gathering.compareAndSet(false, true)) {
      long wait = TimeUnit.NANOSECONDS.toMillis(nextTelling - System.nanoTime());
      later(
          Math.max(GATHER_MILLIS, wait),
          () -> {
            gathering.set(false);
            tell();
          });
    }
  }

  /**
   * A host was answered.
   *
   * @param began when reading what it was told began, in {@link System#nanoTime}: it knows what was
   *     committed before
   */
  void answered(String host, long began) {
    asked.merge(host, began, (a, b) -> b - a > 0 ? b : a);
  }

  /** Pokes every host that has something of what changed, once, unless it has asked since. */
  private void tell() {
    var networks = new HashMap<String, Long>();
    var groups = new HashMap<String, Long>();
    for (var shared : List.copyOf(changed.keySet())) {
      (shared.network() ? networks : groups).put(shared.id(), changed.remove(shared));
    }
    var hosts = new HashSet<String>();
    database.read(
        sql -> {
          behind(SharedStore.hostsOfNetworks(sql, networks.keySet()), networks, hosts);
          behind(SharedStore.hostsOfGroups(sql, groups.keySet()), groups, hosts);
          return null;
        });
    hosts.forEach(this::poke);
    long pause = PAUSE_MILLIS + PAUSE_MILLIS_PER_HOST * hosts.size();
    nextTelling = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pause);
  }

  private void behind(Set<SharedStore.Held> held, Map<String, Long> changed, Set<String> hosts) {
    for (var h : held) {
      var last = asked.get(h.host());
      if (last == null || last - changed.get(h.object()) <= 0) {
        hosts.add(h.host());
      }
    }
  }

  /** Takes over what the release before this one noted of whole networks and groups. */
  void spread() {
    if (database.read(HostStore::anyDirty)) {
      database.tx(hostLog::spread);
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
