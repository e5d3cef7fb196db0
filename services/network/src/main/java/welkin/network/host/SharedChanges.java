package welkin.network.host;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import welkin.network.host.SharedStore.News;
import welkin.store.Database;

/**
 * The newest changes of what many hosts have, as every worker keeps them: read once, however many
 * hosts ask. A change says what to look at; what holds is looked up when it is read here, so each
 * may be applied twice, and the last one about an entry is true.
 */
final class SharedChanges {
  /** So many are kept, and as many more before the oldest are let go. */
  private static final int KEPT = 20_000;

  /** So far back a new process reads, so that hosts need not begin anew with it. */
  private static final long FIRST = 5_000;

  private final Database database;
  private final ReentrantLock reading = new ReentrantLock();
  private long begun;

  // what follows is guarded by this
  private final ArrayList<SharedChange> changes = new ArrayList<>();
  private long newest = -1;
  private long floor;

  SharedChanges(Database database) {
    this.database = database;
  }

  /** Reads what was committed before this call. */
  void reach() {
    long asked = System.nanoTime();
    reading.lock();
    try {
      if (begun - asked > 0 && newest() >= 0) {
        return; // somebody began to read after we came
      }
      begun = System.nanoTime();
      var news = read(newest());
      if (news.cursor().newest() < newest()) {
        news = read(-1); // a database of an earlier day
      }
      add(news);
    } finally {
      reading.unlock();
    }
  }

  /** Reads on after a number; the newest when there is none. */
  private News read(long known) {
    return database.read(sql -> SharedStore.news(sql, known, known < 0 ? FIRST : KEPT));
  }

  private synchronized void add(News news) {
    var cursor = news.cursor();
    if (news.from() != newest) {
      changes.clear();
      floor = news.from();
    }
    changes.addAll(news.changes());
    newest = cursor.newest();
    floor = Math.max(floor, cursor.floor());
    if (changes.size() > 2 * KEPT) {
      // all of one number, so that what is left is complete
      floor = Math.max(floor, changes.get(changes.size() - KEPT).seq());
      changes.subList(0, after(floor)).clear();
    }
  }

  /** Whether everything up to a number is here, and nothing newer. */
  boolean isAt(long seq) {
    return newest() == seq;
  }

  private synchronized long newest() {
    return newest;
  }

  /** Whether everything after a number is here. */
  synchronized boolean has(long since) {
    return since >= floor && since > 0 && since <= newest;
  }

  /** The changes after a number, in order. */
  synchronized List<SharedChange> since(long since) {
    return List.copyOf(changes.subList(after(since), changes.size()));
  }

  private int after(long seq) {
    int low = 0;
    int high = changes.size();
    while (low < high) {
      int mid = (low + high) >>> 1;
      if (changes.get(mid).seq() <= seq) {
        low = mid + 1;
      } else {
        high = mid;
      }
    }
    return low;
  }
}
