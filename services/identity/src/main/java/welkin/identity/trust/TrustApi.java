package welkin.identity.trust;

import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.role.Role;
import welkin.identity.role.RoleWire;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.TokenWire;
import welkin.identity.token.Tokens;

/** {@code /v3/OS-TRUST/trusts}. */
public final class TrustApi {
  private static final Shape CREATE =
      Fields.body(
          "trust",
          Shape.object()
              .required("trustor_user_id", Shape.string())
              .required("trustee_user_id", Shape.string())
              .required("impersonation", Shape.bool())
              .optional("project_id", Shape.string().nullable())
              .optional("expires_at", Shape.string().nullable())
              .optional("remaining_uses", Shape.integer().min(1).nullable())
              .optional("allow_redelegation", Shape.bool().nullable())
              .optional("redelegation_count", Shape.integer().min(0).nullable())
              .optional(
                  "roles",
                  Shape.array(
                      Shape.object()
                          .optional("id", Shape.string())
                          .optional("name", Shape.string()))));

  private final Trusts trusts;
  private final Tokens tokens;

  public TrustApi(Trusts trusts, Tokens tokens) {
    this.trusts = trusts;
    this.tokens = tokens;
  }

  public Routes routes() {
    var r = new Routes("/v3/OS-TRUST/trusts");
    r.get("", this::list).policyOnTarget("identity:list_trusts");
    r.post("", this::create).policyOnTarget("identity:create_trust").body(CREATE).success(201);
    r.get("/{trust_id}", this::show).policyOnTarget("identity:get_trust");
    r.delete("/{trust_id}", this::delete).policyOnTarget("identity:delete_trust").success(204);
    r.get("/{trust_id}/roles", this::roles).policyOnTarget("identity:list_roles_for_trust");
    r.get("/{trust_id}/roles/{role_id}", this::role).policyOnTarget("identity:get_role_for_trust");
    return r;
  }

  private static Map<String, String> target(String trustorId, String trusteeId) {
    var out = new HashMap<String, String>();
    out.put("target.trust.trustor_user_id", trustorId);
    out.put("target.trust.trustee_user_id", trusteeId);
    return out;
  }

  private Trust enforced(Call call) {
    var id = call.path("trust_id");
    // as upstream: who asks for one that is gone is told so, whoever it is
    var trust = trusts.find(id).orElseThrow(Faults.missing("trust", id));
    call.enforce(target(trust.trustorId(), trust.trusteeId()));
    return trust;
  }

  private ObjectNode shown(Call call, Trust t) {
    var out = Json.object();
    out.put("id", t.id());
    out.put("trustor_user_id", t.trustorId());
    out.put("trustee_user_id", t.trusteeId());
    out.put("project_id", t.projectId());
    out.put("impersonation", t.impersonation());
    out.put("expires_at", t.expiresAt() == null ? null : TokenWire.time(t.expiresAt()));
    out.put("remaining_uses", t.remainingUses());
    out.put("redelegation_count", t.redelegationCount());
    out.put("redelegated_trust_id", t.redelegatedTrustId());
    out.putNull("deleted_at");
    out.putObject("links").put("self", self(call, t));
    return out;
  }

  private static String self(Call call, Trust t) {
    return call.base() + "/v3/OS-TRUST/trusts/" + t.id();
  }

  private Answer one(int status, Call call, Trust t) {
    var out = shown(call, t);
    var roles = out.putArray("roles");
    trusts.roles(t).forEach(r -> roles.add(RoleWire.show(call, r)));
    out.putObject("roles_links")
        .put("self", self(call, t) + "/roles")
        .putNull("next")
        .putNull("previous");
    var body = Json.object();
    body.set("trust", out);
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    var trustor = call.query("trustor_user_id");
    var trustee = call.query("trustee_user_id");
    call.enforcedByFilter(); // a rule for each question, in place of the row's
    if (trustor != null) {
      call.enforce("identity:list_trusts_for_trustor", target(trustor, trustee));
    }
    if (trustee != null) {
      call.enforce("identity:list_trusts_for_trustee", target(trustor, trustee));
    }
    if (trustor == null && trustee == null) {
      call.enforce(target(null, null));
    }
    return ListRequest.answer(
        call, "trusts", trusts.list(trustor, trustee).stream().map(t -> shown(call, t)).toList());
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("trust"));
    call.enforce(target(given.text("trustor_user_id"), given.text("trustee_user_id")));
    var token = tokens.validate(call.caller().token().reveal()).orElseThrow();
    var delegation = token.payload().delegation();
    Trust from = null;
    if (delegation != null && delegation.isTrust()) {
      from = trusts.find(delegation.id()).orElseThrow(Faults.missing("trust", delegation.id()));
    } else if (token.isRestricted()) {
      throw Faults.forbidden(
          "Using method 'application_credential' is not allowed for managing trusts");
    }
    // what was made by delegation gives on what it has itself, where it has it
    boolean bound = delegation != null;
    if (bound && !token.scope().projectId().equals(given.text("project_id"))) {
      throw Faults.forbidden("identity:create_trust");
    }
    return one(201, call, trusts.create(given, from, bound ? token.roleIds() : null));
  }

  private Answer show(Call call) {
    return one(200, call, enforced(call));
  }

  private Answer delete(Call call) {
    trusts.delete(enforced(call));
    return Answer.none();
  }

  private Answer roles(Call call) {
    var roles = trusts.roles(enforced(call));
    return ListRequest.answer(
        call, "roles", roles.stream().map(r -> RoleWire.show(call, r)).toList());
  }

  private Answer role(Call call) {
    var id = call.path("role_id");
    Role role =
        trusts.roles(enforced(call)).stream()
            .filter(r -> r.id().equals(id))
            .findFirst()
            .orElseThrow(Faults.missing("role", id));
    var body = Json.object();
    body.set("role", RoleWire.show(call, role));
    return Answer.ok(body);
  }
}
