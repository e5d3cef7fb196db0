package welkin.identity.credential;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.shared.Attributes;
import welkin.identity.shared.Faults;
import welkin.identity.shared.Fields;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Delegation;
import welkin.identity.token.TokenWire;
import welkin.identity.token.Tokens;

/** {@code /v3/credentials} and {@code /v3/users/{id}/credentials/OS-EC2}. */
public final class CredentialApi {
  private static final Shape CREATE =
      Fields.body(
          "credential",
          Shape.object()
              .required("type", Shape.string())
              .required("blob", Shape.string().secret())
              .optional("project_id", Shape.string().nullable())
              .optional("user_id", Shape.string()));
  private static final Shape UPDATE =
      Fields.body(
          "credential",
          Shape.object()
              .optional("type", Shape.string())
              .optional("blob", Shape.string().secret())
              .optional("project_id", Shape.string().nullable())
              .optional("user_id", Shape.string())
              .minProps(1));
  private static final Shape EC2 =
      Shape.object().required("tenant_id", Fields.ID).said(Shape.Style.KEYSTONE);

  private final Credentials credentials;
  private final Tokens tokens;

  public CredentialApi(Credentials credentials, Tokens tokens) {
    this.credentials = credentials;
    this.tokens = tokens;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    r.get("/credentials", this::list).policyOnTarget("identity:list_credentials");
    r.post("/credentials", this::create)
        .policyOnTarget("identity:create_credential")
        .body(CREATE)
        .success(201)
        .shownBy("/credentials/{credential_id}");
    r.get("/credentials/{credential_id}", this::show).policyOnTarget("identity:get_credential");
    r.patch("/credentials/{credential_id}", this::update)
        .policyOnTarget("identity:update_credential")
        .bodyOnceAllowed(UPDATE);
    r.delete("/credentials/{credential_id}", this::delete)
        .policyOnTarget("identity:delete_credential")
        .success(204);
    var ec2 = "/users/{user_id}/credentials/OS-EC2";
    r.get(ec2, this::listEc2).policyOnTarget("identity:ec2_list_credentials");
    r.post(ec2, this::createEc2)
        .policyOnTarget("identity:ec2_create_credential")
        .body(EC2)
        .success(201);
    r.get(ec2 + "/{access}", this::showEc2).policyOnTarget("identity:ec2_get_credential");
    r.delete(ec2 + "/{access}", this::deleteEc2)
        .policyOnTarget("identity:ec2_delete_credential")
        .success(204);
    return r;
  }

  private static Map<String, Object> target(String userId) {
    var target = new HashMap<String, Object>();
    target.put("target.credential.user_id", userId);
    return target;
  }

  private Credential enforced(Call call) {
    var id = call.path("credential_id");
    var found = credentials.find(id);
    call.enforce(found.map(c -> target(c.userId())).orElse(new HashMap<>()));
    return found.orElseThrow(Faults.missing("credential", id));
  }

  private ObjectNode show(Call call, Credential c) {
    return show(call, c, credentials.lastUsed(List.of(c)).get(c.id()));
  }

  /**
   * @param usedAt when it was last used, or null for never; keystone does not tell
   */
  private static ObjectNode show(Call call, Credential c, Instant usedAt) {
    var out = c.extra().deepCopy();
    out.put("id", c.id());
    out.put("user_id", c.userId());
    out.put("project_id", c.projectId());
    out.put("type", c.type());
    out.put("blob", c.blob().reveal());
    out.put("last_used_at", usedAt == null ? null : TokenWire.time(usedAt));
    out.putObject("links").put("self", call.base() + "/v3/credentials/" + c.id());
    return out;
  }

  private static Answer one(int status, ObjectNode shown) {
    var body = Json.object();
    body.set("credential", shown);
    return Answer.json(status, body);
  }

  private Answer list(Call call) {
    call.enforce(call.caller().system() ? Map.of() : target(call.caller().userId()));
    var request = ListRequest.of(call, "user_id", "type");
    var visible =
        credentials.list(request).stream()
            .filter(c -> call.allows("identity:get_credential", target(c.userId())))
            .toList();
    var used = credentials.lastUsed(visible);
    return request.answer(
        call, "credentials", visible, c -> show(call, c, used.get(c.id())), Credential::id);
  }

  private Answer create(Call call) {
    var given = new Attributes(call.object("credential"));
    var user = given.text("user_id", call.caller().userId());
    call.enforce(target(user));
    var origin = mustBeUnrestricted(call);
    return one(201, show(call, credentials.create(given, user, origin)));
  }

  /**
   * A key pair made with a restricted application credential could outlive and outgrow it.
   *
   * @return what an unrestricted token was delegated by, or null
   */
  private Delegation mustBeUnrestricted(Call call) {
    var token = tokens.validate(call.caller().token().reveal()).orElseThrow(Faults::unauthorized);
    if (token.isRestricted()) {
      throw Faults.forbidden(
          "Using method 'application_credential' is not allowed for managing credentials");
    }
    return token.payload().delegation();
  }

  private Answer show(Call call) {
    return one(200, show(call, enforced(call)));
  }

  private Answer update(Call call) {
    var was = enforced(call);
    mustBeUnrestricted(call);
    return one(200, show(call, credentials.update(was, new Attributes(call.object("credential")))));
  }

  private Answer delete(Call call) {
    credentials.delete(enforced(call));
    return Answer.none();
  }

  // ---- OS-EC2 ----

  private static ObjectNode ec2(Call call, Credential c) {
    var blob = Json.parse(c.blob().reveal());
    var out = Json.object();
    out.put("user_id", c.userId());
    out.put("tenant_id", c.projectId());
    out.put("access", Json.string(blob, "access"));
    out.put("secret", Json.string(blob, "secret"));
    out.put("trust_id", Json.string(blob, "trust_id"));
    out.putObject("links")
        .put(
            "self",
            call.base()
                + "/v3/users/"
                + c.userId()
                + "/credentials/OS-EC2/"
                + Json.string(blob, "access"));
    return out;
  }

  private Answer listEc2(Call call) {
    var user = call.path("user_id");
    call.enforce(Map.of("user_id", user));
    var out = new ArrayList<ObjectNode>();
    var request = ListRequest.all().where("user_id", user).where("type", Credentials.EC2);
    credentials.list(request).forEach(c -> out.add(ec2(call, c)));
    return ListRequest.answer(call, "credentials", out);
  }

  private Answer createEc2(Call call) {
    var user = call.path("user_id");
    call.enforce(target(user));
    var origin = mustBeUnrestricted(call);
    var tenant = Json.string(call.object(), "tenant_id");
    return one(201, ec2(call, credentials.createEc2(user, tenant, origin)));
  }

  /**
   * The rule is asked about whom the key pair belongs to, not about the user of the path: who may
   * see it may do so below any path, as with keystone.
   */
  private Credential enforcedEc2(Call call) {
    var access = call.path("access");
    Optional<Credential> found =
        credentials.find(Credentials.ec2Id(access)).filter(c -> c.type().equals(Credentials.EC2));
    var credential = found.orElseThrow(Faults.missing("credential", access));
    call.enforce(target(credential.userId()));
    return credential;
  }

  private Answer showEc2(Call call) {
    return one(200, ec2(call, enforcedEc2(call)));
  }

  private Answer deleteEc2(Call call) {
    credentials.delete(enforcedEc2(call));
    return Answer.none();
  }
}
