package welkin.store;

import java.sql.SQLException;

/**
 * A unique key stood in the way; a store turns it into the conflict its noun means. It fails the
 * transaction it happens in, on every engine: to go on instead, use {@link Sql#insertIfAbsent}.
 */
public final class DuplicateKey extends StoreException {
  DuplicateKey(SQLException cause) {
    super(cause.getMessage(), cause);
  }
}
