package welkin.identity.token;

import java.time.Instant;

/** What a user's device would show. */
public final class TotpCodes {
  private TotpCodes() {}

  public static String at(String seed, Instant now) {
    return Totp.passcode(Totp.base32(seed), now.getEpochSecond() / 30);
  }
}
