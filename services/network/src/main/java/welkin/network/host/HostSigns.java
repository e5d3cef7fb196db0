package welkin.network.host;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import welkin.network.host.SharedChange.Part;
import welkin.store.Database;

/**
 * Hears with their signs of life how far hosts are, and pokes those that missed something: whether
 * the poke was lost or the process that was to send it. So hosts need not ask again and again.
 */
final class HostSigns {
  /** How often those that spoke since are looked at. */
  private static final long LOOK_SECONDS = 3;

  /** So many changes behind, a host asks even if none is for it: too far behind it begins anew. */
  private static final long FAR = 10_000;

  private final Database database;
  private final HostAnswer answer;
  private final HostPokes pokes;

  /** Host to the cursor it said, since the last look. */
  private final Map<String, Long> cursors = new ConcurrentHashMap<>();

  /** The newest sequence number as of the last look. */
  private long settled = -1;

  HostSigns(Database database, HostAnswer answer, HostPokes pokes) {
    this.database = database;
    this.answer = answer;
    this.pokes = pokes;
  }

  void start() {
    pokes.every(LOOK_SECONDS, this::look);
  }

  /**
   * @param cursor of the host's last answer; 0 of one that has none, or is older, and asks by
   *     itself
   */
  void heard(String host, long cursor) {
    if (cursor > 0) {
      cursors.put(host, cursor);
    }
  }

  /** What came since the last look is left to the pokes that are on their way. */
  void look() {
    var said = Map.copyOf(cursors);
    said.forEach(cursors::remove);
    long newest = database.read(HostStore::cursor).newest();
    long upTo = settled < 0 ? newest : settled;
    settled = newest;
    if (!said.isEmpty()) {
      behind(said, upTo).forEach(pokes::poke);
    }
  }

  /** Of these hosts, those for which something is there after their cursor, up to a number. */
  Set<String> behind(Map<String, Long> said, long upTo) {
    var shared = answer.shared();
    shared.reach();
    var own = database.read(sql -> HostStore.newest(sql, said.keySet()));
    var objects = new HashMap<String, Long>();
    var rules = new HashMap<String, Long>();
    for (SharedChange c : shared.since(0)) {
      if (c.seq() <= upTo) {
        objects.put(c.object(), c.seq());
      }
      if (c.part() == Part.GROUP) {
        rules.put(c.object(), c.seq());
      }
    }
    var out = new HashSet<String>();
    said.forEach(
        (host, cursor) -> {
          long since = cursor - HostAnswer.FIRST;
          long mineChanged = own.getOrDefault(host, 0L);
          boolean soon = mineChanged > upTo; // then it hears of all
          if (!soon
              && (mineChanged > since
                  || since < upTo - FAR
                  || !shared.has(since)
                  || missed(answer.known(host), since, mineChanged, objects, rules))) {
            out.add(host);
          }
        });
    return out;
  }

  /** Whether something that a host has changed; when it is not known what it has, it may be. */
  private boolean missed(
      HostAnswer.Mine mine,
      long since,
      long mineChanged,
      Map<String, Long> objects,
      Map<String, Long> rules) {
    return mine == null
        || mineChanged > mine.seq()
        || !answer.shared().has(mine.seq())
        || mine.has().groups().stream().anyMatch(g -> rules.getOrDefault(g, 0L) > mine.seq())
        || Stream.concat(mine.has().networks().stream(), mine.has().groups().stream())
            .anyMatch(o -> objects.getOrDefault(o, 0L) > since);
  }
}
