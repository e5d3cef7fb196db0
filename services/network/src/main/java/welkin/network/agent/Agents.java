package welkin.network.agent;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import welkin.agents.contracts.NetworkPlugin.AgentReport;
import welkin.core.Json;
import welkin.network.resource.Journal;
import welkin.store.Database;
import welkin.store.Times;

/**
 * The agents hosts play. Signs of life are kept in memory and written down when something changed
 * or the written one grows old, so that a thousand hosts cost a few writes a second. What other
 * processes of this service heard is read from there; times are the database's.
 */
public final class Agents {
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
   * @param heartbeat microseconds since the epoch
   * @param written the heartbeat the database has
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
      long written) {
    Agent beat(long now) {
      return new Agent(
          id,
          type,
          binary,
          host,
          adminUp,
          description,
          configurations,
          createdAt,
          startedAt,
          now,
          written);
    }

    /** This, as the database has it, with what was heard since. */
    Agent or(Agent heard) {
      return heard == null || !heard.id.equals(id) || heard.heartbeat <= heartbeat
          ? this
          : new Agent(
              id,
              type,
              binary,
              host,
              adminUp,
              description,
              heard.configurations,
              createdAt,
              heard.startedAt,
              heard.heartbeat,
              heartbeat);
    }

    Agent saved() {
      return new Agent(
          id,
          type,
          binary,
          host,
          adminUp,
          description,
          configurations,
          createdAt,
          startedAt,
          heartbeat,
          heartbeat);
    }

    Agent configured(String text, String started, long saved) {
      return new Agent(
          id, type, binary, host, adminUp, description, text, createdAt, started, heartbeat, saved);
    }

    Agent set(boolean up, String text) {
      return new Agent(
          id,
          type,
          binary,
          host,
          up,
          text,
          configurations,
          createdAt,
          startedAt,
          heartbeat,
          written);
    }

    Role role() {
      return Role.of(type);
    }
  }

  private static final long SECOND = 1_000_000;

  /** What others wrote is not read more often. */
  private static final long READ_AGAIN_NANOS = 1_000_000_000L;

  /** An agent silent for longer is taken for dead, in microseconds. */
  private final long downAfter;

  /** A sign of life older than this is written down, in microseconds. */
  private final long writeAfter;

  private final Database database;
  private final Journal journal;

  /** Host to type to agent. */
  private final Map<String, Map<String, Agent>> byHost = new ConcurrentHashMap<>();

  /** Host to tunnel address, of every host that told one. */
  private final Map<String, String> tunnels = new ConcurrentHashMap<>();

  /** How far the database's clock is ahead of this process', in microseconds. */
  private volatile long ahead;

  private volatile long readAt;
  private volatile long since;

  /**
   * @param downSeconds an agent silent for longer is taken for dead
   */
  public Agents(Database database, Journal journal, int downSeconds) {
    this.database = database;
    this.journal = journal;
    this.downAfter = downSeconds * SECOND;
    this.writeAfter = downAfter * 2 / 5;
    read();
    since = now();
  }

  /** Takes over what other processes of this service heard and changed. */
  public void read() {
    record Seen(List<Agent> agents, long now) {}
    var seen = database.read(sql -> new Seen(AgentStore.all(sql), Times.micros(sql.now())));
    ahead = seen.now - Times.micros(journal.clock().instant());
    readAt = System.nanoTime();
    var known = new HashSet<String>();
    for (var a : seen.agents) {
      known.add(a.id);
      keep(a.or(byHost.getOrDefault(a.host, Map.of()).get(a.type)));
    }
    // an administrator deleted it, at another process
    byHost.values().forEach(m -> m.values().removeIf(a -> !known.contains(a.id)));
  }

  /** What others heard is looked up before something is said to be missing. */
  private boolean readAgain() {
    if (System.nanoTime() - readAt < READ_AGAIN_NANOS) {
      return false;
    }
    read();
    return true;
  }

  /**
   * Whether this process has listened long enough to call an agent dead: after a pause of this
   * service nobody could have been heard.
   */
  public boolean mayJudge() {
    return now() - since > downAfter;
  }

  private void keep(Agent a) {
    byHost.computeIfAbsent(a.host, h -> new ConcurrentHashMap<>()).put(a.type, a);
    if (a.role() == Role.L2) {
      var tunnel = tunnel(a.configurations);
      if (tunnel.isEmpty()) {
        tunnels.remove(a.host);
      } else {
        tunnels.put(a.host, tunnel);
      }
    }
  }

  private Stream<Agent> stream() {
    return byHost.values().stream().flatMap(m -> m.values().stream());
  }

  private Stream<Agent> of(String host) {
    return byHost.getOrDefault(host, Map.of()).values().stream();
  }

  private long now() {
    return Times.micros(journal.clock().instant()) + ahead;
  }

  boolean isAlive(Agent a) {
    return now() - a.heartbeat <= downAfter;
  }

  /**
   * What a heartbeat changed.
   *
   * @param back an agent is new, or lives again
   * @param moved the host's tunnel address is another
   */
  public record News(boolean back, boolean moved) {}

  /** Takes a host's signs of life. */
  public News alive(String host, List<AgentReport> reports) {
    var known = byHost.getOrDefault(host, Map.of());
    if (!reports.stream().allMatch(r -> known.containsKey(r.type()))) {
      readAgain(); // another process may have met it before
    }
    var news = new News(false, false);
    var write = new ArrayList<Agent>();
    var heard = new ArrayList<Agent>();
    for (var r : reports) {
      var old = byHost.getOrDefault(host, Map.of()).get(r.type());
      var text = r.configurations() == null ? "{}" : r.configurations();
      Agent next;
      if (old == null) {
        next =
            new Agent(
                journal.ids().uuid(),
                r.type(),
                r.binary(),
                host,
                true,
                null,
                text,
                journal.now(),
                journal.now(),
                now(),
                0);
        news = new News(true, true);
      } else {
        next = old.beat(now());
        boolean dead = !isAlive(old);
        boolean moved = !tunnel(old.configurations).equals(tunnel(text));
        news = new News(news.back || dead, news.moved || moved);
        next =
            next.configured(
                text, dead ? journal.now() : old.startedAt, dead || moved ? 0 : old.written);
      }
      if (next.heartbeat - next.written > writeAfter) {
        write.add(next);
        next = next.saved();
      }
      heard.add(next);
    }
    if (!write.isEmpty()) {
      database.change(sql -> write.forEach(a -> AgentStore.beat(sql, a)));
    }
    heard.forEach(this::keep);
    return news;
  }

  List<Agent> all() {
    readAgain();
    return stream().sorted(Comparator.comparing(Agent::id)).toList();
  }

  Optional<Agent> find(String id) {
    var found = stream().filter(a -> a.id.equals(id)).findFirst();
    return found.isEmpty() && readAgain() ? find(id) : found;
  }

  Agent update(Agent a, boolean adminUp, String description) {
    var next = a.set(adminUp, description);
    database.change(sql -> AgentStore.write(sql, next));
    keep(next);
    return next;
  }

  void delete(Agent a) {
    database.change(sql -> AgentStore.delete(sql, a.id));
    byHost.getOrDefault(a.host, Map.of()).remove(a.type);
  }

  /** Whether a host has a living agent of a role that may be used. */
  public boolean serves(String host, Role role) {
    return of(host).anyMatch(a -> a.role() == role && a.adminUp && isAlive(a))
        || readAgain() && serves(host, role);
  }

  /** Whether a host has a living agent of a role, whatever the administrator wants of it. */
  public boolean lives(String host, Role role) {
    return of(host).anyMatch(a -> a.role() == role && isAlive(a));
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
}
