package welkin.network.agent;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.core.Json;
import welkin.core.Periodic;
import welkin.network.resource.Journal;
import welkin.store.Database;
import welkin.store.Sql;
import welkin.store.Times;
import welkin.workflow.ListeningClock;

/**
 * The agents hosts play. They are rows that every process of this service reads again each second.
 * Workers hear the hosts, and write the signs of life of many in one transaction; an agent counts
 * as dead when somebody listened for a while and heard nothing.
 */
public final class Agents implements AutoCloseable {

  /** What an agent does. */
  public enum Role {
    L2,
    L3,
    DHCP,
    METADATA,
    METERING;

    static Role of(String type) {
      return switch (type) {
        case "L3 agent" -> L3;
        case "DHCP agent" -> DHCP;
        case "Metadata agent" -> METADATA;
        case "Metering agent" -> METERING;
        default -> L2;
      };
    }
  }

  /**
   * One agent of a host.
   *
   * @param heartbeat its last sign of life, in microseconds since the epoch of the database's clock
   * @param heard the same by the clock that runs while somebody listens, in microseconds
   * @param stamp counted up when anything but these two changes
   */
  record Agent(
      String id,
      String type,
      String binary,
      String host,
      boolean adminUp,
      String description,
      String configurations,
      String createdAt,
      String startedAt,
      long heartbeat,
      long heard,
      long stamp) {
    Agent with(Pulse p) {
      return said(configurations, startedAt, p.heartbeat, p.heard);
    }

    Agent said(String text, String started, long beat, long listened) {
      return new Agent(
          id,
          type,
          binary,
          host,
          adminUp,
          description,
          text,
          createdAt,
          started,
          beat,
          listened,
          stamp);
    }

    Role role() {
      return Role.of(type);
    }
  }

  /** What of an agent changes often. */
  record Pulse(String id, long heartbeat, long heard, long stamp) {}

  /**
   * What all agents together say: thousands of rows are read again when they say something else
   * than what is kept here.
   *
   * @param heartbeats the sum of what is left of each when divided by {@link #BELOW}, as of {@code
   *     heards}: their own sum would be larger than any number
   */
  record Sum(long agents, long stamps, long heartbeats, long heards) {
    static final long BELOW = 1_000_000_007;

    static Sum of(Collection<Agent> all) {
      long stamps = 0;
      long heartbeats = 0;
      long heards = 0;
      for (var a : all) {
        stamps += a.stamp;
        heartbeats += a.heartbeat % BELOW;
        heards += a.heard % BELOW;
      }
      return new Sum(all.size(), stamps, heartbeats, heards);
    }
  }

  private static final String CLOCK = "network agents";
  private static final long SECOND = 1_000_000;
  private static final Duration REFRESH = Duration.ofSeconds(1);

  /** What an agent tells of itself is not written more often, but for its tunnel address. */
  private static final Duration TELL_EVERY = Duration.ofSeconds(30);

  /** An agent silent for longer is taken for dead, in microseconds. */
  private final long downAfter;

  private final Database database;
  private final Journal journal;

  /** The rows as of a second ago. */
  private final Map<String, Agent> byId = new ConcurrentHashMap<>();

  /** Host to type to agent: the same. */
  private final Map<String, Map<String, Agent>> byHost = new ConcurrentHashMap<>();

  /** Host to tunnel address, of every host that told one. */
  private final Map<String, String> tunnels = new ConcurrentHashMap<>();

  private volatile long reading;
  private final ReentrantLock refreshing = new ReentrantLock();

  /** Heard since the last transaction of {@link #write}. */
  private final Set<String> heard = ConcurrentHashMap.newKeySet();

  /** What agents told of themselves since then: id to text. */
  private final Map<String, String> said = new ConcurrentHashMap<>();

  /** When this process wrote what an agent told, in {@link System#nanoTime}. */
  private final Map<String, Long> written = new ConcurrentHashMap<>();

  /** Agents with something to give away that lived when {@link #died} was asked last. */
  private Set<String> living = Set.of();

  private BooleanSupplier listens = () -> false;
  private long wrote;
  private Periodic keeper;

  /**
   * @param downSeconds an agent silent for longer is taken for dead
   */
  public Agents(Database database, Journal journal, int downSeconds) {
    this.database = database;
    this.journal = journal;
    this.downAfter = downSeconds * SECOND;
    refresh();
  }

