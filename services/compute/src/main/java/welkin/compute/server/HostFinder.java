package welkin.compute.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import welkin.compute.host.Host;
import welkin.compute.host.Hosts;
import welkin.compute.migration.MigrationStore;
import welkin.compute.scheduler.HostState;
import welkin.compute.scheduler.Placement;
import welkin.compute.scheduler.Room;
import welkin.compute.scheduler.Scheduler;
import welkin.compute.scheduler.Scheduler.Rejection;
import welkin.compute.scheduler.Wish;
import welkin.compute.servergroup.ServerGroupStore;
import welkin.core.Fault;
import welkin.store.Database;
import welkin.store.Sql;

/** Finds a host for a server and claims its resources there. */
public final class HostFinder {
  static final String DISABLED = "its compute service is disabled";
  private static final String NO_VALID_HOST =
      "No valid host was found. There are not enough hosts available.";
  private static final int REASONS_KEPT = 50;
  private final Database database;
  private final Hosts hosts;
  private final Placement placement;
  private final Scheduler scheduler;
  private final Isolation isolation;
  private final Room room;
  private final HostCounts counts;
  private final HostTables tables = new HostTables();

  /**
   * @param hosts where only certain images run
   * @param images ids of those images
   * @param restrict whether isolated hosts take nothing else
   */
  public record Isolation(Set<String> hosts, Set<String> images, boolean restrict) {
    public static final Isolation NONE = new Isolation(Set.of(), Set.of(), true);
  }

  public HostFinder(
      Database database,
      Hosts hosts,
      Placement placement,
      Scheduler scheduler,
      Isolation isolation) {
    this.database = database;
    this.hosts = hosts;
    this.placement = placement;
    this.scheduler = scheduler;
    this.isolation = isolation;
    this.room = new Room(placement);
    this.counts = new HostCounts(database);
  }

  /**
   * A host that was claimed, and why the others were not taken.
   *
   * @param host null when none can have the server
   */
  record Found(String host, String provider, String zone, List<Rejection> rejected) {
    /**
     * @throws Fault 500 when there is none
     */
    Found orNoValidHost() {
      if (host == null) {
        throw Fault.of(500, "NoValidHost", NO_VALID_HOST).with("rejected", rejected);
      }
      return this;
    }
  }

  /**
   * What is looked for.
   *
   * @param flavor what the server will be
   * @param forced a host to take without asking filters, or null
   * @param wanted a host that must pass the filters, or null
   * @param barred hosts out of the question, with the reason
   * @param tried hosts where it failed, with the reason
   * @param migration the move this is for, 0 for a new server
   */
  record Search(
      Server server,
      FlavorCopy flavor,
      String forced,
      String wanted,
      Map<String, String> barred,
      Map<String, String> tried,
      long migration) {}

  /** Finds a host for a new server. */
  Found find(Server server, Map<String, String> tried) {
    var boot = server.boot();
    return find(
        new Search(
            server, server.flavor(), boot.forcedHost(), boot.wantedHost(), Map.of(), tried, 0));
  }

  Found find(Search search) {
    return find(search, true);
  }

  /**
   * The hosts that can have a server now, best first, without claiming anything.
   *
   * @throws Fault 400 when there is none
   */
  List<String> candidates(Search search) {
    var resources = resources(search.flavor());
    var known = free(search, resources, false);
    var ranked = scheduler.choose(wish(search, resources), states(known, false)).ranked();
    if (ranked.isEmpty()) {
      throw Fault.badRequest(NO_VALID_HOST);
    }
    return ranked.stream().map(HostState::host).toList();
  }

  private Room.Known free(Search search, Map<String, Long> resources, boolean recent) {
    var traits = traits(search.flavor());
    return room.free(
        resources,
        traits.getOrDefault("required", List.of()),
        traits.getOrDefault("forbidden", List.of()),
        recent);
  }

