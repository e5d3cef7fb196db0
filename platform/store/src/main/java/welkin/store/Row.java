package welkin.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import welkin.core.Json;

/** The current row of a result, read by column name. */
public final class Row {
  /** Turns a row into a record. */
  @FunctionalInterface
  public interface Mapper<T> {
    T map(Row row) throws SQLException;
  }

  private final ResultSet rs;
  private final Map<String, Integer> columns;

  Row(ResultSet rs, Map<String, Integer> columns) {
    this.rs = rs;
    this.columns = columns;
  }

  private int at(String column) throws SQLException {
    var i = columns.get(column);
    if (i == null) {
      throw new SQLException("no column " + column + " among " + columns.keySet());
    }
    return i;
  }

  public String text(String column) throws SQLException {
    return rs.getString(at(column));
  }

  public long number(String column) throws SQLException {
    return rs.getLong(at(column));
  }

  public int integer(String column) throws SQLException {
    return rs.getInt(at(column));
  }

  public double decimal(String column) throws SQLException {
    return rs.getDouble(at(column));
  }

  /** A number that may be null. */
  public Long numberOrNull(String column) throws SQLException {
    long v = rs.getLong(at(column));
    return rs.wasNull() ? null : v;
  }

  /** An integer that may be null. */
  public Integer integerOrNull(String column) throws SQLException {
    int v = rs.getInt(at(column));
    return rs.wasNull() ? null : v;
  }

  /** A flag stored as 0 or 1. */
  public boolean flag(String column) throws SQLException {
    return rs.getInt(at(column)) != 0;
  }

  /** A time stored as microseconds since the epoch, or null. */
  public Instant time(String column) throws SQLException {
    long v = rs.getLong(at(column));
    return rs.wasNull() ? null : Times.instant(v);
  }

  /** A JSON document, or null. */
  public JsonNode json(String column) throws SQLException {
    var v = rs.getString(at(column));
    return v == null ? null : Json.MAPPER.readTree(v);
  }

  /** A JSON document as a record, or null. */
  public <T> T json(String column, Class<T> type) throws SQLException {
    return Json.read(rs.getString(at(column)), type);
  }

  public Map<String, String> stringMap(String column) throws SQLException {
    return Json.stringMap(rs.getString(at(column)));
  }

  public java.util.List<String> stringList(String column) throws SQLException {
    return Json.stringList(rs.getString(at(column)));
  }

  /** The raw value, for sort markers. */
  public Object value(String column) throws SQLException {
    return rs.getObject(at(column));
  }
}
