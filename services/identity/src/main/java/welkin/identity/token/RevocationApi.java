package welkin.identity.token;

import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.shared.Backend;

/** {@code /v3/OS-REVOKE/events}: which tokens were called back. */
public final class RevocationApi {
  private final Backend backend;

  public RevocationApi(Backend backend) {
    this.backend = backend;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-REVOKE");
    r.get("/events", this::list).policy("identity:list_revoke_events");
    return r;
  }

  private Answer list(Call call) {
    var body = Json.object();
    var list = body.putArray("events");
    for (var e : backend.database().read(RevocationStore::list)) {
      var node = list.addObject();
      node.put("issued_before", TokenWire.time(e.issuedBefore()));
      put(node, "audit_id", e.auditId());
      put(node, "user_id", e.userId());
      put(node, "project_id", e.projectId());
      put(node, "domain_id", e.domainId());
    }
    body.putObject("links")
        .putNull("next")
        .put("self", call.base() + call.servicePath())
        .putNull("previous");
    return Answer.ok(body);
  }

  private static void put(tools.jackson.databind.node.ObjectNode in, String name, String value) {
    if (value != null) {
      in.put(name, value);
    }
  }
}
