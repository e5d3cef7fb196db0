package welkin.store;

import java.sql.SQLException;
import welkin.core.Fault;

/**
 * The engine is away, full, or too busy: nobody did anything wrong and the same request may succeed
 * in a moment. The edge answers 503 with {@code Retry-After}; a workflow stops and goes on later
 * rather than undoing its work.
 */
public final class DatabaseUnavailable extends StoreException {
  private static final int AGAIN_AFTER = 2;

  DatabaseUnavailable(String message, SQLException cause) {
    super(message + ": " + cause.getMessage(), cause);
  }

  DatabaseUnavailable(String message) {
    super(message);
  }

  /** What a client is told: no address, no SQL. */
  public Fault fault() {
    return Fault.unavailable(
        noRoom()
            ? "The disk of the database is full. Nothing was changed; try again when there is room."
            : "The database does not answer now. Try again.",
        AGAIN_AFTER);
  }

  /** SQLite's, PostgreSQL's (53100) and MariaDB's (1021, 1114) ways to say so. */
  private boolean noRoom() {
    return getCause() instanceof SQLException e
        && (String.valueOf(e.getMessage()).contains("SQLITE_FULL")
            || "53100".equals(e.getSQLState())
            || e.getErrorCode() == 1021
            || e.getErrorCode() == 1114);
  }
}
