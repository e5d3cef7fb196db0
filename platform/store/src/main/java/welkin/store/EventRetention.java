package welkin.store;

import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Forgets the events of one service that are older than the operator wants them kept. */
public final class EventRetention {
  private static final Logger log = LoggerFactory.getLogger(EventRetention.class);
  private static final int BATCH = 1000;

  private final Database database;
  private final Events events;
  private final InstantSource clock;
  private final Duration kept;

  /**
   * @param kept zero for ever
   */
  public EventRetention(Database database, Events events, InstantSource clock, Duration kept) {
    this.database = database;
    this.events = events;
    this.clock = clock;
    this.kept = kept;
  }

  /**
   * Forgets what is due, a batch a transaction.
   *
   * @return how many
   */
  public int pass() {
    if (kept.isZero()) {
      return 0;
    }
    var before = clock.instant().minus(kept);
    int total = 0;
    int last;
    do {
      last = database.tx(sql -> events.forgetBefore(sql, before, BATCH));
      total += last;
    } while (last == BATCH);
    if (total > 0) {
      log.info("forgot {} events from before {}", total, before);
    }
    return total;
  }
}
