package welkin.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;

/**
 * Statements on one connection, inside {@link Database#read} or {@link Database#tx}. Arguments are
 * bound, never pasted: texts, numbers, flags (stored 0/1), times (stored as microseconds), enums
 * (by name), and anything else (maps, lists, records, trees) as JSON text. Statements are prepared
 * once per connection.
 */
public final class Sql {
  private static final int CACHE = 300;
  private static final Object[] NOTHING = {};
  private final Connection connection;
  private final Dialect dialect;
  private final InstantSource clock;
  private StoreException failure;
  private boolean untouched = true;
  private List<Runnable> afterCommit = new ArrayList<>();
  private final Map<String, Prepared> cache =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Prepared> eldest) {
          if (size() <= CACHE) {
            return false;
          }
          eldest.getValue().close();
          return true;
        }
      };

  private static final class Prepared {
    final PreparedStatement statement;
    Map<String, Integer> columns;
    boolean busy;

    Prepared(PreparedStatement statement) {
      this.statement = statement;
    }

    void close() {
      try {
        statement.close();
      } catch (SQLException e) {
        // it went with its connection
      }
    }
  }

  Sql(Connection connection, Dialect dialect, InstantSource clock) {
    this.connection = connection;
    this.dialect = dialect;
    this.clock = clock;
  }

  /**
   * The database's own time, the same for every process that works on it: for leases and deadlines
   * that several processes compare. On SQLite the process' clock.
   */
  public Instant now() {
    return clock.instant();
  }

  /**
   * Runs {@code hint} once this transaction is durable, on the thread that made it; never when it
   * is rolled back. For hints only ("look again"): a process that dies in between never runs it.
   */
  public void afterCommit(Runnable hint) {
    afterCommit.add(hint);
  }

  /**
   * Fails when a statement failed and the work went on as if it had not: PostgreSQL would have
   * refused every later statement, so no engine may let it pass.
   */
  void mustBeSound() {
    if (failure != null) {
      throw failure;
    }
  }

  /** Whether no statement has succeeded on it. */
  boolean isUntouched() {
    return untouched;
  }

  /** The first statement's failure since the last call, or null. */
  StoreException takeFailure() {
    var f = failure;
    failure = null;
    return f;
  }

  List<Runnable> takeAfterCommit() {
    if (afterCommit.isEmpty()) {
      return List.of();
    }
    var hints = afterCommit;
    afterCommit = new ArrayList<>();
    return hints;
  }

  public Dialect dialect() {
    return dialect;
  }

  public <T> List<T> list(String sql, Row.Mapper<T> mapper, Object... args) {
    return run(
        sql,
        args,
        p -> {
          var out = new ArrayList<T>();
          try (var rs = p.statement.executeQuery()) {
            var row = new Row(rs, columns(p, rs));
            while (rs.next()) {
              out.add(mapper.map(row));
            }
          }
          return out;
        });
  }

  /** The first row, if any. */
  public <T> Optional<T> one(String sql, Row.Mapper<T> mapper, Object... args) {
    return run(
        sql,
        args,
        p -> {
          try (var rs = p.statement.executeQuery()) {
            return rs.next()
                ? Optional.of(mapper.map(new Row(rs, columns(p, rs))))
                : Optional.<T>empty();
          }
        });
  }

  /** The first column of the first row as a number; 0 when there is none. */
  public long number(String sql, Object... args) {
    return run(
        sql,
        args,
        p -> {
          try (var rs = p.statement.executeQuery()) {
            return rs.next() ? rs.getLong(1) : 0L;
          }
        });
  }

  public boolean exists(String sql, Object... args) {
    return run(
        sql,
        args,
        p -> {
          try (var rs = p.statement.executeQuery()) {
            return rs.next();
          }
        });
  }

  /**
   * Changes rows and says how many.
   *
   * @throws DuplicateKey when a unique key stands in the way
   */
  public int update(String sql, Object... args) {
    return run(sql, args, p -> p.statement.executeUpdate());
  }

  /** Inserts a row of {@code column, value, ...} pairs. */
  public void insert(String table, Object... pairs) {
    var sql = new StringBuilder("INSERT INTO ").append(table).append(" (");
    var marks = new StringBuilder();
    var args = new Object[pairs.length / 2];
    for (int i = 0; i < pairs.length; i += 2) {
      sql.append(i == 0 ? "" : ", ").append(pairs[i]);
      marks.append(i == 0 ? "?" : ", ?");
      args[i / 2] = pairs[i + 1];
    }
    update(sql.append(") VALUES (").append(marks).append(')').toString(), args);
  }

  /**
   * Runs one statement for each row of arguments, in one go where there is a network in between.
   *
   * @throws DuplicateKey when a unique key stands in the way of one of them
   */
  public void batch(String sql, Collection<Object[]> rows) {
    if (dialect == Dialect.SQLITE || rows.size() < 2) {
      rows.forEach(row -> update(sql, row));
      return;
    }
    run(
        sql,
        NOTHING,
        p -> {
          for (var row : rows) {
            bind(p.statement, row);
            p.statement.addBatch();
          }
          return p.statement.executeBatch();
        });
  }

  /** Inserts a row unless its key exists: returns how many rows were inserted. */
  public int insertIfAbsent(String table, Object... pairs) {
    var sql = new StringBuilder();
    var marks = new StringBuilder();
    var args = new Object[pairs.length / 2];
    for (int i = 0; i < pairs.length; i += 2) {
      sql.append(i == 0 ? "" : ", ").append(pairs[i]);
      marks.append(i == 0 ? "?" : ", ?");
      args[i / 2] = pairs[i + 1];
    }
    var text = dialect.insertIfAbsent(table, sql.toString(), marks.toString());
    if (text != null) {
      return update(text, args);
    }
    try {
      return update("INSERT INTO " + table + " (" + sql + ") VALUES (" + marks + ")", args);
    } catch (DuplicateKey there) {
      failure = failure == there ? null : failure;
      return 0;
    }
  }

  void execute(String sql) throws SQLException {
    try {
      prepared(sql).statement.execute();
    } catch (SQLException e) {
      forget(sql);
      throw e;
    }
  }

  /** A driver may have closed a statement that failed, as SQLite's does when the disk is full. */
  private void forget(String sql) {
    var p = cache.remove(sql);
    if (p != null && !p.busy) {
      p.close();
    }
  }

  private interface Use<T> {
    T on(Prepared p) throws SQLException;
  }

  private <T> T run(String sql, Object[] args, Use<T> use) {
    Prepared p = null;
    boolean own = false;
    try {
      p = prepared(sql);
      if (p.busy) { // the same statement inside its own row mapper: a fresh one
        p = new Prepared(connection.prepareStatement(dialect.statement(sql)));
        own = true;
      }
      p.busy = true;
      bind(p.statement, args);
      var result = use.on(p);
      untouched = false;
      return result;
    } catch (SQLException e) {
      if (dialect.isTooLarge(e)) {
        failure = failure == null ? new StoreException(sql, e) : failure;
        throw Fault.badRequest("A value is too long or too large to be kept.");
      }
      var f = StoreException.of(dialect, sql, e);
      failure = failure == null ? f : failure;
      if (p != null && !own) {
        p.busy = false;
        forget(sql);
      }
      throw f;
    } finally {
      if (p != null) {
        p.busy = false;
        if (own) {
          p.close();
        }
      }
    }
  }

  private Prepared prepared(String sql) throws SQLException {
    var p = cache.get(sql);
    if (p == null) {
      p = new Prepared(connection.prepareStatement(dialect.statement(sql)));
      cache.put(sql, p);
    }
    return p;
  }

  private static Map<String, Integer> columns(Prepared p, ResultSet rs) throws SQLException {
    if (p.columns == null) {
      var meta = rs.getMetaData();
      var m = new HashMap<String, Integer>();
      for (int i = 1; i <= meta.getColumnCount(); i++) {
        m.putIfAbsent(meta.getColumnLabel(i).toLowerCase(java.util.Locale.ROOT), i);
      }
      p.columns = m;
    }
    return p.columns;
  }

  private static void bind(PreparedStatement s, Object[] args) throws SQLException {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case null -> s.setObject(i + 1, null);
        case String v -> s.setString(i + 1, storable(v));
        case Integer v -> s.setInt(i + 1, v);
        case Long v -> s.setLong(i + 1, v);
        case Double v -> s.setDouble(i + 1, v);
        case Number v -> s.setObject(i + 1, v);
        case Boolean v -> s.setInt(i + 1, v ? 1 : 0);
        case Instant v -> s.setLong(i + 1, Times.micros(v));
        case Enum<?> v -> s.setString(i + 1, v.name());
        case byte[] v -> s.setBytes(i + 1, v);
        case JsonNode v -> s.setString(i + 1, Json.text(v));
        case Object v -> s.setString(i + 1, Json.text(v));
      }
    }
  }

  /** PostgreSQL has no texts with a NUL, so no engine takes one; only a broken client sends it. */
  private static String storable(String text) {
    if (text.indexOf('\0') >= 0) {
      throw Fault.badRequest("A text with a NUL character is not accepted.");
    }
    return text;
  }

  void close() throws SQLException {
    cache.values().forEach(Prepared::close);
    cache.clear();
    connection.close();
  }
}
