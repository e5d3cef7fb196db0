package welkin.store;

import java.sql.SQLException;

/** A unique key stood in the way; a store turns it into the conflict its noun means. */
public final class DuplicateKey extends StoreException {
  DuplicateKey(SQLException cause) {
    super(cause);
  }
}
