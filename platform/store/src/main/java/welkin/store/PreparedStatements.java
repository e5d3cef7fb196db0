package welkin.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** The statements of one connection, each prepared once; the longest unused go first. */
final class PreparedStatements {
  private static final int MOST = 300;

  private final Connection connection;

  /** By text, or by the texts of what is sent together. */
  private final Map<Object, Prepared> kept =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Prepared> eldest) {
          if (size() <= MOST) {
            return false;
          }
          eldest.getValue().close();
          return true;
        }
      };

  PreparedStatements(Connection connection) {
    this.connection = connection;
  }

  /** One that somebody runs; whoever takes it gives it back. */
  static final class Prepared {
    final PreparedStatement statement;

    /** Of each result it has, in order. */
    private final List<Map<String, Integer>> columns = new ArrayList<>();

    private boolean kept;
    private boolean taken = true;

    private Prepared(PreparedStatement statement) {
      this.statement = statement;
    }

    /** The columns of one of its results, by name in small letters. */
    Map<String, Integer> columns(int position, ResultSet rs) throws SQLException {
      while (columns.size() <= position) {
        columns.add(null);
      }
      var known = columns.get(position);
      if (known == null) {
        var meta = rs.getMetaData();
        known = new HashMap<>();
        for (int i = 1; i <= meta.getColumnCount(); i++) {
          known.putIfAbsent(meta.getColumnLabel(i).toLowerCase(Locale.ROOT), i);
        }
        columns.set(position, known);
      }
      return known;
    }

    private void close() {
      try {
        statement.close();
      } catch (SQLException e) {
        // it went with its connection
      }
    }
  }

  /** The one of a key, or a fresh one when that is being run: inside its own row mapper. */
  Prepared take(Object key, Supplier<String> text) throws SQLException {
    var p = kept.get(key);
    if (p != null && !p.taken) {
      p.taken = true;
      return p;
    }
    var fresh = new Prepared(connection.prepareStatement(text.get()));
    if (p == null) {
      fresh.kept = true;
      kept.put(key, fresh);
    }
    return fresh;
  }

  void giveBack(Prepared p) {
    p.taken = false;
    if (!p.kept) {
      p.close();
    }
  }

  /** A driver may have closed a statement that failed, as SQLite's does when the disk is full. */
  void forget(Object key, Prepared p) {
    if (p.kept) {
      kept.remove(key, p);
      p.kept = false;
    }
  }

  void close() {
    kept.values().forEach(Prepared::close);
    kept.clear();
  }
}
