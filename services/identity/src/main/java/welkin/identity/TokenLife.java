package welkin.identity;

import java.time.Duration;
import java.util.List;
import welkin.core.Config;
import welkin.identity.token.TokenKeys;

/**
 * How long tokens are good.
 *
 * @param life from their making
 * @param window after their end, while services may still validate them
 */
record TokenLife(Duration life, Duration window) {
  private static final Config.Key<Integer> EXPIRATION =
      Config.Key.number("token.expiration", 3600, "Seconds a token is good for");
  private static final Config.Key<Integer> EXPIRED_WINDOW =
      Config.Key.number(
          "token.allow_expired_window",
          172_800,
          "Seconds after its end that services may still validate a token");

  static List<Config.Key<?>> options() {
    return List.of(EXPIRATION, EXPIRED_WINDOW);
  }

  /**
   * @throws IllegalArgumentException when keys are rotated away before their tokens end
   */
  static TokenLife of(Config config) {
    var life = Duration.ofSeconds(config.get(EXPIRATION));
    var window = Duration.ofSeconds(config.get(EXPIRED_WINDOW));
    TokenKeys.mustOutlive(config, life, window);
    return new TokenLife(life, window);
  }

  /** How long what concerns a token has to be remembered. */
  Duration kept() {
    return life.plus(window);
  }
}
