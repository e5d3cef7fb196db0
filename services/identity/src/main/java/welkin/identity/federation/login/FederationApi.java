package welkin.identity.federation.login;

import java.util.List;
import java.util.Map;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.federation.protocol.Protocols;
import welkin.identity.federation.provider.IdentityProvider;
import welkin.identity.federation.provider.IdentityProviders;
import welkin.identity.token.Token;

/** Where federated users log in: programs at {@code .../auth}, browsers at {@code .../websso}. */
public final class FederationApi {
  private final IdentityProviders providers;
  private final Protocols protocols;
  private final List<AssertionSource> sources;
  private final FederatedLogin login;
  private final Dashboards dashboards;

  /**
   * @param sources every way in which providers may vouch
   */
  public FederationApi(
      IdentityProviders providers,
      Protocols protocols,
      List<AssertionSource> sources,
      FederatedLogin login,
      Dashboards dashboards) {
    this.providers = providers;
    this.protocols = protocols;
    this.sources = sources;
    this.login = login;
    this.dashboards = dashboards;
  }

  public Routes routes() {
    var r = new Routes("/v3");
    var auth = "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth";
    r.get(auth, this::auth).open().success(201);
    r.post(auth, this::auth).open().rawBody().success(201);
    var any = "/auth/OS-FEDERATION/websso/{protocol_id}";
    r.get(any, this::anyWebSso).open();
    r.post(any, this::anyWebSso).open().rawBody();
    var one = "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso";
    r.get(one, this::webSso).open();
    r.post(one, this::webSso).open().rawBody();
    return r;
  }

  /** A provider that is enabled, its protocol, and how it is spoken. */
  private record Way(IdentityProvider provider, Protocol protocol, AssertionSource source) {}

  private Way way(String providerId, String protocolId) {
    var provider = providers.enabled(providerId);
    var protocol = protocols.get(providerId, protocolId);
    for (var s : sources) {
      if (s.speaks(provider, protocol)) {
        return new Way(provider, protocol, s);
      }
    }
    throw Fault.unauthorized(
        "Nothing is configured by which identity provider "
            + providerId
            + " could vouch with protocol "
            + protocolId
            + ".");
  }

  private Answer auth(Call call) {
    var way = way(call.path("idp_id"), call.path("protocol_id"));
    return switch (way.source.auth(call, way.provider, way.protocol)) {
      case AssertionSource.Outcome.Asked(Answer answer) -> answer;
      case AssertionSource.Outcome.Vouched vouched -> {
        var token = login.login(call, way.provider, way.protocol, vouched.assertion());
        yield new Answer(
                201, Map.of("Content-Type", "application/json"), token.body(true), null, -1)
            .with("X-Subject-Token", token.text().reveal());
      }
    };
  }

  private Answer webSso(Call call) {
    return webSso(call, way(call.path("idp_id"), call.path("protocol_id")));
  }

  /** Without a provider's name: there must be but one that speaks the protocol. */
  private Answer anyWebSso(Call call) {
    var id = call.path("protocol_id");
    dashboards.origin(call);
    var ways =
        protocols.named(id).stream()
            .filter(p -> providers.get(p.identityProviderId()).enabled())
            .filter(
                p ->
                    sources.stream()
                        .anyMatch(s -> s.speaks(providers.get(p.identityProviderId()), p)))
            .map(p -> way(p.identityProviderId(), id))
            .toList();
    if (ways.size() != 1) {
      throw Fault.unauthorized(
          ways.isEmpty()
              ? "Missing entity ID from environment"
              : "Several identity providers speak the protocol "
                  + id
                  + ": use the address that names one,"
                  + " /v3/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso.");
    }
    return webSso(call, ways.getFirst());
  }

  private Answer webSso(Call call, Way way) {
    var origin = dashboards.originIfNamed(call);
    return switch (way.source.webSso(call, way.provider, way.protocol, origin)) {
      case AssertionSource.Outcome.Asked(Answer answer) -> answer;
      case AssertionSource.Outcome.Vouched vouched -> {
        var host = dashboards.trusted(vouched.origin() != null ? vouched.origin() : origin);
        Token token = login.login(call, way.provider, way.protocol, vouched.assertion());
        yield dashboards.handOver(host, token);
      }
    };
  }
}
