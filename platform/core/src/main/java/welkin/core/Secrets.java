package welkin.core;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes secrets: passwords and keys of 192 bits in URL-safe text. */
public final class Secrets {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Secrets() {}

  /** A new one. It does not begin with a dash: a command would take it for an option. */
  public static Secret generate() {
    var bytes = new byte[24];
    while (true) {
      RANDOM.nextBytes(bytes);
      var text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      if (!text.startsWith("-")) {
        return Secret.of(text);
      }
    }
  }
}
