package welkin.compute.host;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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

/**
 * The compute hosts: who is there, alive, enabled and in which zone. Signs of life are kept in
 * memory and written now and then; a host counts as down when none came for a while.
 */
public final class Hosts {
  private static final Logger log = LoggerFactory.getLogger(Hosts.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Duration WRITE_EVERY = Duration.ofSeconds(20);

  private final Database database;
  private final InstantSource clock;
  private final Ids ids;
  private final Bus bus;
  private final Placement placement;
  private final Settings settings;
  private final Map<String, Host> known = new ConcurrentHashMap<>();
  private final Map<String, Instant> written = new ConcurrentHashMap<>();

  private final Set<String> speaking = ConcurrentHashMap.newKeySet();

  /** What of each host Placement was told last. */
  private final Map<String, String> told = new ConcurrentHashMap<>();

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

  public Hosts(
      Database database,
      InstantSource clock,
      Ids ids,
      Bus bus,
      Placement placement,
      Settings settings) {
    this.database = database;
    this.clock = clock;
    this.ids = ids;
    this.bus = bus;
    this.placement = placement;
    this.settings = settings;
    reload();
  }

  private void reload() {
    for (var host : database.read(HostStore::list)) {
      known.put(host.host(), host);
    }
  }

  /** A sign of life: registers the host when it is new, and tells Placement what changed. */
  public void alive(HostReport report) {
    if (!speaking.add(report.host())) {
      return; // its sign of life before this one is still being worked on
    }
    try {
      hear(report);
    } finally {
      speaking.remove(report.host());
    }
  }

  private void hear(HostReport report) {
    var now = clock.instant();
    var host = known.get(report.host());
    if (host == null) {
      register(report, now);
    } else {
      known.computeIfPresent(report.host(), (k, h) -> h.seen(now, report));
      var last = written.get(report.host());
      if (last == null || now.isAfter(last.plus(WRITE_EVERY))) {
        written.put(report.host(), now);
        database.change(sql -> HostStore.seen(sql, report, now));
      }
    }
    tellPlacement(report);
  }

  private void register(HostReport report, Instant now) {
    // a provider of this name that outlived our own row keeps its id
    var uuid = placement.providerNamed(report.host()).orElseGet(ids::uuid);
    database.change(
        sql -> {
          HostStore.addService(sql, ids.uuid(), "nova-compute", report.host(), now);
          HostStore.addNode(sql, uuid, report, now);
        });
    written.put(report.host(), now);
    known.put(
        report.host(), database.read(sql -> HostStore.find(sql, report.host())).orElseThrow());
    log.info("compute host {} is here", report.host());
  }

  private void tellPlacement(HostReport report) {
    var state = report.vcpus() + "/" + report.memoryMb() + "/" + report.diskGb() + report.traits();
    if (state.equals(told.get(report.host()))) {
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
    placement.register(
        known.get(report.host()).nodeUuid(), report.host(), inventory, report.traits());
    told.put(report.host(), state);
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
    return !host.forcedDown()
        && host.seenAt() != null
        && host.seenAt().plus(settings.downTime()).isAfter(clock.instant());
  }

  public boolean up(String host) {
    return find(host).map(this::up).orElse(false);
  }

  /** Seconds since a host was heard from. */
  public long silence(Host host) {
    return host.seenAt() == null
        ? Long.MAX_VALUE
        : Duration.between(host.seenAt(), clock.instant()).toSeconds();
  }

  /** The agent of a host; calls fail with 503 when none answers. */
  public InstanceAgent agent(String host) {
    return bus.client(InstanceAgent.class, host);
  }

  /**
   * {@link #agent}, after waiting a while for it when the host is up but its agent does not answer
   * yet: both may just be starting.
   */
  public InstanceAgent agentSoon(String host) {
    if (up(host)) {
      bus.awaitHost(InstanceAgent.class, host, PATIENCE);
    }
    return agent(host);
  }

  public String defaultZone() {
    return settings.defaultZone();
  }

  /** The zone of each host that an aggregate puts into one; the others are in the default zone. */
  public Map<String, String> zones(Sql sql) {
    var zones = new HashMap<String, String>();
    for (var aggregate : HostStore.aggregates(sql)) {
      var zone = aggregate.getValue().get("availability_zone");
      if (zone != null) {
        aggregate.getKey().forEach(h -> zones.put(h, zone));
      }
    }
    return zones;
  }

  public Map<String, String> zones() {
    return database.read(this::zones);
  }

  /** Changes a compute service's columns: {@code disabled, disabled_reason, forced_down}. */
  public Host change(Host host, Map<String, ?> columns) {
    database.change(sql -> HostStore.setService(sql, host.serviceId(), clock.instant(), columns));
    var changed = database.read(sql -> HostStore.find(sql, host.host())).orElseThrow();
    known.put(
        host.host(),
        new Host(
            changed.host(),
            changed.nodeId(),
            changed.nodeUuid(),
            changed.serviceId(),
            changed.serviceUuid(),
            changed.disabled(),
            changed.disabledReason(),
            changed.forcedDown(),
            known.get(host.host()).seenAt(),
            changed.createdAt(),
            changed.updatedAt(),
            known.get(host.host()).report()));
    return known.get(host.host());
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
    known.remove(host.host());
    told.remove(host.host());
  }

  /** Registers the services this process plays. */
  public void registerOwn(String hostname, List<String> programs) {
    database.change(
        sql ->
            programs.forEach(
                p -> HostStore.addService(sql, ids.uuid(), p, hostname, clock.instant())));
  }
}
