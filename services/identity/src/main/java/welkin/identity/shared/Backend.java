package welkin.identity.shared;

import java.time.InstantSource;
import java.util.Map;
import welkin.core.Ids;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** What every noun stands on. */
public record Backend(Database database, Events events, InstantSource clock, Ids ids, Epoch epoch) {

  /**
   * Writes keystone's basic notification of a change.
   *
   * @param noun e.g. {@code user}
   * @param verb {@code created}, {@code updated}, {@code deleted} or {@code disabled}
   * @param projectId the project that may see it, null for administrators only
   */
  public void tell(Sql sql, String noun, String verb, String projectId, String id) {
    events.append(sql, "identity." + noun + "." + verb, projectId, id, Map.of("resource_info", id));
  }
}
