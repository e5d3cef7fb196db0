package welkin.identity;

import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import welkin.core.Config;
import welkin.http.Routes;
import welkin.identity.applicationcredential.ApplicationCredentialApi;
import welkin.identity.applicationcredential.ApplicationCredentials;
import welkin.identity.credential.CredentialApi;
import welkin.identity.credential.Credentials;
import welkin.identity.ec2.SignatureApi;
import welkin.identity.oauth1.OAuth1;
import welkin.identity.oauth1.OAuth1Api;
import welkin.identity.oauth1.OAuth1Store;
import welkin.identity.shared.Backend;
import welkin.identity.token.StoredSecrets;
import welkin.identity.trust.TrustApi;
import welkin.identity.trust.Trusts;
import welkin.identity.user.Passwords;

/** How somebody else may act for a user: credential, applicationcredential, trust, oauth1, ec2. */
final class DelegationPart {
  private static final Config.Key<Integer> CREDENTIALS =
      Config.Key.number(
          "credential.user_limit", -1, "Credentials a user may have; -1 for any number");
  private static final Config.Key<Integer> APPLICATION_CREDENTIALS =
      Config.Key.number(
          "application_credential.user_limit",
          -1,
          "Application credentials a user may have; -1 for any number");
  private static final Config.Key<Integer> REDELEGATIONS =
      Config.Key.number(
          "trust.max_redelegation_count", 3, "How often a trust may be passed on at most");
  private static final Config.Key<Integer> SIGNATURES =
      Config.Key.number("credential.auth_ttl", 15, "Minutes an EC2 or S3 signature is good for");
  private static final Config.Key<Integer> REQUEST_TOKENS =
      Config.Key.number(
          "oauth1.request_token_duration", 28_800, "Seconds an OAuth request token is good for");
  private static final Config.Key<Integer> ACCESS_TOKENS =
      Config.Key.number(
          "oauth1.access_token_duration",
          86_400,
          "Seconds an OAuth access token is good for; 0 for ever");

  private final Backend backend;
  private final Config config;
  private final TokenPart tokens;
  private final Credentials credentials;
  private final OAuth1 oauth;

  /**
   * @param secrets what seals them
   * @param clock the process' own
   */
  DelegationPart(
      Backend backend,
      Config config,
      StoredSecrets secrets,
      InstantSource clock,
      TokenPart tokens) {
    this.backend = backend;
    this.config = config;
    this.tokens = tokens;
    credentials = new Credentials(backend, secrets, tokens.lastUsed(), config.get(CREDENTIALS));
    oauth =
        new OAuth1(
            backend,
            new OAuth1Store(secrets, clock),
            Duration.ofSeconds(config.get(REQUEST_TOKENS)),
            Duration.ofSeconds(config.get(ACCESS_TOKENS)));
  }

  static List<Config.Key<?>> options() {
    return List.of(
        CREDENTIALS,
        APPLICATION_CREDENTIALS,
        REDELEGATIONS,
        SIGNATURES,
        REQUEST_TOKENS,
        ACCESS_TOKENS);
  }

  Credentials credentials() {
    return credentials;
  }

  OAuth1 oauth() {
    return oauth;
  }

  Routes routes(Passwords passwords) {
    var tokens = this.tokens.tokens();
    var trusts = new Trusts(backend, config.get(REDELEGATIONS));
    var applications =
        new ApplicationCredentials(backend, passwords, config.get(APPLICATION_CREDENTIALS));
    var signatureLife = Duration.ofMinutes(config.get(SIGNATURES));
    return new Routes("")
        .include(new OAuth1Api(backend, oauth, tokens).routes())
        .include(new TrustApi(trusts, tokens).routes())
        .include(new CredentialApi(credentials, tokens).routes())
        .include(
            new SignatureApi(backend, credentials, tokens, this.tokens.audit(), signatureLife)
                .routes())
        .include(
            new ApplicationCredentialApi(applications, tokens, this.tokens.lastUsed()).routes());
  }
}