  /**
   * Begins to follow what other processes write.
   *
   * @param listening whether signs of life reach this process now
   */
  public void follow(BooleanSupplier listening) {
    listens = listening;
    wrote = System.nanoTime() - ListeningClock.EVERY.toNanos();
    keeper = Periodic.every(REFRESH, "following network agents", this::keep);
  }

  private void keep() {
    if (System.nanoTime() - wrote >= ListeningClock.EVERY.toNanos()) {
      beat();
      wrote = System.nanoTime();
    } else {
      refresh();
    }
  }

  /** Writes what was heard and reads what others wrote; done every few seconds by itself. */
  public void beat() {
    if (listens.getAsBoolean()) {
      write();
    }
    refresh();
  }

  /** One transaction, however many agents spoke. */
  private void write() {
    var batch = List.copyOf(heard);
    var texts = Map.copyOf(said);
    database.change(
        sql -> {
          long now = ListeningClock.tick(sql, CLOCK);
          AgentStore.seen(sql, batch, Times.micros(sql.now()), now);
          AgentStore.said(sql, texts);
        });
    batch.forEach(heard::remove);
    texts.forEach(
        (id, text) -> {
          said.remove(id, text);
          written.put(id, System.nanoTime());
        });
  }

  /** Makes what is kept here what the rows say; done every second by itself. */
  private void refresh() {
    refreshing.lock();
    try {
      database.read(
          sql -> {
            reading = ListeningClock.reading(sql, CLOCK);
            if (isKept(sql)) {
              return null;
            }
            long last = byId.values().stream().mapToLong(Agent::heartbeat).max().orElse(0);
            take(sql, AgentStore.pulses(sql, last));
            if (!isKept(sql)) { // others changed, or went
              var all = AgentStore.pulses(sql);
              take(sql, all);
              var there = all.stream().map(Pulse::id).collect(Collectors.toSet());
              byId.values().stream()
                  .filter(a -> !there.contains(a.id))
                  .toList()
                  .forEach(this::drop);
            }
            return null;
          });
    } finally {
      refreshing.unlock();
    }
  }

  private boolean isKept(Sql sql) {
    return AgentStore.sum(sql).equals(Sum.of(byId.values()));
  }

  private void take(Sql sql, List<Pulse> pulses) {
    var others = new ArrayList<String>();
    for (var pulse : pulses) {
      var known = byId.get(pulse.id);
      if (known == null || known.stamp != pulse.stamp) {
        others.add(pulse.id);
      } else if (known.heard != pulse.heard || known.heartbeat != pulse.heartbeat) {
        keep(known.with(pulse));
      }
    }
    AgentStore.all(sql, others).forEach(this::keep);
  }

  private void keep(Agent a) {
    var before = byId.put(a.id, a);
    byHost.computeIfAbsent(a.host, h -> new ConcurrentHashMap<>()).put(a.type, a);
    if (a.role() == Role.L2 && (before == null || before.stamp != a.stamp)) {
      var tunnel = tunnel(a.configurations);
      if (tunnel.isEmpty()) {
        tunnels.remove(a.host);
      } else {
        tunnels.put(a.host, tunnel);
      }
    }
  }

  private void drop(Agent a) {
    byId.remove(a.id);
    byHost.getOrDefault(a.host, Map.of()).remove(a.type, a);
    if (a.role() == Role.L2) {
      tunnels.remove(a.host);
    }
  }

  private Stream<Agent> stream() {
    return byId.values().stream();
  }

  private Stream<Agent> of(String host) {
    return byHost.getOrDefault(host, Map.of()).values().stream();
  }

  boolean isAlive(Agent a) {
    return reading - a.heard <= downAfter;
  }

  /**
   * Takes a host's signs of life.
   *
   * @param moved what to do, in the same transaction, when the host's tunnel address is another
   * @return whether an agent is new, or lives again
   */
  public boolean alive(String host, List<AgentReport> reports, Consumer<Sql> moved) {
    var news = new ArrayList<AgentReport>();
    for (var r : reports) {
      var known = byHost.getOrDefault(host, Map.of()).get(r.type());
      if (known == null || !isAlive(known) || moved(known, text(r))) {
        news.add(r);
      } else {
        heard.add(known.id);
        if (mayTell(known, text(r))) {
          said.put(known.id, text(r));
        }
      }
    }
    if (news.isEmpty()) {
      return false;
    }
    boolean back =
        database.tx(
            sql -> {
              boolean lives = false;
              boolean elsewhere = false;
              long now = ListeningClock.reading(sql, CLOCK);
              long beat = Times.micros(sql.now());
              for (var r : news) {
                var row = AgentStore.find(sql, r.type(), host).orElse(null);
                if (row == null) {
                  AgentStore.insert(sql, met(host, r, beat, now));
                } else {
                  boolean dead = now - row.heard > downAfter;
                  AgentStore.told(
                      sql, row.said(text(r), dead ? journal.now() : row.startedAt, beat, now));
                  lives |= dead;
                }
                lives |= row == null;
                elsewhere |= row == null || !tunnel(row.configurations).equals(tunnel(text(r)));
              }
              if (elsewhere) {
                moved.accept(sql);
              }
              return lives;
            });
    refresh();
    for (var r : news) {
      var known = byHost.getOrDefault(host, Map.of()).get(r.type());
      if (known != null) {
        written.put(known.id, System.nanoTime());
      }
    }
    return back;
  }

