package welkin.identity.federation.login;

import welkin.http.Answer;
import welkin.http.Call;
import welkin.identity.federation.mapping.Assertion;
import welkin.identity.federation.protocol.Protocol;
import welkin.identity.federation.provider.IdentityProvider;

/**
 * One way in which identity providers vouch for somebody: OpenID Connect, SAML. It does what a web
 * server's module does in front of keystone: verifies, and asks the provider where needed.
 */
public interface AssertionSource {
  /** What came of a request. */
  sealed interface Outcome {
    /**
     * The provider vouched, and it was verified.
     *
     * @param origin the dashboard that sent the user, where this outcome knows it; else null
     */
    record Vouched(Assertion assertion, String origin) implements Outcome {}

    /** The client is sent elsewhere, or asked for more, first. */
    record Asked(Answer answer) implements Outcome {}
  }

  /** Whether this is how a provider's protocol is spoken. */
  boolean speaks(IdentityProvider provider, Protocol protocol);

  /**
   * A request without a browser at {@code .../protocols/{protocol_id}/auth}.
   *
   * @throws welkin.core.Fault 401 for what does not verify
   */
  Outcome auth(Call call, IdentityProvider provider, Protocol protocol);

  /**
   * A browser's request at {@code .../websso}: the first, from a dashboard, or the one with which
   * the provider sends it back.
   *
   * @param origin the dashboard, trusted already; null when the request does not name one, as when
   *     a provider sends the browser back
   * @throws welkin.core.Fault 401 for what does not verify
   */
  Outcome webSso(Call call, IdentityProvider provider, Protocol protocol, String origin);
}
