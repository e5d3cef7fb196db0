package welkin.network.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import welkin.agents.contracts.HostChanges;
import welkin.agents.contracts.HostChanges.Forwarding;
import welkin.agents.contracts.HostChanges.Members;
import welkin.agents.contracts.HostChanges.Removed;
import welkin.network.agent.Agents;
import welkin.network.host.HostStore.Has;
import welkin.network.host.SharedChange.Part;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * Answers what changed for a host: what was noted for itself, and of what was noted for all, the
 * part that is about its networks and groups.
 */
final class HostAnswer {
  /**
   * Cursors begin here, so that none of the release before is taken for one: that one knows no
   * shared changes, and a host that was answered by it begins anew.
   */
  static final long FIRST = 1L << 50;

  /** What a host had at a sequence number. */
  record Mine(long seq, Has has) {
    Mine at(long newer) {
      return newer > seq ? new Mine(newer, has) : this;
    }
  }

  private final Database database;
  private final SharedChanges shared;
  private final HostView view;
  private final Agents agents;

  /** As of the hosts' last answers; read again when something was noted for the host since. */
  private final Map<String, Mine> known = new ConcurrentHashMap<>();

  HostAnswer(Database database, HostView view, Agents agents) {
    this.database = database;
    this.shared = new SharedChanges(database);
    this.view = view;
    this.agents = agents;
  }

  /**
   * @param cursor of the answer before
   * @param entries whether the host takes entries of tables, or whole objects only
   */
  HostChanges changes(String host, long cursor, boolean entries) {
    long since = cursor - FIRST;
    if (since <= 0) {
      return database.read(sql -> everything(sql, host, HostStore.cursor(sql).newest()));
    }
    var news = database.read(sql -> HostStore.news(sql, host, since));
    long newest = news.cursor().newest();
    if (!shared.isAt(newest)) {
      shared.reach(); // outside of any reading: who waits for it holds no connection
    }
    if (!shared.has(since) || since > newest) {
      return database.read(sql -> everything(sql, host, newest));
    }
    var changes = shared.since(since);
    if (changes.isEmpty() && news.items().isEmpty()) {
      var before = known.get(host);
      known.put(
          host,
          before != null && before.seq >= since
              ? before.at(newest)
              : database.read(sql -> new Mine(newest, HostStore.has(sql, host))));
      return nothing(newest);
    }
    return database.read(sql -> since(sql, host, since, news, changes, entries));
  }

  /** The changes many hosts have, as this process knows them. */
  SharedChanges shared() {
    return shared;
  }

  /** What a host had when it was answered last, by this process; null when it was not. */
  Mine known(String host) {
    return known.get(host);
  }

