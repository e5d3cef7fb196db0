package welkin.identity.federation.saml;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import welkin.core.Secret;
import welkin.identity.shared.Backend;

/**
 * Between the request to an identity provider and the login it leads to. Everything is used once,
 * by whichever process: a request is answered once, an assertion is believed once, what it proved
 * logs in once, and only who shows the secret it was given to.
 */
final class SamlSessions {
  /** A person logs in at the identity provider meanwhile. */
  private static final Duration TO_ANSWER = Duration.ofMinutes(15);

  /** A client only follows a redirect meanwhile. */
  private static final Duration TO_FOLLOW = Duration.ofMinutes(2);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Backend backend;
  private final Environment environment;

  SamlSessions(Backend backend, Environment environment) {
    this.backend = backend;
    this.environment = environment;
  }

  static Secret secret() {
    var bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return Secret.of(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /**
   * Notes a request before it is sent.
   *
   * @param entityId the identity provider it is sent to, null when the client chooses
   * @param browser the cookie the browser was given, null for a client that follows no redirect
   * @return its id
   */
  String ask(String idp, String protocol, String entityId, Secret browser, String returnTo) {
    var now = backend.clock().instant();
    var id = "_" + backend.ids().hex();
    var asked =
        new SamlStore.Asked(
            id,
            idp,
            protocol,
            entityId,
            browser == null ? null : hash(browser.reveal()),
            returnTo,
            now.plus(TO_ANSWER));
    backend.database().change(sql -> SamlStore.insert(sql, asked, now));
    return id;
  }

  /**
   * Where a client goes on.
   *
   * @param returnTo a path, null when nobody asked
   * @param secret what a client that had none shows there, or null
   */
  record Next(String returnTo, Secret secret) {}

  /**
   * Believes an assertion, once.
   *
   * @param unasked whether one counts that answers no request
   */
  Next believe(Responses.Good good, boolean unasked) {
    var now = backend.clock().instant();
    var a = good.assertion();
    var used = hash(a.issuer() + "\n" + a.id());
    var fresh = secret();
    return backend
        .database()
        .tx(
            sql -> {
              var asked =
                  good.inResponseTo() == null
                      ? Optional.<SamlStore.Asked>empty()
                      : SamlStore.take(sql, good.inResponseTo(), now);
              if (asked.isEmpty() && (good.inResponseTo() != null || !unasked)) {
                throw Refused.because("it answers no request of this cloud that waits for one");
              }
              if (asked.isPresent()
                  && asked.get().entityId() != null
                  && !asked.get().entityId().equals(a.issuer())) {
                throw Refused.because("another identity provider was asked");
              }
              if (!SamlStore.use(sql, used, good.until(), now)) {
                throw Refused.because("it was used before");
              }
              var browser = asked.map(SamlStore.Asked::browser).orElse(null);
              SamlStore.insert(
                  sql,
                  new SamlStore.Session(
                      browser != null ? browser : hash(fresh.reveal()),
                      asked.map(SamlStore.Asked::identityProviderId).orElse(null),
                      asked.map(SamlStore.Asked::protocolId).orElse(null),
                      environment.proof(a),
                      now.plus(TO_FOLLOW)),
                  now);
              return new Next(
                  asked.map(SamlStore.Asked::returnTo).orElse(null),
                  browser != null ? null : fresh);
            });
  }

  /** What was proven to whoever shows this secret, for this identity provider; gone after that. */
  Optional<Proof> take(Secret secret, String idp, String protocol) {
    var now = backend.clock().instant();
    var id = hash(secret.reveal());
    return backend
        .database()
        .tx(
            sql ->
                SamlStore.session(sql, id, now)
                    .filter(
                        s -> fits(s.identityProviderId(), idp) && fits(s.protocolId(), protocol))
                    .filter(s -> SamlStore.delete(sql, s))
                    .map(SamlStore.Session::proof));
  }

  private static boolean fits(String bound, String asked) {
    return bound == null || bound.equals(asked);
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