  private static boolean moved(Agent known, String text) {
    return !known.configurations.equals(text) && !tunnel(known.configurations).equals(tunnel(text));
  }

  private boolean mayTell(Agent known, String text) {
    if (known.configurations.equals(text)) {
      return false;
    }
    var last = written.get(known.id);
    return last == null || System.nanoTime() - last > TELL_EVERY.toNanos();
  }

  private Agent met(String host, AgentReport r, long beat, long now) {
    return new Agent(
        journal.ids().uuid(),
        r.type(),
        r.binary(),
        host,
        true,
        null,
        text(r),
        journal.now(),
        journal.now(),
        beat,
        now,
        0);
  }

  private static String text(AgentReport r) {
    return r.configurations() == null ? "{}" : r.configurations();
  }

  List<Agent> all() {
    return stream().sorted(Comparator.comparing(Agent::id)).toList();
  }

  /** An agent by its id; one that another process has just met is read at once. */
  Optional<Agent> find(String id) {
    if (!byId.containsKey(id) && database.read(sql -> AgentStore.find(sql, id)).isPresent()) {
      refresh();
    }
    return Optional.ofNullable(byId.get(id));
  }

  Agent update(Agent a, boolean adminUp, String description) {
    database.change(sql -> AgentStore.set(sql, a.id, adminUp, description));
    refresh();
    return byId.getOrDefault(a.id, a);
  }

  void delete(Agent a) {
    database.change(sql -> AgentStore.delete(sql, a.id));
    refresh();
  }

  /** Whether a host has a living agent of a role that may be used. */
  public boolean serves(String host, Role role) {
    return of(host).anyMatch(a -> a.role() == role && a.adminUp && isAlive(a));
  }

  /** Whether a host has a living agent of a role, whatever the administrator wants of it. */
  public boolean lives(String host, Role role) {
    return of(host).anyMatch(a -> a.role() == role && isAlive(a));
  }

  /**
   * Whether an agent that plays routers or DHCP servers, and lived when this was asked last, is
   * dead now. For one that asks again and again.
   */
  public boolean died() {
    var now = new HashSet<String>();
    stream()
        .filter(a -> (a.role() == Role.L3 || a.role() == Role.DHCP) && isAlive(a))
        .forEach(a -> now.add(a.id));
    boolean died = !now.containsAll(living);
    living = now;
    return died;
  }

  /** Hosts whose agent of a role lives and may be used. */
  public List<String> hosts(Role role) {
    return stream()
        .filter(a -> a.role() == role && a.adminUp && isAlive(a))
        .map(Agent::host)
        .sorted()
        .toList();
  }

  /**
   * The tunnel addresses of all hosts that told theirs, dead or alive: a guest goes on talking when
   * its host's agent is away. Read from {@code tunneling_ip} of the layer-2 agent.
   */
  public Map<String, String> tunnels() {
    return tunnels;
  }

  private static String tunnel(String configurations) {
    var ip = Json.string(Json.parse(configurations), "tunneling_ip");
    return ip == null ? "" : ip;
  }

  /** Whether a host carries a network: a flat or vlan one needs its physical network there. */
  public boolean carries(String host, String type, String physicalNetwork) {
    if (physicalNetwork == null) {
      return true;
    }
    var l2 = of(host).filter(a -> a.role() == Role.L2).findFirst();
    if (l2.isEmpty()) {
      return false;
    }
    JsonNode mappings = Json.parse(l2.get().configurations).get("bridge_mappings");
    return mappings == null || mappings.has(physicalNetwork);
  }

  @Override
  public void close() {
    if (keeper != null) {
      keeper.close();
    }
  }
}
