package welkin.store;

import java.sql.SQLException;

/** SQLite with explicit {@code BEGIN IMMEDIATE}: the file has one writing process, this one. */
final class SqliteSession implements Session {
  private final Sql sql;
  private boolean divided;

  SqliteSession(Sql sql) {
    this.sql = sql;
  }

  @Override
  public Sql begin() throws SQLException {
    divided = false;
    sql.execute("BEGIN IMMEDIATE");
    return sql;
  }

  @Override
  public void divide() throws SQLException {
    if (divided) {
      sql.execute("RELEASE one");
    }
    sql.execute("SAVEPOINT one");
    divided = true;
  }

  @Override
  public void undoPart() throws SQLException {
    sql.execute("ROLLBACK TO one");
  }

  @Override
  public void commit() throws SQLException {
    sql.execute("COMMIT");
  }

  @Override
  public void rollback() {
    try {
      sql.execute("ROLLBACK");
    } catch (SQLException e) {
      // SQLite ended it by itself, as it does when the disk is full
    }
  }

  /** A file stays where it is. */
  @Override
  public void drop() {
    rollback();
  }

  @Override
  public void close() throws SQLException {
    sql.close();
  }
}