  private static HostChanges nothing(long seq) {
    return new HostChanges(
        FIRST + seq,
        false,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private HostChanges everything(Sql sql, String host, long seq) {
    var has = HostStore.has(sql, host);
    known.put(host, new Mine(seq, has));
    return HostChanges.everything(
        FIRST + seq,
        view.networks(sql, host, has.networks(), seq),
        view.ports(sql, host, view.portIds(sql, host)),
        view.groups(sql, has.groups(), seq),
        view.routers(sql, host, view.routerIds(sql, host)));
  }

  private HostChanges since(
      Sql sql,
      String host,
      long since,
      HostStore.News news,
      List<SharedChange> changes,
      boolean entries) {
    long seq = news.cursor().newest();
    Map<String, Set<String>> own = new HashMap<>();
    for (var item : news.items()) {
      own.computeIfAbsent(item.kind(), k -> new LinkedHashSet<>()).add(item.id());
    }
    var removed = new ArrayList<Removed>();
    var networkIds = own.getOrDefault(HostLog.NETWORK, Set.of());
    var groupIds = own.getOrDefault(HostLog.GROUP, Set.of());
    var forwarding = new LinkedHashMap<String, Tables>();
    var members = new LinkedHashMap<String, Map<String, Boolean>>();
    if (!changes.isEmpty() || !networkIds.isEmpty() || !groupIds.isEmpty()) {
      var mine = mine(sql, host, since, seq, own.isEmpty(), changes);
      networkIds = concerned(HostLog.NETWORK, networkIds, mine.networks(), removed);
      groupIds = concerned(HostLog.GROUP, groupIds, mine.groups(), removed);
      for (var c : changes) {
        if (!(c.part().ofNetwork() ? mine.networks() : mine.groups()).contains(c.object())) {
          continue;
        }
        switch (c.part()) {
          case NETWORK -> networkIds.add(c.object());
          case GROUP -> groupIds.add(c.object());
          case MEMBER -> {
            if (entries) {
              members
                  .computeIfAbsent(c.object(), k -> new LinkedHashMap<>())
                  .put(c.entry(), c.now() != null);
            } else {
              groupIds.add(c.object());
            }
          }
          default -> {
            boolean told =
                entries
                    && c.part() != Part.LEASES
                    && forwarding.computeIfAbsent(c.object(), k -> new Tables()).put(host, c);
            boolean leases = c.part() != Part.PEER && mine.served().contains(c.object());
            if (leases || !told && c.part() != Part.LEASES) {
              networkIds.add(c.object());
            }
          }
        }
      }
      forwarding.keySet().removeAll(networkIds);
      members.keySet().removeAll(groupIds);
    }
    var portIds = own.getOrDefault(HostLog.PORT, Set.of());
    var ports = view.ports(sql, host, portIds);
    var there = new LinkedHashSet<String>();
    ports.forEach(p -> there.add(p.id()));
    portIds.stream()
        .filter(id -> !there.contains(id))
        .forEach(id -> removed.add(new Removed(HostLog.PORT, id)));
    var routerIds = own.getOrDefault(HostLog.ROUTER, Set.of());
    if (!routerIds.isEmpty()) {
      routerIds = concerned(HostLog.ROUTER, routerIds, view.routerIds(sql, host), removed);
    }
    return new HostChanges(
        FIRST + seq,
        false,
        view.networks(sql, host, networkIds, seq),
        ports,
        view.groups(sql, groupIds, seq),
        view.routers(sql, host, routerIds),
        removed,
        forwarding.entrySet().stream().map(e -> e.getValue().of(e.getKey())).toList(),
        members.entrySet().stream().map(e -> members(e.getKey(), e.getValue())).toList());
  }

  /** What changed in a network's tables, as a host sees it. */
  private final class Tables {
    private final Map<String, String> macs = new LinkedHashMap<>();
    private final Map<String, Boolean> peers = new LinkedHashMap<>();

    /**
     * @return whether it can be said as an entry; else all of the network is to be told
     */
    boolean put(String host, SharedChange c) {
      var tunnels = agents.tunnels();
      if (c.part() == Part.PEER) {
        var tunnel = tunnels.get(c.entry());
        if (tunnel != null && !c.entry().equals(host)) {
          peers.put(tunnel, c.now() != null);
        }
        return tunnel != null;
      }
      boolean elsewhere = c.now() != null && !c.now().equals(host);
      var tunnel = elsewhere ? tunnels.get(c.now()) : null;
      macs.put(c.entry(), tunnel == null ? "" : tunnel);
      return true;
    }

    Forwarding of(String networkId) {
      var fdb = new LinkedHashMap<>(macs);
      fdb.values().removeIf(String::isEmpty);
      return new Forwarding(
          networkId,
          fdb,
          macs.keySet().stream().filter(mac -> !fdb.containsKey(mac)).toList(),
          which(peers, true),
          which(peers, false));
    }
  }

  private static Members members(String groupId, Map<String, Boolean> addresses) {
    return new Members(groupId, which(addresses, true), which(addresses, false));
  }

  private static List<String> which(Map<String, Boolean> entries, boolean value) {
    return entries.entrySet().stream()
        .filter(e -> e.getValue() == value)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** What a host has: as before, when nothing was noted for it and no rules of its groups. */
  private Has mine(
      Sql sql, String host, long since, long seq, boolean nothingOwn, List<SharedChange> changes) {
    var before = known.get(host);
    boolean same =
        before != null
            && before.seq >= since
            && nothingOwn
            && changes.stream()
                .noneMatch(c -> c.part() == Part.GROUP && before.has.groups().contains(c.object()));
    var now = same ? before.at(seq) : new Mine(seq, HostStore.has(sql, host));
    known.put(host, now);
    return now.has;
  }

  /** Of what changed, what the host still has, to be added to; the rest is noted as removed. */
  private static Set<String> concerned(
      String kind, Set<String> ids, Set<String> mine, List<Removed> removed) {
    var out = new LinkedHashSet<String>();
    for (var id : ids) {
      if (mine.contains(id)) {
        out.add(id);
      } else {
        removed.add(new Removed(kind, id));
      }
    }
    return out;
  }
}
