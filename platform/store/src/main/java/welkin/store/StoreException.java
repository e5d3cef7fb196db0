package welkin.store;

import java.sql.SQLException;

/**
 * The database refused or failed; the edge shows it as an internal error (503 when the engine is
 * full or away).
 */
public class StoreException extends RuntimeException {
  StoreException(SQLException cause) {
    super(cause.getMessage(), cause);
  }

  StoreException(String sql, SQLException cause) {
    super(cause.getMessage() + " in: " + sql, cause);
  }

  StoreException(String message, SQLException cause, boolean whole) {
    super(message, cause);
  }

  StoreException(String message) {
    super(message);
  }
}
