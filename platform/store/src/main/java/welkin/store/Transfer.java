package welkin.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.sqlite.JDBC;

/**
 * Moves the data of a cloud on SQLite to a database server, service by service and table by table,
 * each table in a transaction of its own. What was copied is noted there, so that a transfer that
 * was cut off goes on where it stopped; the files stay as they are.
 *
 * <p>Nothing else may work on either side meanwhile.
 */
public final class Transfer {
  private static final int BATCH = 500;
  private static final String NOTES = "transfer_note";
  private static final String WHOLE = "(source)";

  private final Path folder;
  private final DatabaseUrl target;
  private final Consumer<String> progress;

  /**
   * @param folder the state folder's {@code database}
   * @param progress is told a line for each service
   */
  public Transfer(Path folder, DatabaseUrl target, Consumer<String> progress) {
    if (target.engine() == Dialect.SQLITE) {
      throw new IllegalArgumentException("the target is a database server, not sqlite");
    }
    this.folder = folder;
    this.target = target;
    this.progress = progress;
  }

  /** The services whose files are in a state folder's {@code database}. */
  public static List<String> services(Path folder) throws java.io.IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".db"))
          .map(f -> f.substring(0, f.length() - 3))
          .sorted()
          .toList();
    }
  }

  /**
   * Copies everything and compares the counts.
   *
   * @return how many rows there are
   * @throws StoreException when the target holds data that did not come from here, when the source
   *     changed since a transfer that was cut off, or when a count differs
   */
  public long run() throws java.io.IOException {
    var services = services(folder);
    if (services.isEmpty()) {
      throw new StoreException("no data in " + folder);
    }
    services.forEach(this::mustBeOurs); // all of them before any is touched
    long rows = 0;
    for (var service : services) {
      rows += copy(service);
    }
    services.forEach(this::forgetNotes);
    return rows;
  }

  private void mustBeOurs(String service) {
    var connector = Connector.of(target, service);
    try {
      connector.create();
      try (var c = connector.connect(0)) {
        if (hasTable(c, connector, "migration") && !hasTable(c, connector, NOTES)) {
          throw new StoreException(
              connector.name()
                  + " holds data already; name a base that is empty or does not exist yet");
        }
        if (!hasTable(c, connector, NOTES)) {
          Connector.execute(
              c,
              target
                  .engine()
                  .render(
                      "CREATE TABLE "
                          + NOTES
                          + " (name VARCHAR(255) PRIMARY KEY, amount BIGINT NOT NULL)"));
        }
      }
    } catch (SQLException e) {
      throw StoreException.of(target.engine(), connector.name(), e);
    }
  }

  private void forgetNotes(String service) {
    var connector = Connector.of(target, service);
    try (var c = connector.connect(0)) {
      Connector.execute(c, "DROP TABLE " + NOTES);
    } catch (SQLException e) {
      throw StoreException.of(target.engine(), connector.name(), e);
    }
  }

  private static boolean hasTable(Connection c, Connector connector, String table)
      throws SQLException {
    return Connector.exists(
        c,
        "SELECT 1 FROM information_schema.tables WHERE table_schema = '"
            + connector.schema
            + "' AND table_name = ?",
        table);
  }

  private long copy(String service) {
    var file = folder.resolve(service + ".db");
    var connector = Connector.of(target, service);
    try (var from = JDBC.createConnection("jdbc:sqlite:" + file, new Properties())) {
      var migrations =
          texts(from, "SELECT name FROM migration ORDER BY rowid").stream()
              .filter(m -> !Migrations.isPlatform(m))
              .toList();
      // brings a file of an older release up to what the target will have
      Database.sqlite(file, Database.Durability.FULL, InstantSource.system(), migrations).close();
      connector.open(migrations);
      try (var to = connector.connect(0)) {
        to.setAutoCommit(false);
        return copy(from, to, connector);
      }
    } catch (SQLException e) {
      throw StoreException.of(target.engine(), connector.name(), e);
    }
  }

  private long copy(Connection from, Connection to, Connector connector) throws SQLException {
    var notes = notes(to);
    long position = number(from, "SELECT COALESCE(MAX(seq), 0) FROM event");
    if (notes.getOrDefault(WHOLE, position) != position) {
      throw new StoreException(
          "the source changed since the transfer that was cut off: drop "
              + connector.schema
              + " at "
              + target
              + " and begin again");
    }
    note(to, WHOLE, position);
    var tables = inOrder(from);
    long sum = 0;
    for (var table : tables) {
      long rows = number(from, "SELECT COUNT(*) FROM " + table);
      if (!notes.containsKey(table)) {
        copyTable(from, to, table);
        continueNumbering(from, to, connector, table);
        note(to, table, rows);
      }
      long there = number(to, "SELECT COUNT(*) FROM " + table);
      if (there != rows) {
        throw new StoreException(
            connector.schema + "." + table + " has " + there + " rows and should have " + rows);
      }
      sum += rows;
    }
    progress.accept(connector.schema + ": " + tables.size() + " tables, " + sum + " rows");
    return sum;
  }

  private static void copyTable(Connection from, Connection to, String table) throws SQLException {
    Connector.execute(to, "DELETE FROM " + table); // what a migration put there, or half a copy
    var all = columns(from, table);
    var names = String.join(", ", all);
    int columns = all.size();
    try (var s = from.createStatement();
        var rs = s.executeQuery("SELECT " + names + " FROM " + table)) {
      var text =
          "INSERT INTO " + table + " (" + names + ") VALUES (" + "?, ".repeat(columns - 1) + "?)";
      var tree = new Tree(selfReferences(from, table, rs));
      try (var insert = to.prepareStatement(text)) {
        insertAll(rs, columns, tree, insert);
      }
    }
    to.commit();
  }

  /** The columns of a table; what it makes of them itself is not named. */
  private static List<String> columns(Connection c, String table) throws SQLException {
    var all = new ArrayList<String>();
    try (var s = c.createStatement();
        var rs = s.executeQuery("PRAGMA table_info(" + table + ")")) {
      while (rs.next()) {
        all.add(rs.getString("name"));
      }
    }
    return all;
  }

  /** A column that points at another one of the same table; places of both in a row. */
  private record SelfReference(int from, int to) {}

  private static List<SelfReference> selfReferences(Connection c, String table, ResultSet rows)
      throws SQLException {
    var all = new ArrayList<SelfReference>();
    try (var s = c.createStatement();
        var rs = s.executeQuery("PRAGMA foreign_key_list(" + table + ")")) {
      while (rs.next()) {
        if (rs.getString("table").equalsIgnoreCase(table)) {
          all.add(
              new SelfReference(
                  rows.findColumn(rs.getString("from")) - 1,
                  rows.findColumn(rs.getString("to")) - 1));
        }
      }
    }
    return all;
  }

  /** What rows of a table that refers to itself are there already: parents come first. */
  private record Tree(List<SelfReference> references, Set<Object> there) {
    Tree(List<SelfReference> references) {
      this(references, new HashSet<>());
    }

    boolean takes(Object[] row) {
      for (var r : references) {
        var parent = row[r.from];
        if (parent != null && !there.contains(parent) && !parent.equals(row[r.to])) {
          return false;
        }
      }
      references.forEach(r -> there.add(row[r.to]));
      return true;
    }
  }

  private static void insertAll(ResultSet rs, int columns, Tree tree, PreparedStatement insert)
      throws SQLException {
    int waiting = 0;
    var later = new ArrayList<Object[]>();
    while (rs.next()) {
      var row = new Object[columns];
      for (int i = 0; i < columns; i++) {
        row[i] = rs.getObject(i + 1);
      }
      if (!tree.takes(row)) {
        later.add(row);
        continue;
      }
      add(insert, row);
      if (++waiting == BATCH) {
        insert.executeBatch();
        waiting = 0;
      }
    }
    insert.executeBatch();
    while (!later.isEmpty()) { // as often as the tree is deep
      var still = new ArrayList<Object[]>();
      for (var row : later) {
        if (tree.takes(row)) {
          add(insert, row);
        } else {
          still.add(row);
        }
      }
      if (still.size() == later.size()) {
        throw new StoreException(still.size() + " rows point at rows that do not exist");
      }
      insert.executeBatch();
      later = still;
    }
  }

  private static void add(PreparedStatement insert, Object[] row) throws SQLException {
    for (int i = 0; i < row.length; i++) {
      switch (row[i]) {
        case Integer v -> insert.setLong(i + 1, v);
        case byte[] v -> insert.setBytes(i + 1, v);
        case null -> insert.setObject(i + 1, null);
        case Object v -> insert.setObject(i + 1, v);
      }
    }
    insert.addBatch();
  }

  /** Numbers go on after the highest that was ever given, so that a cursor stays a position. */
  private static void continueNumbering(
      Connection from, Connection to, Connector connector, String table) throws SQLException {
    long last =
        number(
            from,
            "SELECT COALESCE(MAX(seq), -1) FROM sqlite_sequence WHERE name = '" + table + "'");
    if (last < 0) {
      return;
    }
    if (connector.url.engine() == Dialect.MARIADB) {
      Connector.execute(to, "ALTER TABLE " + table + " AUTO_INCREMENT = " + (last + 1));
    } else {
      var column =
          texts(from, "SELECT name FROM pragma_table_info('" + table + "') WHERE pk = 1")
              .getFirst();
      Connector.execute(
          to,
          "SELECT setval(pg_get_serial_sequence('"
              + connector.schema
              + "."
              + table
              + "', '"
              + column
              + "'), "
              + Math.max(1, last)
              + ", "
              + (last > 0)
              + ")");
    }
  }

  private static Map<String, Long> notes(Connection to) throws SQLException {
    var all = new HashMap<String, Long>();
    try (var s = to.createStatement();
        var rs = s.executeQuery("SELECT name, amount FROM " + NOTES)) {
      while (rs.next()) {
        all.put(rs.getString(1), rs.getLong(2));
      }
    }
    return all;
  }

  private static void note(Connection to, String name, long amount) throws SQLException {
    Connector.execute(to, "DELETE FROM " + NOTES + " WHERE name = '" + name + "'");
    Connector.execute(to, "INSERT INTO " + NOTES + " VALUES ('" + name + "', " + amount + ")");
    to.commit();
  }

  /** Every table with data, those that others refer to first. */
  static List<String> inOrder(Connection from) throws SQLException {
    var all =
        texts(
            from,
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND"
                + " name <> 'migration' ORDER BY name");
    var parents = new LinkedHashMap<String, Set<String>>();
    for (var table : all) {
      var of = new LinkedHashSet<String>();
      for (var p : texts(from, "SELECT \"table\" FROM pragma_foreign_key_list('" + table + "')")) {
        if (!p.equalsIgnoreCase(table)) {
          of.add(p);
        }
      }
      parents.put(table, of);
    }
    var ordered = new LinkedHashSet<String>();
    while (ordered.size() < all.size()) {
      int before = ordered.size();
      parents.forEach(
          (table, of) -> {
            if (ordered.containsAll(of)) {
              ordered.add(table);
            }
          });
      if (ordered.size() == before) {
        throw new StoreException("tables refer to each other in a circle: " + all);
      }
    }
    return List.copyOf(ordered);
  }

  private static List<String> texts(Connection c, String sql) throws SQLException {
    try (var s = c.createStatement();
        var rs = s.executeQuery(sql)) {
      var all = new ArrayList<String>();
      while (rs.next()) {
        all.add(rs.getString(1));
      }
      return all;
    }
  }

  private static long number(Connection c, String sql) throws SQLException {
    try (var s = c.createStatement();
        var rs = s.executeQuery(sql)) {
      rs.next();
      return rs.getLong(1);
    }
  }
}
