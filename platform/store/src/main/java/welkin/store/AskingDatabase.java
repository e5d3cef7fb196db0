package welkin.store;

import java.util.function.Supplier;

/**
 * A database whose work finds limits unknown, waits until they were asked for, and is done again.
 */
final class AskingDatabase implements Database {
  /** Two projects and what ran out meanwhile. */
  private static final int TRIES = 5;

  private final Database database;
  private final UnifiedLimits limits;

  AskingDatabase(Database database, UnifiedLimits limits) {
    this.database = database;
    this.limits = limits;
  }

  @Override
  public <T> T read(Work<T> work) {
    return asked(() -> database.read(work));
  }

  @Override
  public <T> T tx(Work<T> work) {
    return asked(() -> database.tx(work));
  }

  private <T> T asked(Supplier<T> work) {
    for (int i = 1; ; i++) {
      try {
        return work.get();
      } catch (UnifiedLimits.Unknown e) {
        if (i == TRIES) {
          throw e;
        }
        limits.ask(e.projectId());
      }
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
