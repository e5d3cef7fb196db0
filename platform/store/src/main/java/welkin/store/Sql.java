package welkin.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
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

  /** So many statements go to the server in one go. */
  private static final int TOGETHER = 16;

  private final Connection connection;
  private final Dialect dialect;
  private final InstantSource clock;
  private StoreException failure;
  private boolean untouched = true;
  private final List<Waiting> waiting = new ArrayList<>();
  private boolean markWaits;
  private final Set<Runnable> afterCommit = new LinkedHashSet<>();
  private final Map<Class<?>, Database.Action> atEnd = new LinkedHashMap<>();

  /** By text, or by the texts of what is sent together. */
  private final Map<Object, Prepared> cache =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Prepared> eldest) {
          if (size() <= CACHE) {
            return false;
          }
          eldest.getValue().close();
          return true;
        }
      };

  /**
   * A statement on its way with the next one.
   *
   * @param asked whose outcome it is; null when nobody looks at it
   */
  private record Waiting(String sql, Object[] args, Asked<?> asked) {}

  private static final class Prepared {
    final PreparedStatement statement;

    /** Of each result it has, in order. */
    final List<Map<String, Integer>> columns = new ArrayList<>();

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
    var row = new Row(rs, columns(p, position, rs));
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
                ? Optional.of(mapper.map(new Row(rs, columns(p, before.size(), rs))))
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
    waiting.add(new Waiting(sql, fixed(args), asked));
    if (waiting.size() >= TOGETHER) {
      flush();
    }
  }

  /** Inserts a row as {@link #send} changes rows: its key must be new. */
  public void sendInsert(String table, Object... pairs) {
    send(insertion(table, pairs), values(pairs));
  }

  /**
   * Inserts rows with the same columns as {@link #send} changes rows: one statement for all.
   *
   * @param rows {@code column, value, ...} pairs each
   */
  public void sendInserts(String table, List<Object[]> rows) {
    if (!rows.isEmpty()) {
      send(
          insertion(table, rows.getFirst())
              + (", (" + marks(rows.getFirst()) + ")").repeat(rows.size() - 1),
          rows.stream().flatMap(row -> Arrays.stream(values(row))).toArray());
    }
  }

  /** Inserts a row unless its key exists, as {@link #send} changes rows. */
  public void sendIfAbsent(String table, Object... pairs) {
    if (gathers()) {
      send(dialect.insertIfAbsent(table, columns(pairs), marks(pairs)), values(pairs));
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
      waiting.add(new Waiting(c.sql, fixed(c.args), null));
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
    update(insertion(table, pairs), values(pairs));
  }

  /** The statements that insert rows, by table: there are few, and each is made once. */
  private static final Map<String, List<Insertion>> INSERTIONS = new ConcurrentHashMap<>();

  private record Insertion(Object[] pairs, String text) {
    boolean isOf(Object[] others) {
      for (int i = 0; i < others.length; i += 2) {
        if (i >= pairs.length || !pairs[i].equals(others[i])) {
          return false;
        }
      }
      return pairs.length == others.length;
    }
  }

  private static String insertion(String table, Object[] pairs) {
    var made = INSERTIONS.computeIfAbsent(table, t -> new CopyOnWriteArrayList<>());
    for (var insertion : made) {
      if (insertion.isOf(pairs)) {
        return insertion.text;
      }
    }
    var names = pairs.clone();
    for (int i = 1; i < names.length; i += 2) {
      names[i] = null; // no value is kept
    }
    var text = "INSERT INTO " + table + " (" + columns(pairs) + ") VALUES (" + marks(pairs) + ")";
    made.add(new Insertion(names, text));
    return text;
  }

  private static String columns(Object[] pairs) {
    var out = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      out.append(i == 0 ? "" : ", ").append(pairs[i]);
    }
    return out.toString();
  }

  private static String marks(Object[] pairs) {
    return "?" + ", ?".repeat(pairs.length / 2 - 1);
  }

  private static Object[] values(Object[] pairs) {
    var out = new Object[pairs.length / 2];
    for (int i = 0; i < out.length; i++) {
      out[i] = pairs[2 * i + 1];
    }
    return out;
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
            mustBeStorable(row);
            bind(p.statement, row);
            p.statement.addBatch();
          }
          return p.statement.executeBatch();
        });
  }

  /** Inserts a row unless its key exists: returns how many rows were inserted. */
  public int insertIfAbsent(String table, Object... pairs) {
    var text = dialect.insertIfAbsent(table, columns(pairs), marks(pairs));
    if (text != null) {
      return update(text, values(pairs));
    }
    try {
      return update(insertion(table, pairs), values(pairs));
    } catch (DuplicateKey there) {
      failure = failure == there ? null : failure;
      return 0;
    }
  }

  void execute(String sql) throws SQLException {
    try {
      prepared(sql, List.of(), sql).statement.execute();
    } catch (SQLException e) {
      forget(sql);
      throw e;
    }
  }

  /** A driver may have closed a statement that failed, as SQLite's does when the disk is full. */
  private void forget(Object key) {
    var p = cache.remove(key);
    if (p != null && !p.busy) {
      p.close();
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
    mustBeStorable(args); // what waits must not be lost with it
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
    boolean own = false;
    Statements.ran(before.size() + 1);
    var key = key(before, sql);
    try {
      p = prepared(key, before, sql);
      if (p.busy) { // the same statement inside its own row mapper: a fresh one
        p = new Prepared(connection.prepareStatement(text(before, sql)));
        own = true;
      }
      p.busy = true;
      bind(p.statement, args);
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
      if (p != null && !own) {
        p.busy = false;
        forget(key);
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

  private Prepared prepared(Object key, List<Waiting> before, String sql) throws SQLException {
    var p = cache.get(key);
    if (p == null) {
      p = new Prepared(connection.prepareStatement(text(before, sql)));
      cache.put(key, p);
    }
    return p;
  }

  private static Map<String, Integer> columns(Prepared p, int position, ResultSet rs)
      throws SQLException {
    while (p.columns.size() <= position) {
      p.columns.add(null);
    }
    var known = p.columns.get(position);
    if (known == null) {
      var meta = rs.getMetaData();
      var m = new HashMap<String, Integer>();
      for (int i = 1; i <= meta.getColumnCount(); i++) {
        m.putIfAbsent(meta.getColumnLabel(i).toLowerCase(java.util.Locale.ROOT), i);
      }
      known = m;
      p.columns.set(position, known);
    }
    return known;
  }

  private static Object[] fixed(Object[] args) {
    var fixed = new Object[args.length];
    for (int i = 0; i < args.length; i++) {
      fixed[i] = fixed(args[i]);
    }
    return fixed;
  }

  /** What changes after the call is sent as it is now. */
  private static Object fixed(Object arg) {
    return switch (arg) {
      case null -> null;
      case String v -> storable(v);
      case Number v -> v;
      case Boolean v -> v;
      case Instant v -> v;
      case Enum<?> v -> v;
      case byte[] v -> v;
      case JsonNode v -> Json.text(v);
      case Object v -> Json.text(v);
    };
  }

  private static void bind(PreparedStatement s, Object[] args) throws SQLException {
    for (int i = 0; i < args.length; i++) {
      switch (args[i]) {
        case null -> s.setObject(i + 1, null);
        case String v -> s.setString(i + 1, v);
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

  private static void mustBeStorable(Object[] args) {
    for (var arg : args) {
      if (arg instanceof String text) {
        storable(text);
      }
    }
  }

  /**
   * PostgreSQL has no texts with a NUL and nobody has half a surrogate pair, so no engine takes
   * them; only a broken client sends them.
   */
  private static String storable(String text) {
    if (text.indexOf('\0') >= 0) {
      throw Fault.badRequest("A text with a NUL character is not accepted.");
    }
    if (!Json.isWhole(text)) {
      throw Fault.badRequest("A text with half a surrogate pair is not accepted.");
    }
    return text;
  }

  void close() throws SQLException {
    cache.values().forEach(Prepared::close);
    cache.clear();
    connection.close();
  }
}
