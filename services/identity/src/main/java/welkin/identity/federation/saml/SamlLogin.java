package welkin.identity.federation.saml;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import welkin.core.Fault;
import welkin.core.Secret;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.identity.federation.login.AssertionSource;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.federation.provider.IdentityProvider;
import welkin.identity.shared.Backend;

/**
 * Who a caller is by SAML: what web servers' modules do before keystone. A caller about whom
 * nothing is proven yet is sent to an identity provider; it comes back with an assertion to {@link
 * SamlSpApi}, and then here again with the cookie it got.
 */
final class SamlLogin implements AssertionSource {
  static final String COOKIE = "welkin_saml";
  private static final String PAOS_TYPE = "application/vnd.paos+xml";

  private final Backend backend;
  private final List<String> protocols;
  private final SamlSessions sessions;
  private final TrustedIdps idps;
  private final Requests requests;
  private final boolean tls;

  /**
   * @param protocols those whose users come with assertions
   */
  SamlLogin(
      Backend backend,
      List<String> protocols,
      SamlSessions sessions,
      TrustedIdps idps,
      ServiceProvider self,
      Requests requests) {
    this.backend = backend;
    this.protocols = protocols;
    this.sessions = sessions;
    this.idps = idps;
    this.requests = requests;
    tls = self.acs().startsWith("https:");
  }

  @Override
  public boolean speaks(IdentityProvider provider, Protocol protocol) {
    return protocols.contains(protocol.id());
  }

  @Override
  public Outcome auth(Call call, IdentityProvider provider, Protocol protocol) {
    var vouched = vouched(call, provider, protocol);
    if (vouched.isPresent()) {
      return vouched.get();
    }
    if (takesEnvelopes(call)) {
      var id = sessions.ask(provider.id(), protocol.id(), null, null, here(call));
      return new Outcome.Asked(
          Answer.text(200, PAOS_TYPE, requests.envelope(id, backend.clock().instant())));
    }
    if (header(call, "accept").contains("text/html")) {
      return new Outcome.Asked(redirect(call, provider, protocol));
    }
    throw Fault.unauthorized(
        "No identity provider vouches for the caller: a client that speaks SAML's ECP profile"
            + " says so with the headers Accept and PAOS.");
  }

  @Override
  public Outcome webSso(Call call, IdentityProvider provider, Protocol protocol, String origin) {
    var vouched = vouched(call, provider, protocol);
    return vouched.isPresent()
        ? vouched.get()
        : new Outcome.Asked(redirect(call, provider, protocol));
  }

  /** By the cookie the caller got for an assertion; it is worth one login. */
  private Optional<Outcome> vouched(Call call, IdentityProvider provider, Protocol protocol) {
    return cookie(call)
        .flatMap(c -> sessions.take(c, provider.id(), protocol.id()))
        .map(p -> new Outcome.Vouched(of(p, provider).assertion(), null));
  }

  /** An issuer vouches for those of its own provider only, also where no remote id is asked for. */
  private static Proof of(Proof proof, IdentityProvider provider) {
    if (!provider.remoteIds().contains(proof.issuer())) {
      throw Refused.because(
          "its issuer is not among the remote ids of identity provider "
              + provider.id()
              + ": "
              + proof.issuer());
    }
    return proof;
  }

  private Answer redirect(Call call, IdentityProvider provider, Protocol protocol) {
    var known =
        provider.remoteIds().stream()
            .flatMap(r -> idps.find(r).stream())
            .filter(i -> i.redirect() != null)
            .findFirst()
            .orElseThrow(
                () ->
                    Fault.unauthorized(
                        "This cloud has no metadata of identity provider "
                            + provider.id()
                            + " that say where its users log in."));
    var secret = SamlSessions.secret();
    var id = sessions.ask(provider.id(), protocol.id(), known.entityId(), secret, here(call));
    return Answer.empty(302)
        .with("Location", requests.redirect(id, known, backend.clock().instant()))
        .with("Set-Cookie", cookie(secret))
        .with("Cache-Control", "no-store");
  }

  /** The cookie a secret is kept in: no script reads it, and no other site's form sends it. */
  String cookie(Secret secret) {
    return COOKIE
        + "="
        + secret.reveal()
        + "; Path=/; Max-Age=900; HttpOnly; SameSite=Lax"
        + (tls ? "; Secure" : "");
  }

  private static Optional<Secret> cookie(Call call) {
    return Arrays.stream(header(call, "cookie").split(";"))
        .map(String::strip)
        .filter(c -> c.startsWith(COOKIE + "="))
        .map(c -> c.substring(COOKIE.length() + 1))
        .filter(c -> !c.isEmpty() && c.length() <= 128)
        .map(Secret::of)
        .findFirst();
  }

  /** The path and query of this call, to come back to. */
  private static String here(Call call) {
    var query = call.request().query();
    return call.request().path() + (query == null ? "" : "?" + query);
  }

  private static boolean takesEnvelopes(Call call) {
    return header(call, "accept").contains(PAOS_TYPE) && header(call, "paos").contains(Xml.PAOS);
  }

  private static String header(Call call, String name) {
    var value = call.header(name);
    return value == null ? "" : value;
  }
}
