package welkin.compute.host;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.agents.contracts.HostReport;
import welkin.agents.contracts.InstanceAgent;
import welkin.bus.Bus;
import welkin.compute.scheduler.Placement;
import welkin.core.Fault;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Sql;
import welkin.workflow.ListeningClock;

/**
 * The compute hosts: who is there, alive, enabled and in which zone. All of it is in rows that
 * every process reads again each second. Workers hear the hosts, and write the signs of life of
 * many in one transaction; a host counts as down when somebody listened for a while and heard
 * nothing.
 */
public final class Hosts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Hosts.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration REFRESH = Duration.ofSeconds(1);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(20);

  /** The line of {@code uptime} is another one each time. */
  private static final Duration UPTIME_EVERY = Duration.ofMinutes(2);

  private static final String CLOCK = "compute hosts";

  private final Database database;
  private final Ids ids;
  private final Bus bus;
  private final Placement placement;
  private final Settings settings;

  /** The rows as of a second ago. */
  private final Map<String, Host> known = new ConcurrentHashMap<>();

  private volatile long reading;
  private final ReentrantLock refreshing = new ReentrantLock();

  /** Heard since the last transaction of {@link #write}. */
  private final Map<String, HostReport> heard = new ConcurrentHashMap<>();

  /** When this process wrote a host's report, in {@link System#nanoTime}. */
  private final Map<String, Long> reported = new ConcurrentHashMap<>();

  /** Hosts whose news this process works on. */
  private final Set<String> speaking = ConcurrentHashMap.newKeySet();

  /** Hosts of which this process told Placement once, in case it had forgotten. */
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  private final Semaphore bell = new Semaphore(0);
  private volatile String own;
  private volatile boolean closed;
  private Thread keeper;

  /**
   * @param downTime silence after which a host is down
   * @param defaultZone the zone of hosts in no aggregate that names one
   */
  public record Settings(
      Duration downTime,
      String defaultZone,
      double cpuRatio,
      double ramRatio,
      double diskRatio,
      int reservedRamMb,
      int reservedDiskMb) {}

  public Hosts(Database database, Ids ids, Bus bus, Placement placement, Settings settings) {
    this.database = database;
    this.ids = ids;
    this.bus = bus;
    this.placement = placement;
    this.settings = settings;
    refresh();
  }

  /** Begins to follow what other processes write. */
  public void follow() {
    keeper = Thread.ofVirtual().name("compute-hosts").start(this::keep);
  }

  /**
   * From now on this process hears the hosts; call once their reports reach it.
   *
   * @param hostname of this control host, whose own services are alive as long as it is
   */
  public void listen(String hostname, List<String> programs) {
    database.change(
        sql -> {
          long now = ListeningClock.tick(sql, CLOCK);
          programs.forEach(p -> HostStore.addService(sql, ids.uuid(), p, hostname, now));
          HostStore.ownSeen(sql, hostname, now);
        });
    own = hostname;
  }

  private void keep() {
    long wrote = System.nanoTime();
    boolean troubled = false;
    while (!closed) {
      try {
        boolean rung = bell.tryAcquire(REFRESH.toNanos(), TimeUnit.NANOSECONDS);
        bell.drainPermits();
        if (own != null
            && (rung || System.nanoTime() - wrote >= ListeningClock.EVERY.toNanos())
            && bus.trouble() == null) {
          write();
          wrote = System.nanoTime();
        }
        refresh();
        troubled = false;
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        if (!troubled && !closed) {
          log.warn("following hosts failed, again every second: {}", e.getMessage());
        }
        troubled = true;
      }
    }
  }

  /** Writes what was heard and reads what others wrote; done every few seconds by itself. */
  public void beat() {
    if (own != null && bus.trouble() == null) {
      write();
    }
    refresh();
  }

  /** Writes what was heard: one transaction, however many hosts spoke. */
  private void write() {
    var batch = Map.copyOf(heard);
    var reports = batch.values().stream().filter(this::mustWrite).toList();
    database.change(
        sql -> {
          long now = ListeningClock.tick(sql, CLOCK);
          HostStore.ownSeen(sql, own, now);
          HostStore.seen(sql, List.copyOf(batch.keySet()), now);
          HostStore.report(sql, reports);
        });
    reports.forEach(r -> reported.put(r.host(), System.nanoTime()));
    batch.forEach(heard::remove); // what came meanwhile stays for the next time
  }

  private boolean mustWrite(HostReport report) {
    var host = known.get(report.host());
    if (host == null || report.equals(host.report())) {
      return false;
    }
    var last = reported.get(report.host());
    var pause = report.saysTheSameAs(host.report()) ? UPTIME_EVERY : REPORT_EVERY;
    return last == null || System.nanoTime() - last > pause.toNanos();
  }

  /** Makes what is kept here what the rows say; done every second by itself. */
  void refresh() {
    refreshing.lock();
    try {
      var changed = new ArrayList<String>();
      database.read(
          sql -> {
            reading = ListeningClock.reading(sql, CLOCK);
            var there = new HashSet<String>();
            for (var pulse : HostStore.pulses(sql)) {
              there.add(pulse.host());
              var host = known.get(pulse.host());
              if (host != null && host.matches(pulse)) {
                known.put(pulse.host(), host.with(pulse));
              } else {
                changed.add(pulse.host());
              }
            }
            known.keySet().retainAll(there);
            HostStore.find(sql, changed).forEach(host -> known.put(host.host(), host));
            return null;
          });
    } finally {
      refreshing.unlock();
    }
  }

  private Host refresh(String host) {
    refreshing.lock();
    try {
      var row = database.read(sql -> HostStore.find(sql, host)).orElseThrow(() -> absent(host));
      known.put(host, row);
      return row;
    } finally {
      refreshing.unlock();
    }
  }

  private static Fault absent(String host) {
    return Fault.notFound("Compute host " + host + " could not be found.");
  }

  /** A sign of life: registers the host when it is new, and tells Placement what changed. */
  public void alive(HostReport report) {
    heard.put(report.host(), report);
    if (!speaking.add(report.host())) {
      return; // its sign of life before this one is still being worked on
    }
    try {
      var host = known.get(report.host());
      if (host == null) {
        host = register(report);
      } else if (!up(host)) {
        bell.release(); // it is back: others should know soon
      }
      tellPlacement(host, report);
    } finally {
      speaking.remove(report.host());
    }
  }

  private Host register(HostReport report) {
    // a provider of this name that outlived our own row keeps its id
    var uuid = placement.providerNamed(report.host()).orElseGet(ids::uuid);
    database.change(
        sql -> {
          long now = ListeningClock.reading(sql, CLOCK);
          HostStore.addService(sql, ids.uuid(), "nova-compute", report.host(), now);
          HostStore.addNode(sql, uuid, report);
          HostStore.seen(sql, List.of(report.host()), now);
        });
    log.info("compute host {} is here", report.host());
    return refresh(report.host());
  }

  /** Tells Placement what a host has, when that changed, and once after each start. */
  private void tellPlacement(Host host, HostReport report) {
    var state =
        Digest.of(
            report.vcpus()
                + "/"
                + report.memoryMb()
                + "/"
                + report.diskGb()
                + report.traits()
                + settings);
    if (state.equals(host.told()) && told.contains(host.host())) {
      return;
    }
    var inventory = new HashMap<String, Placement.Inventory>();
    inventory.put(
        "VCPU", new Placement.Inventory(report.vcpus(), 0, settings.cpuRatio(), report.vcpus()));
    inventory.put(
        "MEMORY_MB",
        new Placement.Inventory(
            report.memoryMb(),
            Math.min(settings.reservedRamMb(), report.memoryMb() - 1),
            settings.ramRatio(),
            report.memoryMb()));
    if (report.diskGb() > 0) {
      inventory.put(
          "DISK_GB",
          new Placement.Inventory(
              report.diskGb(),
              (settings.reservedDiskMb() + 1023) / 1024,
              settings.diskRatio(),
              report.diskGb()));
    }
    try {
      placement.register(host.nodeUuid(), host.host(), inventory, report.traits());
    } catch (Fault f) {
      if (f.status() == 409) {
        return; // another process tells it right now; the next sign of life shows how that went
      }
      throw f;
    }
    told.add(host.host());
    if (!state.equals(host.told())) {
      database.change(sql -> HostStore.told(sql, host.host(), state));
      refresh(host.host());
    }
  }

  /** All hosts, oldest first. */
  public List<Host> list() {
    var all = new ArrayList<>(known.values());
    all.sort(Comparator.comparingLong(Host::nodeId));
    return all;
  }

  public Optional<Host> find(String host) {
    return Optional.ofNullable(host == null ? null : known.get(host));
  }

  /** Whether a host was heard from lately and nobody forced it down. */
  public boolean up(Host host) {
    return !host.forcedDown() && heardLately(host.heard());
  }

  /** Whether something heard at a reading of the listening clock is alive. */
  public boolean heardLately(long at) {
    return reading - at <= settings.downTime().toNanos() / 1_000;
  }

  public boolean up(String host) {
    return find(host).map(this::up).orElse(false);
  }

  /** The same by the rows of this moment: another process may have told its client already. */
  public boolean upNow(String host) {
    if (!up(host)) {
      return false;
    }
    refresh();
    return up(host);
  }

  /** For how many seconds somebody listened to a host in vain. */
  public long silence(Host host) {
    return Math.max(0, reading - host.heard()) / 1_000_000;
  }

  /** Counts how builds go on a host; the scheduler keeps away from where they fail. */
  public void built(String host, boolean well) {
    if (!well || find(host).map(h -> h.buildFailures() > 0).orElse(false)) {
      database.change(sql -> HostStore.built(sql, host, well));
      refresh(host);
    }
  }

  /** The agent of a host; calls fail with 503 when none answers. */
  public InstanceAgent agent(String host) {
    return bus.client(InstanceAgent.class, host);
  }

  /**
   * {@link #agent}, whose calls wait a while when the host is up but its agent does not answer yet:
   * both may just be starting.
   */
  public InstanceAgent agentSoon(String host) {
    return agent(host, up(host));
  }

  /** {@link #agentSoon}, for a host that is down by word but was heard lately too. */
  public InstanceAgent agentHeard(String host) {
    return agent(host, find(host).map(this::heard).orElse(false));
  }

  private InstanceAgent agent(String host, boolean patient) {
    return bus.client(InstanceAgent.class, host, patient ? PATIENCE : Duration.ZERO);
  }

  /** Whether a host was heard from lately, though it may be forced down. */
  public boolean heard(Host host) {
    return heardLately(host.heard());
  }

  public String defaultZone() {
    return settings.defaultZone();
  }

  /**
   * What aggregates say of hosts.
   *
   * @param zones by host
   * @param metadata by host, every value of each key
   */
  public record Aggregates(
      Map<String, String> zones, Map<String, Map<String, Set<String>>> metadata) {}

  public Aggregates aggregates(Sql sql) {
    var rows = HostStore.aggregates(sql);
    return new Aggregates(zones(rows), metadata(rows));
  }

  /** The zone of each host that an aggregate puts into one; the others are in the default zone. */
  public Map<String, String> zones(Sql sql) {
    return zones(HostStore.aggregates(sql));
  }

  private static Map<String, String> zones(List<Map.Entry<List<String>, Map<String, String>>> of) {
    var zones = new HashMap<String, String>();
    for (var aggregate : of) {
      var zone = aggregate.getValue().get("availability_zone");
      if (zone != null) {
        aggregate.getKey().forEach(h -> zones.put(h, zone));
      }
    }
    return zones;
  }

  /** What the aggregates of each host say: every value of each key. */
  private static Map<String, Map<String, Set<String>>> metadata(
      List<Map.Entry<List<String>, Map<String, String>>> aggregates) {
    var out = new HashMap<String, Map<String, Set<String>>>();
    for (var aggregate : aggregates) {
      for (var host : aggregate.getKey()) {
        var of = out.computeIfAbsent(host, h -> new HashMap<>());
        aggregate
            .getValue()
            .forEach((k, v) -> of.computeIfAbsent(k, x -> new java.util.TreeSet<>()).add(v));
      }
    }
    return out;
  }

  public Map<String, String> zones() {
    return database.read(this::zones);
  }

  /** Changes a compute service's columns: {@code disabled, disabled_reason, forced_down}. */
  public Host change(Host host, Map<String, ?> columns) {
    database.change(sql -> HostStore.setService(sql, host.serviceId(), columns));
    return refresh(host.host());
  }

  /**
   * Forgets a host that has no servers.
   *
   * @throws Fault 409 while it has
   */
  public void forget(Host host, Collection<?> servers) {
    if (!servers.isEmpty()) {
      throw Fault.conflict(
          "Unable to delete compute service that is hosting instances. Migrate or delete the"
              + " instances first.");
    }
    placement.forget(host.nodeUuid());
    database.change(sql -> HostStore.deleteHost(sql, host.host()));
    told.remove(host.host());
    refresh();
  }

  @Override
  public void close() {
    closed = true;
    if (keeper != null) {
      keeper.interrupt();
    }
  }
}