  private Found find(Search search, boolean recent) {
    var server = search.server();
    var resources = resources(search.flavor());
    var wish = wish(search, resources);
    var known = free(search, resources, recent);
    var choice = scheduler.choose(wish, states(known, recent));
    var rejected = new ArrayList<>(choice.rejected());
    for (var host : choice.ranked()) {
      var down = search.forced() == null ? downNow(host.host()) : null;
      if (down != null) { // it was not, a moment ago
        rejected.add(new Rejection(host.host(), "ComputeFilter", down));
      } else if (!placement.claim(
          server.id(), server.projectId(), server.userId(), host.provider(), resources)) {
        room.full(host.provider());
        rejected.add(new Rejection(host.host(), "Placement", "another server was faster"));
      } else if (!reserve(search, host.host())) {
        placement.release(server.id());
        rejected.add(new Rejection(host.host(), "ServerGroup", "another of its group was faster"));
      } else {
        room.claimed(host.provider(), resources);
        counts.claimed(host.host());
        tables.claimed(host.provider());
        return new Found(host.host(), host.provider(), host.zone(), kept(rejected));
      }
    }
    if (known.recent()) {
      // nobody is refused for what was true a moment ago
      return find(search, false);
    }
    if (rejected.isEmpty()) {
      rejected.add(new Rejection(null, "ComputeFilter", "no compute host has registered yet"));
    }
    return new Found(
        null, null, null, kept(explained(rejected, resources, traits(search.flavor()))));
  }

  void release(Server server) {
    placement.release(server.id());
    if (server.boot().groupId() != null) {
      database.change(sql -> ServerStore.reserve(sql, server.id(), null));
    }
  }

  /** Gives back what a move was given at its destination. */
  void release(Server server, long migration) {
    placement.release(server.id());
    database.change(sql -> MigrationStore.reserve(sql, migration, null));
  }

  /**
   * Members of a group choose at the same time: the row takes the host only if the group's policy
   * still holds, in one transaction.
   */
  private boolean reserve(Search search, String host) {
    var server = search.server();
    boolean moves = search.migration() != 0;
    if (!moves && server.boot().groupId() == null) {
      return true;
    }
    return database.tx(
        sql -> {
          boolean fits =
              server.boot().groupId() == null
                  || search.forced() != null
                  || fits(group(sql, server.boot().groupId(), server.id()), host);
          if (fits && moves) {
            MigrationStore.reserve(sql, search.migration(), host);
          } else if (fits) {
            ServerStore.reserve(sql, server.id(), host);
          }
          return fits;
        });
  }

  private static boolean fits(Group group, String host) {
    return switch (group.policy()) {
      case "anti-affinity" -> group.hosts().getOrDefault(host, 0) < group.most();
      case "affinity" -> group.hosts().isEmpty() || group.hosts().containsKey(host);
      default -> true;
    };
  }

  /** Counts how builds go on a host; the scheduler keeps away from where they fail. */
  void built(String host, boolean well) {
    hosts.built(host, well);
  }

  private List<HostState> states(Room.Known known, boolean recent) {
    var aggregates = database.read(hosts::aggregates);
    return tables.states(
        known.free(),
        aggregates,
        recent && known.recent(),
        () -> states(known.free(), aggregates, recent));
  }

  private List<HostState> states(
      Map<String, Map<String, Long>> room, Hosts.Aggregates aggregates, boolean recent) {
    var all = hosts.list();
    var count = counts.of(all.size(), recent);
    var out = new ArrayList<HostState>(all.size());
    for (var host : all) {
      out.add(
          new HostState(
              host.host(),
              host.nodeUuid(),
              host.report(),
              down(host),
              aggregates.zones().getOrDefault(host.host(), hosts.defaultZone()),
              room.getOrDefault(host.nodeUuid(), Map.of()),
              (int) count.busy(host.host()),
              host.buildFailures(),
              (int) count.servers(host.host()),
              aggregates.metadata().getOrDefault(host.host(), Map.of()),
              isolation.hosts().contains(host.host())));
    }
    return out;
  }

  private String downNow(String host) {
    var now = hosts.find(host);
    return now.isPresent() ? down(now.get()) : "it is not there any more";
  }

  private String down(Host host) {
    if (host.disabled()) {
      return DISABLED + (host.disabledReason() == null ? "" : ": " + host.disabledReason());
    }
    if (host.forcedDown()) {
      return "its compute service is forced down";
    }
    return hosts.up(host) ? null : "it was not heard from for " + hosts.silence(host) + " s";
  }

