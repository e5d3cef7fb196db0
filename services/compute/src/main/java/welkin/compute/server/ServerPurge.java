package welkin.compute.server;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.compute.metadata.GuestPasswordStore;
import welkin.store.Database;

/**
 * Forgets servers that were deleted long ago, with their actions, moves and all else that belongs
 * to them: what upstream leaves to an operator's {@code nova-manage db archive_deleted_rows}.
 */
public final class ServerPurge {
  private static final Logger log = LoggerFactory.getLogger(ServerPurge.class);
  private static final int BATCH = 100;

  private final Database database;
  private final InstantSource clock;
  private final Duration kept;

  /**
   * @param kept how long a deleted server is remembered; zero for ever
   */
  public ServerPurge(Database database, InstantSource clock, Duration kept) {
    this.database = database;
    this.clock = clock;
    this.kept = kept;
  }

  /** Forgets what is due, a batch a transaction, so that nobody waits for it. */
  public int pass() {
    return kept.isZero() ? 0 : before(clock.instant().minus(kept));
  }

  /** A pass that fails is told in the log and tried again at its next turn. */
  public void passQuietly() {
    try {
      pass();
    } catch (RuntimeException e) {
      log.warn("deleted servers could not be forgotten", e);
    }
  }

  /** Forgets servers that were deleted before a time. */
  public int before(Instant time) {
    int total = 0;
    int last;
    do {
      last = database.tx(sql -> ServerStore.purge(sql, time, BATCH, GuestPasswordStore::delete));
      total += last;
    } while (last == BATCH);
    if (total > 0) {
      log.info("forgot {} servers that were deleted before {}", total, time);
    }
    return total;
  }
}
