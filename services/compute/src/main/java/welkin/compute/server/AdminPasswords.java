package welkin.compute.server;

import java.security.SecureRandom;

/** Passwords as servers are given one: shown once and kept nowhere. */
final class AdminPasswords {
  private static final String CHARS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final int LENGTH = 12;

  private AdminPasswords() {}

  static String make() {
    var random = new SecureRandom();
    var out = new StringBuilder();
    for (int i = 0; i < LENGTH; i++) {
      out.append(CHARS.charAt(random.nextInt(CHARS.length())));
    }
    return out.toString();
  }
}