  /** What a flavor takes; its extra specs {@code resources:CLASS} change and add to it. */
  static Map<String, Long> resources(FlavorCopy flavor) {
    var out = new TreeMap<String, Long>();
    out.put("VCPU", (long) flavor.vcpus());
    out.put("MEMORY_MB", (long) flavor.ramMb());
    long disk = flavor.diskGb() + flavor.ephemeralGb() + (flavor.swapMb() + 1023L) / 1024;
    out.put("DISK_GB", disk);
    flavor
        .extraSpecs()
        .forEach(
            (k, v) -> {
              if (k.startsWith("resources:")) {
                out.put(k.substring("resources:".length()), Long.parseLong(v.strip()));
              }
            });
    out.values().removeIf(v -> v == 0);
    return out;
  }

  /** Extra specs {@code trait:NAME=required|forbidden}. */
  private static Map<String, List<String>> traits(FlavorCopy flavor) {
    return flavor.extraSpecs().entrySet().stream()
        .filter(e -> e.getKey().startsWith("trait:"))
        .collect(
            Collectors.groupingBy(
                Map.Entry::getValue,
                Collectors.mapping(
                    e -> e.getKey().substring("trait:".length()), Collectors.toList())));
  }

  private Wish wish(Search search, Map<String, Long> resources) {
    var server = search.server();
    var boot = server.boot();
    var group = boot.groupId() == null ? null : group(boot.groupId(), server.id());
    var image = boot.image();
    boolean isolated = image != null && isolation.images().contains(image.id());
    return new Wish(
        server.projectId(),
        search.flavor().name(),
        resources,
        new HashMap<>(search.flavor().extraSpecs()),
        image == null ? Map.of() : image.properties(),
        server.pinnedZone(),
        search.forced(),
        search.wanted(),
        search.barred(),
        search.tried(),
        group == null ? null : group.policy(),
        group == null ? Map.of() : group.hosts(),
        group == null ? 1 : group.most(),
        hostsOf(boot.hints().getOrDefault("different_host", List.of())),
        boot.hints().containsKey("same_host") ? hostsOf(boot.hints().get("same_host")) : null,
        isolated,
        isolation.restrict());
  }

  /** Where servers are; those that are nowhere do not count. */
  private Set<String> hostsOf(List<String> servers) {
    var out = new TreeSet<String>();
    for (var other : servers) {
      database.read(sql -> ServerStore.find(sql, other)).map(Server::host).ifPresent(out::add);
    }
    return out;
  }

  private record Group(String policy, Map<String, Integer> hosts, int most) {}

  private Group group(String id, String except) {
    return database.read(sql -> group(sql, id, except));
  }

  private static Group group(Sql sql, String id, String except) {
    var policy = ServerGroupStore.policy(sql, id);
    var there = new HashMap<String, Integer>();
    ServerGroupStore.hosts(sql, id, except).forEach(h -> there.merge(h, 1, Integer::sum));
    MigrationStore.destinations(sql, id, except).forEach(h -> there.merge(h, 1, Integer::sum));
    return new Group(policy.name(), there, policy.maxPerHost());
  }

  /** Says of hosts without room how much is missing. */
  private List<Rejection> explained(
      List<Rejection> rejected, Map<String, Long> resources, Map<String, List<String>> traits) {
    var out = new ArrayList<Rejection>();
    for (var r : rejected) {
      var host = r.filter().equals("Placement") ? hosts.find(r.host()).orElse(null) : null;
      if (host != null && out.size() < REASONS_KEPT) {
        try {
          out.add(
              new Rejection(
                  r.host(),
                  r.filter(),
                  placement.shortage(
                      host.nodeUuid(),
                      resources,
                      traits.getOrDefault("required", List.of()),
                      traits.getOrDefault("forbidden", List.of()))));
          continue;
        } catch (Fault f) {
          // the reason as it is will do
        }
      }
      out.add(r);
    }
    return out;
  }

  private static List<Rejection> kept(List<Rejection> rejected) {
    return rejected.size() <= REASONS_KEPT ? rejected : rejected.subList(0, REASONS_KEPT);
  }
}
