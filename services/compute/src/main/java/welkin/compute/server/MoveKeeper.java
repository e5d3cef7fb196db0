package welkin.compute.server;

import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.compute.migration.Migration;
import welkin.compute.migration.Migration.Type;
import welkin.compute.migration.MigrationStore;
import welkin.core.Fault;
import welkin.store.Sql;
import welkin.workflow.WorkflowEngine;

/**
 * Looks after moves that no work looks after: what waits too long to be confirmed is confirmed,
 * what a finished move left at its source is taken away, and what was broken off gives back what it
 * held.
 */
public final class MoveKeeper {
  private static final Logger log = LoggerFactory.getLogger(MoveKeeper.class);
  private final Means means;
  private final WorkflowEngine engine;
  private final ServerMoves moves;
  private final FinishLive finish;
  private final Duration confirmAfter;

  /**
   * @param confirmAfter zero: servers wait for ever
   */
  public MoveKeeper(
      Means means,
      WorkflowEngine engine,
      ServerMoves moves,
      FinishLive finish,
      Duration confirmAfter) {
    this.means = means;
    this.engine = engine;
    this.moves = moves;
    this.finish = finish;
    this.confirmAfter = confirmAfter;
  }

  /** Looks at every move; answers how many were helped on. */
  int pass() {
    return confirm() + tidy() + broken();
  }

  /** A guest changed that may be on its way. */
  void look(String serverId) {
    moves.look(serverId);
  }

  private int confirm() {
    if (confirmAfter.isZero()) {
      return 0;
    }
    int confirmed = 0;
    var before = means.clock().instant().minus(confirmAfter);
    for (var m : means.database().read(sql -> MigrationStore.unconfirmed(sql, before))) {
      try {
        moves.confirm(means.server(m.serverId()));
        log.info("server {} was not confirmed in time and is now", m.serverId());
        confirmed++;
      } catch (Fault f) {
        log.info("server {} is not confirmed: {}", m.serverId(), f.getMessage());
      }
    }
    return confirmed;
  }

  private int tidy() {
    int helped = 0;
    for (var m : means.database().read(MigrationStore::untidy)) {
      if (m.type() == Type.LIVE_MIGRATION && m.status().equals(Migration.COMPLETED)) {
        helped += finish(m) ? 1 : 0;
      } else if (m.status().equals(Migration.ERROR)) {
        helped += release(m) ? 1 : 0;
      }
    }
    return helped;
  }

  private boolean finish(Migration m) {
    return means
        .database()
        .tx(
            sql -> {
              if (engine.isBusy(sql, m.serverId())) {
                return false;
              }
              engine.enqueue(sql, finish, m.serverId(), new OnMove(m.serverId(), m.id()));
              return true;
            });
  }

  private boolean release(Migration m) {
    try {
      means.claims().release(m);
      means.database().change(sql -> means.setMigration(sql, m.id(), "tidy", true));
      return true;
    } catch (Fault f) {
      log.warn("what migration {} holds is not released: {}", m.id(), f.getMessage());
      return false;
    }
  }

  /** Moves that were cut off from their work, by an administrator's word or with a database. */
  private int broken() {
    int closed = 0;
    var open = means.database().read(sql -> MigrationStore.open(sql));
    Set<String> busy = means.database().read(engine::busy);
    for (var m : open) {
      if (!busy.contains(m.serverId()) && means.database().tx(sql -> close(sql, m))) {
        release(m);
        closed++;
      }
    }
    return closed;
  }

  /** The same transaction looks and closes: work may have begun or ended since. */
  private boolean close(Sql sql, Migration seen) {
    var m = means.migration(sql, seen.id());
    var server = ServerStore.find(sql, m.serverId()).orElse(null);
    boolean waits =
        m.status().equals(Migration.FINISHED) && server != null && server.is(States.RESIZED);
    if (waits || !m.status().equals(seen.status()) || engine.isBusy(sql, m.serverId())) {
      return false;
    }
    log.error("migration {} was {} and nothing worked on it", m.id(), m.status());
    means.setMigration(sql, m.id(), "status", Migration.ERROR, "tidy", false);
    return true;
  }
}
