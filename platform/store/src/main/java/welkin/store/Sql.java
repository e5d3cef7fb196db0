package welkin.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import welkin.core.Fault;
import welkin.store.PreparedStatements.Prepared;

/**
 * Statements on one connection, inside {@link Database#read} or {@link Database#tx}. Arguments are
 * bound, never pasted: texts, numbers, flags (stored 0/1), times (stored as microseconds), enums
 * (by name), and anything else (maps, lists, records, trees) as JSON text. Statements are prepared
 * once per connection.
 */
public final class Sql {
  private static final Object[] NOTHING = {};

  /** So many statements go to the server in one go. */
  private static final int TOGETHER = 16;

  private final Connection connection;
  private final PreparedStatements prepared;
  private final Dialect dialect;
  private final InstantSource clock;
  private StoreException failure;
  private boolean untouched = true;
  private final List<Waiting> waiting = new ArrayList<>();
  private boolean markWaits;
  private final Set<Runnable> afterCommit = new LinkedHashSet<>();
  private final Map<Class<?>, Database.Action> atEnd = new LinkedHashMap<>();

  /**
   * A statement on its way with the next one.
   *
   * @param asked whose outcome it is; null when nobody looks at it
   */
  private record Waiting(String sql, Object[] args, Asked<?> asked) {}

