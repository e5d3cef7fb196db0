package welkin.network.agent;

import java.util.List;
import welkin.network.agent.Agents.Agent;
import welkin.store.Sql;

/** Agents as they were last written down. */
final class AgentStore {
  private AgentStore() {}

  static List<Agent> all(Sql sql) {
    return sql.list(
        "SELECT * FROM agent",
        r ->
            new Agent(
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
                r.number("heartbeat")));
  }

  static void write(Sql sql, Agent a) {
    if (sql.update(
            "UPDATE agent SET configurations = ?, started_at = ?, heartbeat = ?,"
                + " admin_state_up = ?, description = ? WHERE id = ?",
            a.configurations(),
            a.startedAt(),
            a.heartbeat(),
            a.adminUp(),
            a.description(),
            a.id())
        == 0) {
      // another process may have met the same agent in this moment: its row stays, ours is
      // forgotten
      sql.insertIfAbsent(
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
          a.heartbeat());
    }
  }

  /** Writes signs of life, and what came with them; what an administrator set stays as it is. */
  static void beat(Sql sql, Agent a) {
    if (sql.update(
            "UPDATE agent SET configurations = ?, started_at = ?, heartbeat = ? WHERE id = ?",
            a.configurations(),
            a.startedAt(),
            a.heartbeat(),
            a.id())
        == 0) {
      write(sql, a);
    }
  }

  static void delete(Sql sql, String id) {
    sql.update("DELETE FROM agent WHERE id = ?", id);
  }
}
