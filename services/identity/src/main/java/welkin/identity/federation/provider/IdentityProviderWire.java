package welkin.identity.federation.provider;

import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Call;
import welkin.peers.Peers;

/** Identity providers as keystone shows them. */
final class IdentityProviderWire {
  private IdentityProviderWire() {}

  static ObjectNode show(Call call, IdentityProvider p) {
    var self = call.base() + "/v3/OS-FEDERATION/identity_providers/" + Peers.encode(p.id());
    var out = Json.object();
    out.put("id", p.id());
    out.put("domain_id", p.domainId());
    out.put("enabled", p.enabled());
    out.put("description", p.description());
    out.set("remote_ids", Json.tree(p.remoteIds()));
    out.put("authorization_ttl", p.authorizationTtl());
    out.putObject("links").put("self", self).put("protocols", self + "/protocols");
    return out;
  }
}
