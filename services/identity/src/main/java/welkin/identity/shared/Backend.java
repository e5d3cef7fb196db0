package welkin.identity.shared;

import java.time.InstantSource;
import welkin.core.Ids;
import welkin.core.RequestContext;
import welkin.store.Database;
import welkin.store.Events;
import welkin.store.Sql;

/** What every noun stands on. */
public record Backend(Database database, Events events, InstantSource clock, Ids ids, Epoch epoch) {

  /**
   * Writes keystone's notification of a change, in its audit form.
   *
   * @param noun e.g. {@code user}
   * @param verb {@code created}, {@code updated}, {@code deleted} or {@code disabled}
   * @param projectId the project that may see it, null for administrators only
   */
  public void tell(Sql sql, String noun, String verb, String projectId, String id) {
    var context = RequestContext.current();
    var payload =
        Cadf.event(
            ids.uuid(),
            clock.instant(),
            verb + "." + noun,
            "success",
            context.caller(),
            context.requestId(),
            noun,
            id);
    payload.put("resource_info", id);
    events.append(sql, "identity." + noun + "." + verb, projectId, id, payload);
  }
}