  Sql(Connection connection, Dialect dialect, InstantSource clock) {
    this.connection = connection;
    this.prepared = new PreparedStatements(connection);
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
   * Hints that are equal are one.
   */
  public void afterCommit(Runnable hint) {
    afterCommit.add(hint);
  }

  /**
   * What this transaction gathers to write it together as the last it does; nothing of it when it
   * is rolled back.
   *
   * @param kind of each there is one
   * @param make an empty one, for the first who asks; it is run when the work is done
   */
  public <T extends Database.Action> T atEnd(Class<T> kind, Supplier<T> make) {
    return kind.cast(atEnd.computeIfAbsent(kind, k -> make.get()));
  }

  void end() {
    if (failure == null) {
      atEnd.values().forEach(gathered -> gathered.run(this));
    }
  }

  /**
   * Fails when a statement failed and the work went on as if it had not: PostgreSQL would have
   * refused every later statement, so no engine may let it pass. What waits is sent before.
   */
  void mustBeSound() {
    flush();
    if (failure != null) {
      throw failure;
    }
  }

  /** Whether statements may wait for the next one; else they are run at once. */
  boolean gathers() {
    return dialect == Dialect.POSTGRESQL;
  }

  /** Sends this before whatever comes next; it marks what can be undone by itself. */
  void mark(String statement) {
    waiting.add(new Waiting(statement, NOTHING, null));
    markWaits = true;
  }

  /**
   * Forgets what was not sent.
   *
   * @return whether the mark was among it, so that nothing came after the mark
   */
  boolean dropWaiting() {
    waiting.clear();
    boolean waited = markWaits;
    markWaits = false;
    return waited;
  }

  private void flush() {
    if (!waiting.isEmpty()) {
      var last = waiting.removeLast();
      run(
          last.sql,
          last.args,
          (p, before) ->
              last.asked == null
                  ? count(p, before)
                  : last.asked.read(p, before.size(), rows(p, before)));
    }
  }

  /** Nothing that was asked of it before counts. */
  void beginReading() {
    dropWaiting();
    takeAfterCommit();
    failure = null;
    untouched = true;
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

  /** The hints of the work that ends; the next one on this connection begins anew. */
  List<Runnable> takeAfterCommit() {
    atEnd.clear();
    if (afterCommit.isEmpty()) {
      return List.of();
    }
    var hints = List.copyOf(afterCommit);
    afterCommit.clear();
    return hints;
  }

  public Dialect dialect() {
    return dialect;
  }

  public <T> List<T> list(String sql, Row.Mapper<T> mapper, Object... args) {
    return run(
        sql,
        args,
        (p, before) -> {
          try (var rs = rows(p, before)) {
            return all(p, before.size(), rs, mapper);
          }
        });
  }

  private static <T> List<T> all(Prepared p, int position, ResultSet rs, Row.Mapper<T> mapper)
      throws SQLException {
    var out = new ArrayList<T>();
    var row = new Row(rs, p.columns(position, rs));
    while (rs.next()) {
      out.add(mapper.map(row));
    }
    return out;
  }

  /** The rows of a statement that may not have been sent yet. */
  public final class Asked<T> {
    private final Row.Mapper<T> mapper;
    private List<T> rows;

    private Asked(Row.Mapper<T> mapper) {
      this.mapper = mapper;
    }

    /** Sends what waits, when this does. */
    public List<T> list() {
      if (rows == null) {
        flush();
      }
      if (rows == null) {
        throw new IllegalStateException("asked in a transaction that was undone");
      }
      return rows;
    }

    /** The first row, if any. */
    public Optional<T> one() {
      return list().stream().findFirst();
    }

    private int read(Prepared p, int position, ResultSet rs) throws SQLException {
      rows = all(p, position, rs, mapper);
      return rows.size();
    }
  }

  /**
   * Asks for rows that are looked at later: where there is a network in between the statement goes
   * to the server with the next one whose outcome is wanted, so that one wait is for all of them.
   * What was sent before is seen by it, what comes after is not.
   */
  public <T> Asked<T> ask(String sql, Row.Mapper<T> mapper, Object... args) {
    var asked = new Asked<T>(mapper);
    if (gathers()) {
      wait(sql, args, asked);
    } else {
      asked.rows = list(sql, mapper, args);
    }
    return asked;
  }

  /** The first row, if any. */
  public <T> Optional<T> one(String sql, Row.Mapper<T> mapper, Object... args) {
    return run(
        sql,
        args,
        (p, before) -> {
          try (var rs = rows(p, before)) {
            return rs.next()
                ? Optional.of(mapper.map(new Row(rs, p.columns(before.size(), rs))))
                : Optional.<T>empty();
          }
        });
  }

  /** The first column of the first row as a number; 0 when there is none. */
  public long number(String sql, Object... args) {
    return run(
        sql,
        args,
        (p, before) -> {
          try (var rs = rows(p, before)) {
            return rs.next() ? rs.getLong(1) : 0L;
          }
        });
  }

  /** Asks for nothing but an answer; fails when there is none. */
  public boolean answers() {
    return number("SELECT 1") == 1;
  }

  public boolean exists(String sql, Object... args) {
    return run(
        sql,
        args,
        (p, before) -> {
          try (var rs = rows(p, before)) {
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
    return run(sql, args, Sql::count);
  }

  /**
   * Changes rows without saying how many, for changes that fail only by a fault of ours: where
   * there is a network in between they go to the server with the next statement, or with the end of
   * the transaction, so that nobody waits for each of them.
   */
  public void send(String sql, Object... args) {
    if (!gathers()) {
      update(sql, args);
      return;
    }
    wait(sql, args, null);
  }

  private void wait(String sql, Object[] args, Asked<?> asked) {
    waiting.add(new Waiting(sql, Values.fixed(args), asked));
    if (waiting.size() >= TOGETHER) {
      flush();
    }
  }

  /** Inserts a row as {@link #send} changes rows: its key must be new. */
  public void sendInsert(String table, Object... pairs) {
    send(Insertion.text(table, pairs), Insertion.values(pairs));
  }

  /**
   * Inserts rows with the same columns as {@link #send} changes rows: one statement for all.
   *
   * @param rows {@code column, value, ...} pairs each
   */
  public void sendInserts(String table, List<Object[]> rows) {
    if (!rows.isEmpty()) {
      send(
          Insertion.text(table, rows.getFirst())
              + (", (" + Insertion.marks(rows.getFirst()) + ")").repeat(rows.size() - 1),
          rows.stream().flatMap(row -> Arrays.stream(Insertion.values(row))).toArray());
    }
  }

  /** Inserts a row unless its key exists, as {@link #send} changes rows. */
  public void sendIfAbsent(String table, Object... pairs) {
    if (gathers()) {
      send(
          dialect.insertIfAbsent(table, Insertion.columns(pairs), Insertion.marks(pairs)),
          Insertion.values(pairs));
    } else {
      insertIfAbsent(table, pairs);
    }
  }

  /**
   * A change of rows.
   *
   * @param args its values
   */
  public record Change(String sql, Object... args) {}

  /** Makes several changes, in one go where there is a network in between; the rows of each. */
  public int[] updateAll(List<Change> changes) {
    var counts = new int[changes.size()];
    if (!gathers() || changes.size() > TOGETHER) {
      for (int i = 0; i < counts.length; i++) {
        counts[i] = update(changes.get(i).sql, changes.get(i).args);
      }
      return counts;
    }
    int earlier = waiting.size();
    for (var c : changes) {
      waiting.add(new Waiting(c.sql, Values.fixed(c.args), null));
    }
    var last = waiting.removeLast();
    return run(
        last.sql,
        last.args,
        (p, before) -> {
          p.statement.execute();
          skip(p, before.subList(0, earlier));
          for (int i = 0; i < counts.length; i++) {
            counts[i] = p.statement.getUpdateCount();
            p.statement.getMoreResults();
          }
          return counts;
        });
  }

  /** Inserts a row of {@code column, value, ...} pairs. */
  public void insert(String table, Object... pairs) {
    update(Insertion.text(table, pairs), Insertion.values(pairs));
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
    flush();
    run(
        sql,
        NOTHING,
        (p, before) -> {
          for (var row : rows) {
            Values.mustBeStorable(row);
            Values.bind(p.statement, row);
            p.statement.addBatch();
          }
          return p.statement.executeBatch();
        });
  }

  /** Inserts a row unless its key exists: returns how many rows were inserted. */
  public int insertIfAbsent(String table, Object... pairs) {
    var text = dialect.insertIfAbsent(table, Insertion.columns(pairs), Insertion.marks(pairs));
    if (text != null) {
      return update(text, Insertion.values(pairs));
    }
    try {
      return update(Insertion.text(table, pairs), Insertion.values(pairs));
    } catch (DuplicateKey there) {
      failure = failure == there ? null : failure;
      return 0;
    }
  }

  void execute(String sql) throws SQLException {
    var p = prepared.take(sql, () -> dialect.statement(sql));
    try {
      p.statement.execute();
    } catch (SQLException e) {
      prepared.forget(sql, p);
      throw e;
    } finally {
      prepared.giveBack(p);
    }
  }

  /**
   * How a statement is run and its outcome read.
   *
   * @param <T> what it gives
   */
  private interface Use<T> {
    /**
     * @param before the statements that come before it in what is sent
     */
    T on(Prepared p, List<Waiting> before) throws SQLException;
  }

  private static ResultSet rows(Prepared p, List<Waiting> before) throws SQLException {
    if (before.isEmpty()) {
      return p.statement.executeQuery();
    }
    p.statement.execute();
    skip(p, before);
    return p.statement.getResultSet();
  }

  private static int count(Prepared p, List<Waiting> before) throws SQLException {
    if (before.isEmpty()) {
      return p.statement.executeUpdate();
    }
    p.statement.execute();
    skip(p, before);
    return p.statement.getUpdateCount();
  }

  /** Goes past the outcomes of what was sent before, and keeps those that were asked for. */
  private static void skip(Prepared p, List<Waiting> before) throws SQLException {
    for (int i = 0; i < before.size(); i++) {
      var asked = before.get(i).asked;
      if (asked != null) {
        asked.read(p, i, p.statement.getResultSet());
      }
      p.statement.getMoreResults();
    }
  }

  private <T> T run(String sql, Object[] args, Use<T> use) {
    Values.mustBeStorable(args); // what waits must not be lost with it
    if (waiting.isEmpty()) {
      return run(sql, args, List.of(), use);
    }
    int size = args.length;
    for (var w : waiting) {
      size += w.args.length;
    }
    var all = new Object[size];
    int at = 0;
    for (var w : waiting) {
      System.arraycopy(w.args, 0, all, at, w.args.length);
      at += w.args.length;
    }
    System.arraycopy(args, 0, all, at, args.length);
    var before = List.copyOf(waiting);
    dropWaiting();
    return run(sql, all, before, use);
  }

  /** What is sent in one go. */
  private String text(List<Waiting> before, String sql) {
    var text = new StringBuilder();
    before.forEach(w -> text.append(dialect.statement(w.sql)).append("; "));
    return text.append(dialect.statement(sql)).toString();
  }

  private static Object key(List<Waiting> before, String sql) {
    if (before.isEmpty()) {
      return sql;
    }
    var texts = new ArrayList<String>(before.size() + 1);
    before.forEach(w -> texts.add(w.sql));
    texts.add(sql);
    return texts;
  }

  private <T> T run(String sql, Object[] args, List<Waiting> before, Use<T> use) {
    Prepared p = null;
    Statements.ran(before.size() + 1);
    var key = key(before, sql);
    try {
      p = prepared.take(key, () -> text(before, sql));
      Values.bind(p.statement, args);
      var result = use.on(p, before);
      untouched = false;
      return result;
    } catch (SQLException e) {
      if (dialect.isTooLarge(e)) {
        failure = failure == null ? new StoreException(text(before, sql), e) : failure;
        throw Fault.badRequest("A value is too long or too large, or there are too many.");
      }
      var f = StoreException.of(dialect, text(before, sql), e);
      failure = failure == null ? f : failure;
      if (p != null) {
        prepared.forget(key, p);
      }
      throw f;
    } finally {
      if (p != null) {
        prepared.giveBack(p);
      }
    }
  }

  void close() throws SQLException {
    prepared.close();
    connection.close();
  }
}
