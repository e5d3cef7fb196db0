package welkin.store;

import java.sql.SQLException;

/**
 * The database refused or failed; the edge shows it as an internal error, and as 503 when it is a
 * {@link DatabaseUnavailable}.
 */
public class StoreException extends RuntimeException {
  StoreException(String message, SQLException cause) {
    super(message, cause);
  }

  StoreException(String message) {
    super(message);
  }

  /** The kind of exception that {@code cause} means on an engine. */
  static StoreException of(Dialect dialect, String what, SQLException cause) {
    if (dialect.isDuplicateKey(cause)) {
      return new DuplicateKey(cause);
    }
    return dialect.isUnavailable(cause)
        ? new DatabaseUnavailable(what, cause)
        : new StoreException(cause.getMessage() + " in: " + what, cause);
  }
}
