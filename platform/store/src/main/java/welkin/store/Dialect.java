package welkin.store;

import java.sql.SQLException;

/**
 * What differs between engines, and nothing else. Migrations are written once with placeholders:
 * {@code ${autoid}} (a growing integer primary key), {@code ${text}} (a long text), {@code
 * ${blob}}.
 */
public enum Dialect {
  SQLITE("INTEGER PRIMARY KEY AUTOINCREMENT", "TEXT", "BLOB"),
  POSTGRESQL("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "TEXT", "BYTEA"),
  MARIADB("BIGINT AUTO_INCREMENT PRIMARY KEY", "LONGTEXT", "LONGBLOB");

  private final String autoId;
  private final String text;
  private final String blob;

  Dialect(String autoId, String text, String blob) {
    this.autoId = autoId;
    this.text = text;
    this.blob = blob;
  }

  /** A migration's text for this engine. */
  String render(String migration) {
    return migration.replace("${autoid}", autoId).replace("${text}", text).replace("${blob}", blob);
  }

  String insertIfAbsent(String table, String columns, String marks) {
    return switch (this) {
      case SQLITE, POSTGRESQL ->
          "INSERT INTO "
              + table
              + " ("
              + columns
              + ") VALUES ("
              + marks
              + ") ON CONFLICT DO NOTHING";
      case MARIADB -> "INSERT IGNORE INTO " + table + " (" + columns + ") VALUES (" + marks + ")";
    };
  }

  boolean isDuplicateKey(SQLException e) {
    return switch (this) {
      case SQLITE -> {
        // SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY; the driver puts the extended
        // code in its message
        var m = String.valueOf(e.getMessage());
        yield m.contains("SQLITE_CONSTRAINT_UNIQUE") || m.contains("SQLITE_CONSTRAINT_PRIMARYKEY");
      }
      case POSTGRESQL -> "23505".equals(e.getSQLState());
      case MARIADB -> e.getErrorCode() == 1062;
    };
  }
}
