package welkin.identity.federation.saml;

import java.time.Duration;
import java.util.Map;
import welkin.core.Config;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.identity.federation.serviceprovider.ServiceProvider;
import welkin.identity.federation.serviceprovider.ServiceProviders;
import welkin.identity.group.Group;
import welkin.identity.group.GroupStore;
import welkin.identity.project.Project;
import welkin.identity.project.ProjectStore;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Faults;
import welkin.identity.shared.ListRequest;
import welkin.identity.token.Token;
import welkin.identity.token.Tokens;
import welkin.store.Sql;

/**
 * This cloud as identity provider of another ("keystone to keystone"): a project's token for an
 * assertion that the other cloud believes.
 */
final class SamlIdpApi {
  private static final Shape ID = Shape.object().required("id", Shape.string()).noOthers();
  private static final Shape BODY =
      Shape.object()
          .required(
              "auth",
              Shape.object()
                  .required(
                      "identity",
                      Shape.object()
                          .required("token", ID)
                          .optional("methods", Shape.array(Shape.any()))
                          .noOthers())
                  .required("scope", Shape.object().required("service_provider", ID).noOthers())
                  .noOthers())
          .said(Shape.Style.KEYSTONE);

  private final Backend backend;
  private final Tokens tokens;
  private final ServiceProviders providers;
  private final SamlKeys keys;
  private final Metadata metadata;
  private final AssertionMaker maker;

  SamlIdpApi(
      Backend backend,
      Config config,
      Tokens tokens,
      ServiceProviders providers,
      SamlKeys keys,
      Metadata metadata) {
    this.backend = backend;
    this.tokens = tokens;
    this.providers = providers;
    this.keys = keys;
    this.metadata = metadata;
    maker =
        new AssertionMaker(
            backend.ids(),
            metadata.idpEntityId(),
            Duration.ofSeconds(config.get(SamlOptions.LIFE)));
  }

  Routes routes() {
    var r = new Routes("/v3");
    r.post("/auth/OS-FEDERATION/saml2", this::assertion).open().body(BODY);
    r.post("/auth/OS-FEDERATION/saml2/ecp", this::enveloped).open().body(BODY);
    r.get("/OS-FEDERATION/saml2/metadata", this::metadata).open();
    return r;
  }

  private Answer assertion(Call call) {
    var to = provider(call);
    var said = statement(call);
    return answer(to, maker.response(said, to.spUrl(), backend.clock().instant(), keys.signer()));
  }

  private Answer enveloped(Call call) {
    var to = provider(call);
    var said = statement(call);
    var relay = to.relayStatePrefix() + backend.ids().hex();
    return answer(
        to, maker.enveloped(said, to.spUrl(), relay, backend.clock().instant(), keys.signer()));
  }

  private static Answer answer(ServiceProvider to, String xml) {
    return Answer.text(200, "text/xml", xml)
        .with("X-sp-url", to.spUrl())
        .with("X-auth-url", to.authUrl())
        .with("Cache-Control", "no-store");
  }

  private Answer metadata(Call call) {
    return Answer.text(200, "text/xml", metadata.identityProvider());
  }

  private ServiceProvider provider(Call call) {
    return providers.enabled(call.object("auth").at("/scope/service_provider/id").stringValue());
  }

  /**
   * Who the token stands for. One of a delegation makes no assertion, as it makes no token: the
   * other cloud could not hold its user to what was delegated.
   */
  private Statement statement(Call call) {
    var token =
        tokens
            .validate(call.object("auth").at("/identity/token/id").stringValue())
            .orElseThrow(() -> Fault.notFound("Could not find token: the token is not valid."));
    if (token.scope().projectId() == null) {
      throw Faults.forbidden(
          "Use a project scoped token when attempting to create a SAML assertion");
    }
    if (token.makesNoOther()) {
      throw Faults.forbidden("Using the token of a delegation to create a SAML assertion");
    }
    return backend.database().read(sql -> statement(sql, token));
  }

  private static Statement statement(Sql sql, Token token) {
    var who = token.caller();
    var groups =
        GroupStore.ofUser(sql, ListRequest.all(), who.userId()).stream()
            .map(g -> group(sql, g))
            .toList();
    return new Statement(
        who.userName(),
        name(sql, who.userDomainId()),
        who.roles(),
        who.projectName(),
        name(sql, who.projectDomainId()),
        groups);
  }

  private static String group(Sql sql, Group g) {
    var out = Json.object().put("name", g.name());
    out.set("domain", Json.tree(Map.of("name", name(sql, g.domainId()))));
    return "JSON:" + Json.text(out);
  }

  private static String name(Sql sql, String domainId) {
    return ProjectStore.find(sql, domainId).map(Project::name).orElse(domainId);
  }
}
