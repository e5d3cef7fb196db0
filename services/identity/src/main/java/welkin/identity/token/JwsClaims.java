package welkin.identity.token;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;

/** A {@link Payload} as the claims of keystone's JWS tokens; what is not there is left out. */
final class JwsClaims {
  private JwsClaims() {}

  static byte[] of(Payload p) {
    var out = Json.object();
    out.put("sub", p.userId());
    out.put("iat", p.issuedAt().getEpochSecond());
    out.put("exp", p.expiresAt().getEpochSecond());
    out.set("openstack_methods", Json.tree(p.methods()));
    out.set("openstack_audit_ids", Json.tree(p.auditIds()));
    if (p.scope().system()) {
      out.put("openstack_system", "all");
    } else if (p.scope().domainId() != null) {
      out.put("openstack_domain_id", p.scope().domainId());
    } else if (p.scope().projectId() != null) {
      out.put("openstack_project_id", p.scope().projectId());
    }
    if (p.delegation() != null) {
      out.put(
          switch (p.delegation().kind()) {
            case TRUST -> "openstack_trust_id";
            case OAUTH1 -> "openstack_access_token_id";
            case APPLICATION_CREDENTIAL -> "openstack_app_cred_id";
          },
          p.delegation().id());
    }
    if (p.federation() != null) {
      out.put("openstack_idp_id", p.federation().identityProviderId());
      out.put("openstack_protocol_id", p.federation().protocolId());
      var groups = out.putArray("openstack_group_ids");
      p.federation().groupIds().forEach(g -> groups.addObject().put("id", g));
    }
    return Json.bytes(out);
  }

  /**
   * @throws IllegalArgumentException for claims that are no token's
   */
  static Payload read(byte[] claims) {
    JsonNode json;
    try {
      json = Json.parse(claims);
    } catch (Fault f) {
      throw new IllegalArgumentException("not JSON", f);
    }
    if (!(json instanceof ObjectNode in)) {
      throw new IllegalArgumentException("not an object");
    }
    var audit = texts(in, "openstack_audit_ids");
    if (audit.isEmpty()) {
      throw new IllegalArgumentException("no audit id");
    }
    return new Payload(
        text(in, "sub"),
        texts(in, "openstack_methods"),
        scope(in),
        time(in, "exp"),
        audit,
        delegation(in),
        time(in, "iat"),
        federation(in));
  }

  private static Federation federation(ObjectNode in) {
    if (!in.has("openstack_idp_id")) {
      return null;
    }
    var groups = new ArrayList<String>();
    in.path("openstack_group_ids").forEach(g -> groups.add(text(g, "id")));
    return new Federation(text(in, "openstack_idp_id"), text(in, "openstack_protocol_id"), groups);
  }

  private static Scope scope(ObjectNode in) {
    if (in.has("openstack_system")) {
      return Scope.SYSTEM;
    }
    if (in.has("openstack_domain_id")) {
      return Scope.domain(text(in, "openstack_domain_id"));
    }
    return in.has("openstack_project_id")
        ? Scope.project(text(in, "openstack_project_id"))
        : Scope.UNSCOPED;
  }

  private static Delegation delegation(ObjectNode in) {
    if (in.has("openstack_trust_id")) {
      return Delegation.trust(text(in, "openstack_trust_id"));
    }
    if (in.has("openstack_access_token_id")) {
      return Delegation.oauth1(text(in, "openstack_access_token_id"));
    }
    return in.has("openstack_app_cred_id")
        ? Delegation.applicationCredential(text(in, "openstack_app_cred_id"))
        : null;
  }

  private static String text(JsonNode in, String name) {
    var v = in.get(name);
    if (v == null || !v.isString()) {
      throw new IllegalArgumentException(name);
    }
    return v.stringValue();
  }

  private static List<String> texts(JsonNode in, String name) {
    var out = new ArrayList<String>();
    for (var v : in.path(name)) {
      if (!v.isString()) {
        throw new IllegalArgumentException(name);
      }
      out.add(v.stringValue());
    }
    return List.copyOf(out);
  }

  private static Instant time(JsonNode in, String name) {
    var v = in.get(name);
    if (v == null || !v.isIntegralNumber() || !v.canConvertToLong()) {
      throw new IllegalArgumentException(name);
    }
    return Instant.ofEpochSecond(Math.clamp(v.longValue(), 0, 253_402_300_799L));
  }
}
