package welkin.identity.user;

import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.http.Call;
import welkin.identity.federation.shadow.FederatedUser;
import welkin.identity.token.TokenWire;

/** Users as keystone shows them. */
public final class UserWire {
  private UserWire() {}

  /** With how identity providers know the user, where one does. */
  static ObjectNode show(Call call, User u, List<FederatedUser> known) {
    var out = show(call, u);
    if (!known.isEmpty()) {
      var byProvider = new LinkedHashMap<String, ArrayNode>();
      var list = out.putArray("federated");
      for (var f : known) {
        byProvider
            .computeIfAbsent(
                f.identityProviderId(),
                id -> list.addObject().put("idp_id", id).putArray("protocols"))
            .addObject()
            .put("protocol_id", f.protocolId())
            .put("unique_id", f.uniqueId());
      }
    }
    return out;
  }

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
