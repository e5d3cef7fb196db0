package welkin.identity.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import welkin.core.Secret;

/**
 * Time-based one-time passwords: six digits, steps of 30 seconds, HMAC-SHA1 (RFC 6238). The step
 * before the present one is good as well, as with keystone.
 */
final class Totp {
  private static final int STEP = 30;
  private static final int PREVIOUS = 1;
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  private Totp() {}

  /**
   * @param seed Base32, padded or not
   */
  static boolean accepts(Secret seed, String passcode, Instant now) {
    byte[] key;
    try {
      key = base32(seed.reveal());
    } catch (IllegalArgumentException e) {
      return false;
    }
    if (key.length == 0) {
      return false;
    }
    boolean found = false;
    for (int back = 0; back <= PREVIOUS; back++) {
      found |=
          MessageDigest.isEqual(
              passcode(key, now.getEpochSecond() / STEP - back).getBytes(StandardCharsets.UTF_8),
              passcode.getBytes(StandardCharsets.UTF_8));
    }
    return found;
  }

  static String passcode(byte[] key, long step) {
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(key, "HmacSHA1"));
      var hash = mac.doFinal(ByteBuffer.allocate(8).putLong(step).array());
      int at = hash[hash.length - 1] & 0xf;
      int number = ByteBuffer.wrap(hash, at, 4).getInt() & 0x7fffffff;
      return String.format(Locale.ROOT, "%06d", number % 1_000_000);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** RFC 4648; there is none in the standard library. */
  static byte[] base32(String text) {
    var clean = text.strip().replace("=", "").toUpperCase(Locale.ROOT);
    var out = ByteBuffer.allocate(clean.length() * 5 / 8);
    int bits = 0;
    int value = 0;
    for (char c : clean.toCharArray()) {
      int digit = BASE32.indexOf(c);
      if (digit < 0) {
        throw new IllegalArgumentException("not Base32");
      }
      value = value << 5 | digit;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out.put((byte) (value >> bits));
      }
    }
    return out.array();
  }
}
