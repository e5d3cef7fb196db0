package welkin.identity.user;

import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;
import welkin.identity.token.TokenWire;

/** Users as keystone shows them. */
public final class UserWire {
  private UserWire() {}

  public static ObjectNode show(Call call, User u) {
    var out = u.extra().deepCopy();
    out.put("id", u.id());
    out.put("name", u.name());
    out.put("domain_id", u.domainId());
    out.put("enabled", u.enabled());
    if (u.defaultProjectId() != null) {
      out.put("default_project_id", u.defaultProjectId());
    }
    out.put(
        "password_expires_at",
        u.passwordExpiresAt() == null ? null : TokenWire.time(u.passwordExpiresAt()));
    out.set("options", u.options());
    out.putObject("links").put("self", call.base() + "/v3/users/" + u.id());
    return out;
  }
}
