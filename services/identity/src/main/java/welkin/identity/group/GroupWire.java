package welkin.identity.group;

import java.time.Instant;
import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;
import welkin.identity.token.TokenWire;

/** Groups as keystone shows them. */
public final class GroupWire {
  private GroupWire() {}

  /**
   * As a group of a user.
   *
   * @param end when the user leaves it by itself, or null
   */
  public static ObjectNode show(Call call, Group g, Instant end) {
    return show(call, g).put("membership_expires_at", end == null ? null : TokenWire.time(end));
  }

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
