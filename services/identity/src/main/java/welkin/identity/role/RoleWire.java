package welkin.identity.role;

import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;

/** Roles as keystone shows them. */
public final class RoleWire {
  private RoleWire() {}

  public static ObjectNode show(Call call, Role r) {
    var out = r.extra().deepCopy();
    out.put("id", r.id());
    out.put("name", r.name());
    out.put("domain_id", r.domainId());
    out.put("description", r.description());
    out.set("options", r.options());
    out.putObject("links").put("self", call.base() + "/v3/roles/" + r.id());
    return out;
  }

  /** A role inside an inference rule. */
  static ObjectNode brief(Call call, Role r) {
    var out = welkin.core.Json.object();
    out.put("id", r.id());
    out.put("name", r.name());
    out.putObject("links").put("self", call.base() + "/v3/roles/" + r.id());
    return out;
  }
}
