package welkin.identity.federation.openid;

import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Call;
import welkin.identity.federation.login.AssertionSource;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.federation.provider.IdentityProvider;
import welkin.identity.token.FernetKeys;

/**
 * OpenID Connect: programs show a token that they had from the provider themselves, browsers are
 * sent there for a code.
 */
public final class OpenIdSource implements AssertionSource {
  private record Key(String identityProviderId, String protocolId) {}

  private final InstantSource clock;
  private final Map<Key, OpenIdClient> clients = new HashMap<>();
  private final CodeFlow flow;

  /**
   * @param seals what browsers carry to the provider and back
   * @throws IllegalArgumentException when one identity provider and protocol is configured twice
   */
  public OpenIdSource(List<OpenIdProvider> providers, InstantSource clock, FernetKeys seals) {
    this.clock = clock;
    this.flow = new CodeFlow(clock, seals);
    for (var p : providers) {
      var key = new Key(p.identityProviderId(), p.protocolId());
      if (clients.put(key, new OpenIdClient(p, clock)) != null) {
        throw new IllegalArgumentException(
            "option openid.providers: "
                + p.identityProviderId()
                + " with protocol "
                + p.protocolId()
                + " is there twice");
      }
    }
  }

  @Override
  public boolean speaks(IdentityProvider provider, Protocol protocol) {
    return clients.containsKey(new Key(provider.id(), protocol.id()));
  }

  private OpenIdClient client(IdentityProvider provider, Protocol protocol) {
    return clients.get(new Key(provider.id(), protocol.id()));
  }

  @Override
  public Outcome auth(Call call, IdentityProvider provider, Protocol protocol) {
    var header = call.header("authorization");
    if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      throw Fault.unauthorized(
          "A token of the identity provider " + provider.id() + " is needed as Bearer.");
    }
    var client = client(provider, protocol);
    return vouched(client, claims(client, header.substring(7).strip()), null);
  }

  static Outcome vouched(OpenIdClient client, JsonNode claims, String origin) {
    return new Outcome.Vouched(Claims.assertion(claims, client.provider().claimPrefix()), origin);
  }

  private ObjectNode claims(OpenIdClient client, String token) {
    var verifier = new Verifier(client);
    if (Verifier.isJwt(token)) {
      return verifier.access(token, clock.instant());
    }
    return switch (client.provider().opaque()) {
      case REFUSE -> throw Verifier.refused("it is no JWT");
      case USERINFO -> subject(client, client.userInfo(token));
      case INTROSPECTION -> {
        var told = client.introspect(token);
        if (!told.path("active").asBoolean(false)) {
          throw Verifier.refused("the provider says that it is not active");
        }
        verifier.mustBeForUs(told);
        Verifier.mustBeBearers(told);
        if (told.has("exp")) {
          Verifier.mustBeGood(told, clock.instant());
        }
        var all = subject(client, told);
        if (client.endpointIfAny("userinfo_endpoint") != null) {
          merge(all, client.userInfo(token));
        }
        yield all;
      }
    };
  }

  /** Adds what the provider tells of the same user. */
  static void merge(ObjectNode claims, JsonNode more) {
    if (!claims.path("sub").equals(more.path("sub"))) {
      throw Verifier.refused("the provider speaks of another user");
    }
    more.forEachEntry(claims::putIfAbsent);
  }

  /** Claims without an issuer are of the provider that told them; with another, they are not. */
  private static ObjectNode subject(OpenIdClient client, JsonNode told) {
    if (!(told instanceof ObjectNode claims) || Json.string(told, "sub") == null) {
      throw Verifier.refused("the provider does not say whose it is");
    }
    var issuer = client.provider().issuer();
    if (claims.has("iss") && !issuer.equals(Json.string(claims, "iss"))) {
      throw Verifier.refused("it is of another issuer");
    }
    return claims.put("iss", issuer);
  }

  @Override
  public Outcome webSso(Call call, IdentityProvider provider, Protocol protocol, String origin) {
    return flow.step(call, client(provider, protocol), origin);
  }
}
