package welkin.store;

import java.sql.SQLException;

/**
 * The one connection a process writes a schema with: how an engine begins, divides and ends a
 * transaction on it. Used by one thread at a time, by {@link Writer} alone.
 */
interface Session extends AutoCloseable {
  /**
   * Begins a transaction, alone in the whole cluster: every other writer of this schema waits until
   * it ended. Connects when there is no connection (any more).
   */
  Sql begin() throws SQLException;

  /** What comes from here on can be undone by itself. */
  void divide() throws SQLException;

  /** Undoes what came after the last {@link #divide}. */
  void undoPart() throws SQLException;

  /** Ends the transaction; durable when it returns, unknown when it throws. */
  void commit() throws SQLException;

  /** Undoes the transaction; when that fails, drops the connection, which has the same effect. */
  void rollback();

  /**
   * Undoes the transaction and gives the connection up: the next transaction looks for the server
   * anew, which may be another one by then.
   */
  void drop();

  @Override
  void close() throws SQLException;
}
