package welkin.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Brings a schema forward: each migration is a class-path resource, run once, in order, in the
 * transaction that holds the row that says so. There is no way back; a release must work on the
 * schema of the one before.
 */
final class Migrations {
  private static final List<String> PLATFORM =
      List.of(
          "/welkin/store/V001__platform.sql",
          "/welkin/store/V002__several_processes.sql",
          "/welkin/store/V003__listening.sql",
          "/welkin/store/V004__idempotency_at.sql",
          "/welkin/store/V005__event_floor.sql",
          "/welkin/store/V006__updates_in_place.sql");

  private Migrations() {}

  /** What ends a transaction and begins the next. */
  @FunctionalInterface
  interface Commit {
    void run() throws SQLException;
  }

  /** Inside a transaction, alone: all or nothing. */
  static void run(Sql sql, List<String> own) {
    var done = done(sql);
    for (var name : all(own)) {
      if (done.add(name)) {
        for (var statement : statements(sql, name)) {
          execute(sql, statement);
        }
        sql.insert("migration", "name", name);
      }
    }
  }

  /**
   * Where each CREATE and ALTER is a transaction of its own: alone, and every statement with the
   * row that says it was done, so that whoever comes after a crash goes on where it stopped.
   */
  static void runInSteps(Sql sql, Commit commit, List<String> own) throws SQLException {
    var done = done(sql);
    for (var name : all(own)) {
      if (done.add(name)) {
        int n = 0;
        for (var statement : statements(sql, name)) {
          var step = name + "#" + ++n;
          if (done.add(step)) {
            execute(sql, statement);
            sql.insert("migration", "name", step);
            commit.run();
          }
        }
        sql.insert("migration", "name", name);
        sql.update("DELETE FROM migration WHERE name LIKE ?", name + "#%");
        commit.run();
      }
    }
  }

  /** The newest migrations of a schema, for tools that compare two. */
  static List<String> all(List<String> own) {
    var all = new ArrayList<String>();
    all.addAll(PLATFORM);
    all.addAll(own);
    return all;
  }

  /** Whether a migration is of the tables every schema has. */
  static boolean isPlatform(String name) {
    return PLATFORM.contains(name);
  }

  private static HashSet<String> done(Sql sql) {
    execute(
        sql,
        sql.dialect()
            .render("CREATE TABLE IF NOT EXISTS migration (name VARCHAR(255) PRIMARY KEY)"));
    return new HashSet<>(sql.list("SELECT name FROM migration", r -> r.text("name")));
  }

  private static List<String> statements(Sql sql, String name) {
    var all = new ArrayList<String>();
    for (var statement : read(name).split(";\\s*(\\n|$)")) {
      var mine = sql.dialect().own(statement);
      if (!mine.isBlank()) {
        all.add(sql.dialect().render(mine));
      }
    }
    return all;
  }

  private static void execute(Sql sql, String statement) {
    try {
      sql.execute(statement);
    } catch (SQLException e) {
      throw StoreException.of(sql.dialect(), statement, e);
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
