package welkin.identity.group;

import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;

/** Groups as keystone shows them. */
public final class GroupWire {
  private GroupWire() {}

  public static ObjectNode show(Call call, Group g) {
    var out = g.extra().deepCopy();
    out.put("id", g.id());
    out.put("name", g.name());
    out.put("domain_id", g.domainId());
    out.put("description", g.description());
    out.putObject("links").put("self", call.base() + "/v3/groups/" + g.id());
    return out;
  }
}
