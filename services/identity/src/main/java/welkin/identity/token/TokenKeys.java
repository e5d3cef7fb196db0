package welkin.identity.token;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import welkin.core.Config;
import welkin.store.Database;
import welkin.store.Sql;

/**
 * The keys of tokens. One format is given out ({@code token.provider}), both are read: where the
 * provider is changed, tokens that are out stay good, and so do those of a process that was not
 * started again yet.
 */
public final class TokenKeys {
  private static final int TEXT_MAX = 8192;
  private static final Config.Key<String> PROVIDER =
      Config.Key.text(
          "token.provider", "fernet", "The format tokens are given out in: fernet or jws");
  private static final Config.Key<Integer> ACTIVE =
      Config.Key.number("fernet_tokens.max_active_keys", 3, "Token keys kept, the staged one too");
  private static final Config.Key<Integer> ROTATE =
      Config.Key.number(
          "fernet_tokens.rotation_hours",
          0,
          "Hours after which the token keys are rotated by themselves, 0 for never; a token is good"
              + " while its key is kept, so not less than a token's life and window");

  private final FernetKeys fernet;
  private final JwsKeys jws;
  private final boolean signs;
  private final Duration every;

  private TokenKeys(FernetKeys fernet, JwsKeys jws, boolean signs, Duration every) {
    this.fernet = fernet;
    this.jws = jws;
    this.signs = signs;
    this.every = every;
  }

  /** The options it reads. */
  public static List<Config.Key<?>> options() {
    return List.of(PROVIDER, ACTIVE, ROTATE);
  }

  /**
   * @param home the state folder, with {@code cluster.key}
   * @throws IllegalArgumentException for another provider
   */
  public static TokenKeys of(Database database, Path home, Config config) {
    boolean signs =
        switch (config.get(PROVIDER)) {
          case "fernet" -> false;
          case "jws" -> true;
          default ->
              throw new IllegalArgumentException(
                  "token.provider: '" + config.get(PROVIDER) + "' is not fernet or jws");
        };
    int active = config.get(ACTIVE);
    var cluster = new ClusterKey(home);
    return new TokenKeys(
        new FernetKeys(database, cluster, "token", home.resolve("fernet-keys"), active),
        new JwsKeys(database, cluster, active),
        signs,
        Duration.ofHours(config.get(ROTATE)));
  }

  /**
   * Refuses a rotation that would take a token's key away before the token ends.
   *
   * @param life how long a token is good
   * @param window for how long after that it may still be asked for
   * @throws IllegalArgumentException that says what to set
   */
  public static void mustOutlive(Config config, Duration life, Duration window) {
    int active = Math.max(2, config.get(ACTIVE));
    int hours = config.get(ROTATE);
    long needed = life.plus(window).toSeconds();
    // sealed just before a rotation, a token's key is kept for the rotations after it but one
    if (hours <= 0 || (active - 2) * Duration.ofHours(hours).toSeconds() >= needed) {
      return;
    }
    long enough = active == 2 ? -1 : Math.ceilDiv(needed, (active - 2) * 3600L);
    throw new IllegalArgumentException(
        ROTATE.name()
            + ": with a rotation every "
            + hours
            + " hours and "
            + active
            + " keys ("
            + ACTIVE.name()
            + ") tokens would be refused before they end: they are good for "
            + life.toSeconds()
            + " s and may be asked for "
            + window.toSeconds()
            + " s longer (token.allow_expired_window). Set "
            + ACTIVE.name()
            + " to "
            + (2 + Math.ceilDiv(needed, hours * 3600L))
            + (enough < 0 ? "" : ", or " + ROTATE.name() + " to " + enough)
            + ", or more.");
  }

  /** The Fernet keys, which seal more than tokens. */
  public FernetKeys fernet() {
    return fernet;
  }

  /** How often keys are rotated by themselves; zero for never. */
  public Duration rotationEvery() {
    return every;
  }

  /**
   * Makes the staged keys the primaries.
   *
   * @throws welkin.core.Fault 409 right after another rotation
   */
  public void rotate(Sql sql) {
    fernet.rotate(sql);
    jws.rotate(sql);
  }

  /** How long ago keys were rotated. */
  public Duration age(Sql sql) {
    return fernet.age(sql);
  }

  /** Reads the rows again: another process may have rotated. */
  public void reload(Sql sql) {
    fernet.reload(sql);
    jws.reload(sql);
  }

  String seal(Payload payload) {
    return signs
        ? jws.sign(JwsClaims.of(payload))
        : fernet.seal(payload.pack(), payload.issuedAt());
  }

  /** What is sealed in a token; null for what is none of ours. */
  Payload open(String text) {
    if (text.length() > TEXT_MAX) {
      return null;
    }
    try {
      if (text.indexOf('.') >= 0) { // no letter of base64
        var claims = jws.verified(text);
        return claims == null ? null : JwsClaims.read(claims);
      }
      var opened = fernet.open(text);
      return opened == null ? null : Payload.unpack(opened.payload(), opened.made());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
