package welkin.core;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes secrets: passwords and keys of 192 bits in URL-safe text. */
public final class Secrets {
  private static final SecureRandom RANDOM = new SecureRandom();

  private Secrets() {}

  public static Secret generate() {
    var bytes = new byte[24];
    RANDOM.nextBytes(bytes);
    return Secret.of(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }
}
