package welkin.identity.shared;

import java.util.concurrent.atomic.AtomicLong;
import welkin.store.Sql;

/**
 * Counts the changes after which a token may mean something else: users, groups, projects, roles,
 * assignments, catalog. What was worked out at an older count is worked out anew.
 */
public final class Epoch {
  private final AtomicLong count = new AtomicLong();

  public long now() {
    return count.get();
  }

  /** Ends the epoch when this transaction has become durable, before its request is answered. */
  public void end(Sql sql) {
    sql.afterCommit(count::incrementAndGet);
  }

  public void end() {
    count.incrementAndGet();
  }
}
