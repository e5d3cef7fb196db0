package welkin.network.agent;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import welkin.network.agent.Agents.Agent;
import welkin.network.agent.Agents.Pulse;
import welkin.store.ByIds;
import welkin.store.Row;
import welkin.store.Sql;

/** SQL of agents. */
final class AgentStore {
  /** How many agents one statement dates; a fixed number, so that it is prepared once. */
  private static final int AT_ONCE = 50;

  private AgentStore() {}

  private static Agent map(Row r) throws java.sql.SQLException {
    return new Agent(
        r.text("id"),
        r.text("agent_type"),
        r.text("binary_name"),
        r.text("host"),
        r.flag("admin_state_up"),
        r.text("description"),
        r.text("configurations"),
        r.text("created_at"),
        r.text("started_at"),
        r.number("heartbeat"),
        r.number("heard"),
        r.number("stamp"));
  }

  static Optional<Agent> find(Sql sql, String id) {
    return sql.one("SELECT * FROM agent WHERE id = ?", AgentStore::map, id);
  }

  static Optional<Agent> find(Sql sql, String type, String host) {
    return sql.one(
        "SELECT * FROM agent WHERE agent_type = ? AND host = ?", AgentStore::map, type, host);
  }

  static List<Agent> all(Sql sql, List<String> ids) {
    return ByIds.list(sql, "SELECT * FROM agent WHERE id IN ", ids, AgentStore::map);
  }

  /** Writes what living agents say of themselves: id to text. */
  static void said(Sql sql, Map<String, String> texts) {
    texts.forEach(
        (id, text) ->
            sql.send(
                "UPDATE agent SET configurations = ?, stamp = stamp + 1 WHERE id = ?", text, id));
  }

  private static final String PULSE = "SELECT id, heartbeat, heard, stamp FROM agent";

  private static Pulse pulse(Row r) throws java.sql.SQLException {
    return new Pulse(r.text("id"), r.number("heartbeat"), r.number("heard"), r.number("stamp"));
  }

  /** What changes often, of every agent. */
  static List<Pulse> pulses(Sql sql) {
    return sql.list(PULSE, AgentStore::pulse);
  }

  /** The same, of those that spoke after a heartbeat. */
  static List<Pulse> pulses(Sql sql, long after) {
    return sql.list(PULSE + " WHERE heartbeat > ?", AgentStore::pulse, after);
  }

  /** What all rows together say, see {@link Agents.Sum}. */
  static Agents.Sum sum(Sql sql) {
    return sql.one(
            "SELECT COUNT(*) AS n, COALESCE(SUM(stamp), 0) AS stamps, COALESCE(SUM(heartbeat % "
                + Agents.Sum.BELOW
                + "), 0) AS heartbeats, COALESCE(SUM(heard % "
                + Agents.Sum.BELOW
                + "), 0) AS heards FROM agent",
            r ->
                new Agents.Sum(
                    r.number("n"), r.number("stamps"), r.number("heartbeats"), r.number("heards")))
        .orElseThrow();
  }

  static void insert(Sql sql, Agent a) {
    sql.insert(
        "agent",
        "id",
        a.id(),
        "agent_type",
        a.type(),
        "binary_name",
        a.binary(),
        "host",
        a.host(),
        "admin_state_up",
        a.adminUp(),
        "description",
        a.description(),
        "configurations",
        a.configurations(),
        "created_at",
        a.createdAt(),
        "started_at",
        a.startedAt(),
        "heartbeat",
        a.heartbeat(),
        "heard",
        a.heard(),
        "stamp",
        a.stamp());
  }

  /** Writes what an agent said of itself. */
  static void told(Sql sql, Agent a) {
    sql.update(
        "UPDATE agent SET configurations = ?, started_at = ?, heartbeat = ?, heard = ?, stamp ="
            + " stamp + 1 WHERE id = ?",
        a.configurations(),
        a.startedAt(),
        a.heartbeat(),
        a.heard(),
        a.id());
  }

  /** Writes what an administrator wants of it. */
  static void set(Sql sql, String id, boolean adminUp, String description) {
    sql.update(
        "UPDATE agent SET admin_state_up = ?, description = ?, stamp = stamp + 1 WHERE id = ?",
        adminUp,
        description,
        id);
  }

  /** Dates the signs of life of many agents. */
  static void seen(Sql sql, List<String> ids, long heartbeat, long heard) {
    var marks = String.join(", ", Collections.nCopies(AT_ONCE, "?"));
    for (int from = 0; from < ids.size(); from += AT_ONCE) {
      var args = new Object[AT_ONCE + 2];
      args[0] = heartbeat;
      args[1] = heard;
      for (int i = 0; i < AT_ONCE; i++) {
        args[2 + i] = ids.get(Math.min(from + i, ids.size() - 1));
      }
      sql.update("UPDATE agent SET heartbeat = ?, heard = ? WHERE id IN (" + marks + ")", args);
    }
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM agent WHERE id = ?", id);
  }
}
