package welkin.identity.federation.openid;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.core.Config;
import welkin.core.Secret;

/**
 * An OpenID provider as an operator configured it: one entry of {@code openid.providers}.
 *
 * @param identityProviderId the identity provider it is here
 * @param protocolId the protocol it is spoken by
 * @param issuer what it calls itself; its addresses are found from it
 * @param clientId what this cloud is called there
 * @param clientSecret or null for a public client
 * @param audiences whom tokens may be for: this cloud, and the clients whose tokens it accepts
 * @param scope what a browser's login asks for
 * @param claimPrefix put before the names of claims
 * @param opaque how tokens are asked about that are no JWT
 * @param privateNetwork whether it may be in a private network, or without TLS
 * @param endpoints addresses that its own document does not tell, by that document's names
 */
public record OpenIdProvider(
    String identityProviderId,
    String protocolId,
    String issuer,
    String clientId,
    Secret clientSecret,
    Set<String> audiences,
    String scope,
    String claimPrefix,
    Opaque opaque,
    boolean privateNetwork,
    Map<String, URI> endpoints) {
  /** How tokens are asked about that are no JWT. */
  public enum Opaque {
    /** By RFC 7662. */
    INTROSPECTION,
    /** By what the provider tells of their user; it cannot say whom they are for. */
    USERINFO,
    /** Not at all. */
    REFUSE
  }

  private static final List<String> ENDPOINTS =
      List.of(
          "authorization_endpoint",
          "token_endpoint",
          "jwks_uri",
          "introspection_endpoint",
          "userinfo_endpoint");
  private static final Set<String> KNOWN =
      Set.of(
          "identity_provider",
          "protocol",
          "issuer",
          "client_id",
          "client_secret",
          "audiences",
          "scope",
          "claim_prefix",
          "opaque_tokens",
          "private_network");

  /** The option that lists them. */
  public static final Config.Key<List<OpenIdProvider>> KEY =
      new Config.Key<>(
          "openid.providers",
          List.of(),
          "OpenID providers whose tokens and logins are accepted, each with identity_provider,"
              + " issuer, client_id and more: see the operators' page on federation",
          OpenIdProvider::read);

  private static List<OpenIdProvider> read(Object value) {
    if (!(value instanceof List<?> list)) {
      throw new IllegalArgumentException("a list is needed");
    }
    var out = new ArrayList<OpenIdProvider>();
    for (var entry : list) {
      if (!(entry instanceof Map<?, ?> map)) {
        throw new IllegalArgumentException("each provider is a group of options");
      }
      out.add(one(map));
    }
    return List.copyOf(out);
  }

  private static OpenIdProvider one(Map<?, ?> map) {
    for (var key : map.keySet()) {
      var name = String.valueOf(key);
      if (!KNOWN.contains(name) && !ENDPOINTS.contains(name)) {
        var known = new ArrayList<>(KNOWN);
        known.addAll(ENDPOINTS);
        var near = Config.nearest(name, known);
        throw new IllegalArgumentException(
            "unknown option '"
                + name
                + "'"
                + (near == null ? "" : ", did you mean '" + near + "'?"));
      }
    }
    var clientId = needed(map, "client_id");
    var audiences = new LinkedHashSet<String>();
    audiences.add(clientId);
    if (map.get("audiences") instanceof List<?> more) {
      more.forEach(a -> audiences.add(String.valueOf(a)));
    }
    var endpoints = new LinkedHashMap<String, URI>();
    for (var name : ENDPOINTS) {
      if (map.get(name) != null) {
        endpoints.put(name, URI.create(String.valueOf(map.get(name))));
      }
    }
    var secret = map.get("client_secret");
    return new OpenIdProvider(
        needed(map, "identity_provider"),
        text(map, "protocol", "openid"),
        needed(map, "issuer"),
        clientId,
        secret == null ? null : Secret.of(String.valueOf(secret)),
        Set.copyOf(audiences),
        text(map, "scope", "openid email profile"),
        text(map, "claim_prefix", "OIDC-"),
        switch (text(map, "opaque_tokens", "introspection")) {
          case "introspection" -> Opaque.INTROSPECTION;
          case "userinfo" -> Opaque.USERINFO;
          case "refuse" -> Opaque.REFUSE;
          default ->
              throw new IllegalArgumentException(
                  "opaque_tokens is introspection, userinfo or refuse");
        },
        Boolean.parseBoolean(text(map, "private_network", "false")),
        Map.copyOf(endpoints));
  }

  private static String needed(Map<?, ?> map, String name) {
    var value = map.get(name);
    if (value == null || String.valueOf(value).isBlank()) {
      throw new IllegalArgumentException("a provider needs " + name);
    }
    return String.valueOf(value);
  }

  private static String text(Map<?, ?> map, String name, String otherwise) {
    var value = map.get(name);
    return value == null ? otherwise : String.valueOf(value);
  }
}
