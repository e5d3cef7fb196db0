package welkin.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Brings a schema forward: each migration is a class-path resource, run once, in order, in a
 * transaction of its own with the row that says so. There is no way back; a release must work on
 * the schema of the one before.
 */
final class Migrations {
  private static final List<String> PLATFORM =
      List.of("/welkin/store/V001__platform.sql", "/welkin/store/V002__several_processes.sql");

  private Migrations() {}

  static void run(Database db, List<String> own) {
    var all = new ArrayList<String>();
    all.addAll(PLATFORM);
    all.addAll(own);
    db.change(
        sql ->
            execute(sql, "CREATE TABLE IF NOT EXISTS migration (name VARCHAR(255) PRIMARY KEY)"));
    db.change(
        sql -> {
          var done = new HashSet<>(sql.list("SELECT name FROM migration", r -> r.text("name")));
          for (var name : all) {
            if (done.add(name)) {
              for (var statement : sql.dialect().render(read(name)).split(";\\s*(\\n|$)")) {
                if (!statement.isBlank()) {
                  execute(sql, statement);
                }
              }
              sql.insert("migration", "name", name);
            }
          }
        });
  }

  private static void execute(Sql sql, String statement) {
    try {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new StoreException(statement, e);
    }
  }

  private static String read(String resource) {
    try (var in = Migrations.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new StoreException("migration " + resource + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new StoreException("migration " + resource + ": " + e.getMessage());
    }
  }
}
