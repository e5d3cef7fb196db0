package welkin.network.resource;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import tools.jackson.databind.JsonNode;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.store.Events;
import welkin.store.Sql;

/** Time, names and the event log, as every store of this service needs them. */
public record Journal(InstantSource clock, Ids ids, Events events) {
  /** Now, as the API shows times: UTC to the second. */
  public String now() {
    return clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Writes {@code KIND.VERB.end} with the document under its kind. */
  public void tell(Sql sql, String kind, String verb, Resource resource) {
    var project = resource.projectId();
    JsonNode payload =
        verb.equals("delete")
            ? Json.object().put(kind + "_id", resource.id()).set(kind, resource.document())
            : Json.object().set(kind, resource.document());
    events.append(
        sql,
        kind + "." + verb + ".end",
        project == null || project.isEmpty() ? null : project,
        resource.id(),
        payload);
  }
}
