package welkin.workflow;

import java.time.Duration;
import welkin.core.Ids;
import welkin.store.Database;

/**
 * Who does a periodic job, when several processes could: whoever first asks after its time has come
 * gets the turn, and until the time has come again nobody else does. Kept in a row, by the
 * database's clock. A process that dies with a turn only leaves its place to the next one.
 */
public final class Turns {
  private final Database database;
  private final String holder;

  public Turns(Database database, Ids ids) {
    this.database = database;
    this.holder = ids.uuid();
  }

  /**
   * Takes the turn for a job, if it is time; cheap when it is not.
   *
   * @param every how long nobody else gets it; longer than the job takes
   */
  public boolean take(String job, Duration every) {
    return !database.read(sql -> TurnStore.isEarly(sql, job, sql.now()))
        && database.tx(
            sql -> {
              var now = sql.now();
              return TurnStore.take(sql, job, holder, now, now.plus(every));
            });
  }
}
