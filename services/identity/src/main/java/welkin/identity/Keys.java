package welkin.identity;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import welkin.core.Config;
import welkin.core.Periodic;
import welkin.identity.credential.Credentials;
import welkin.identity.domainconfig.DomainConfigs;
import welkin.identity.federation.saml.SamlKeys;
import welkin.identity.oauth1.OAuth1Store;
import welkin.identity.shared.Backend;
import welkin.identity.shared.Epoch;
import welkin.identity.token.ClusterKey;
import welkin.identity.token.SealedColumn;
import welkin.identity.token.StoredSecrets;
import welkin.identity.token.TokenKeys;
import welkin.store.Databases;

/** The keys of tokens and of stored secrets, and their rotation, by itself or by an operator. */
public final class Keys implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Keys.class);
  private static final Duration ROTATION_LOOK = Duration.ofMinutes(1);

  /** What a rotation of the keys of stored secrets seals anew: all that is sealed with them. */
  static final List<SealedColumn> SEALED =
      Stream.concat(
              Stream.of(Credentials.SEALED, DomainConfigs.SEALED), OAuth1Store.SEALED.stream())
          .toList();

  private final Backend backend;
  private final TokenKeys tokens;
  private final StoredSecrets secrets;
  private Periodic rotator;

  Keys(Backend backend, Path home, Config config) {
    this.backend = backend;
    tokens = TokenKeys.of(backend.database(), home, config);
    secrets = new StoredSecrets(backend.database(), home, backend.clock(), SEALED);
    backend.epoch().onEnd(tokens::reload);
    backend.epoch().onEnd(secrets::reload);
  }

  TokenKeys tokens() {
    return tokens;
  }

  /** What seals stored secrets. */
  StoredSecrets secrets() {
    return secrets;
  }

  /** Makes the staged token keys the ones that seal, for every process of the cloud. */
  void rotateTokens() {
    backend
        .database()
        .change(
            sql -> {
              tokens.rotate(sql);
              backend.epoch().end(sql);
            });
  }

  /** Makes the staged credential key the one that seals, and seals with it all that is stored. */
  void rotateCredentials() {
    backend
        .database()
        .change(
            sql -> {
              secrets.rotate(sql);
              backend.epoch().end(sql);
            });
  }

  /** Rotates token keys when their time has come, where that is configured. */
  void start() {
    if (tokens.rotationEvery().isPositive()) {
      rotator = Periodic.every(ROTATION_LOOK, "rotation of the token keys", this::rotateWhenDue);
    }
  }

  private void rotateWhenDue() {
    if (backend.database().read(tokens::age).compareTo(tokens.rotationEvery()) >= 0) {
      rotateOnce();
    }
  }

  /** Unless another process was faster. */
  private void rotateOnce() {
    backend
        .database()
        .change(
            sql -> {
              if (tokens.age(sql).compareTo(tokens.rotationEvery()) >= 0) {
                tokens.rotate(sql);
                backend.epoch().end(sql);
                log.info("the token keys were rotated");
              }
            });
  }

  @Override
  public void close() {
    if (rotator != null) {
      rotator.close();
    }
  }

  /**
   * Rotation by an operator, on a control host, while the cloud runs.
   *
   * @param credentials the keys of stored secrets in place of those of tokens
   */
  public static void rotate(Databases databases, Path home, Config config, boolean credentials) {
    try (var database = IdentityService.open(databases)) {
      if (credentials) {
        var secrets = new StoredSecrets(database, home, InstantSource.system(), SEALED);
        database.change(
            sql -> {
              secrets.rotate(sql);
              Epoch.endElsewhere(sql);
            });
      } else {
        var keys = TokenKeys.of(database, home, config);
        database.change(
            sql -> {
              keys.rotate(sql);
              Epoch.endElsewhere(sql);
            });
      }
    }
  }

  /**
   * The certificates of this cloud's assertions, PEM: of the key that signs, and of the next.
   *
   * @param rotate whether the next becomes the one that signs before
   */
  public static List<String> samlCertificates(Databases databases, Path home, boolean rotate) {
    try (var database = IdentityService.open(databases)) {
      var keys = new SamlKeys(database, new ClusterKey(home));
      if (rotate) {
        keys.rotate();
      }
      return keys.certificates();
    }
  }
}
