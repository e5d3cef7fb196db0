package welkin.compute.usage;

import java.time.Instant;
import java.util.List;
import welkin.compute.server.FlavorCopy;
import welkin.store.Sql;

/** SQL of what servers took. */
final class UsageStore {
  private UsageStore() {}

  /**
   * Servers that ran at some time between two, in the order of their launch.
   *
   * @param projectId null for every project's
   */
  static List<Span> between(Sql sql, Instant start, Instant end, String projectId) {
    return sql.list(
        "SELECT id, project_id, name, vm_state, flavor, launched_at, terminated_at FROM"
            + " server WHERE launched_at IS NOT NULL AND launched_at < ? AND"
            + " (terminated_at IS NULL OR terminated_at > ?) AND (? IS NULL OR project_id"
            + " = ?) ORDER BY launched_at, id",
        r ->
            new Span(
                r.text("id"),
                r.text("project_id"),
                r.text("name"),
                r.text("vm_state"),
                r.json("flavor", FlavorCopy.class),
                r.time("launched_at"),
                r.time("terminated_at")),
        end,
        start,
        projectId,
        projectId);
  }
}
