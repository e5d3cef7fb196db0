package welkin.identity.user;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.generators.SCrypt;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * The ways a password may be hashed, in the texts that passlib (and so keystone) writes. Each reads
 * the hashes of all: an imported directory goes on working, and a login brings an old hash up to
 * date.
 */
enum PasswordHash {
  /** {@code $2b$}, {@code $2a$} or {@code $2y$}; reads 72 bytes, keystone cuts there as well. */
  BCRYPT("\\$2[aby]\\$(\\d\\d)\\$.{53}", 4, 31, 12) {
    @Override
    String make(byte[] password, int rounds) {
      return OpenBSDBCrypt.generate("2b", cut(password), salt(), rounds);
    }

    @Override
    boolean check(byte[] password, String hash) {
      return OpenBSDBCrypt.checkPassword(hash, cut(password));
    }
  },

  /** bcrypt of a keyed SHA-256, so that every byte of a long password counts. */
  BCRYPT_SHA256(
      "\\$bcrypt-sha256\\$v=2,t=2b,r=(\\d+)\\$([./A-Za-z0-9]{22})\\$([./A-Za-z0-9]{31})",
      4,
      31,
      12) {
    @Override
    String make(byte[] password, int rounds) {
      // bcrypt writes its salt in an alphabet of its own; the keyed digest is made over that text
      var salted = OpenBSDBCrypt.generate("2b", new byte[] {0}, salt(), rounds);
      var salt = salted.substring(7, 29);
      var whole = OpenBSDBCrypt.generate("2b", keyed(password, salt), unBcrypt(salt), rounds);
      return "$bcrypt-sha256$v=2,t=2b,r=" + rounds + "$" + salt + "$" + whole.substring(29);
    }

    @Override
    boolean check(byte[] password, String hash) {
      var m = match(hash);
      var bcrypt =
          String.format("$2b$%02d$%s%s", Integer.valueOf(m.group(1)), m.group(2), m.group(3));
      return OpenBSDBCrypt.checkPassword(bcrypt, keyed(password, m.group(2)));
    }
  },

  /** RFC 7914 with r = 8, p = 1; the rounds are the logarithm of N. */
  SCRYPT("\\$scrypt\\$ln=(\\d+),r=(\\d+),p=(\\d+)\\$([^$]+)\\$([^$]+)", 1, 20, 16) {
    @Override
    String make(byte[] password, int rounds) {
      var salt = salt();
      return "$scrypt$ln="
          + rounds
          + ",r=8,p=1$"
          + BASE64.encodeToString(salt)
          + "$"
          + BASE64.encodeToString(SCrypt.generate(password, salt, 1 << rounds, 8, 1, 32));
    }

    @Override
    boolean check(byte[] password, String hash) {
      var m = match(hash);
      var expected = Base64.getDecoder().decode(m.group(5));
      return MessageDigest.isEqual(
          expected,
          SCrypt.generate(
              password,
              Base64.getDecoder().decode(m.group(4)),
              1 << Integer.parseInt(m.group(1)),
              Integer.parseInt(m.group(2)),
              Integer.parseInt(m.group(3)),
              expected.length));
    }
  },

  /** RFC 8018 with HMAC-SHA512. */
  PBKDF2_SHA512("\\$pbkdf2-sha512\\$(\\d+)\\$([^$]+)\\$([^$]+)", 1, 10_000_000, 25_000) {
    @Override
    String make(byte[] password, int rounds) {
      var salt = salt();
      return "$pbkdf2-sha512$"
          + rounds
          + "$"
          + BASE64.encodeToString(salt).replace('+', '.')
          + "$"
          + BASE64.encodeToString(pbkdf2(password, salt, rounds, 64)).replace('+', '.');
    }

    @Override
    boolean check(byte[] password, String hash) {
      var m = match(hash);
      var expected = Base64.getDecoder().decode(m.group(3).replace('.', '+'));
      return MessageDigest.isEqual(
          expected,
          pbkdf2(
              password,
              Base64.getDecoder().decode(m.group(2).replace('.', '+')),
              Integer.parseInt(m.group(1)),
              expected.length));
    }
  };

  private static final int BYTES_MAX = 72;
  private static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String ALPHABET =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private final Pattern form;
  private final int least;
  private final int most;
  private final int usual;

  PasswordHash(String form, int least, int most, int usual) {
    this.form = Pattern.compile(form);
    this.least = least;
    this.most = most;
    this.usual = usual;
  }

  /**
   * @param rounds the cost in the algorithm's own measure
   */
  abstract String make(byte[] password, int rounds);

  abstract boolean check(byte[] password, String hash);

  /** The algorithm a hash was made with. */
  static PasswordHash of(String hash) {
    for (var h : values()) {
      if (h.form.matcher(hash).matches()) {
        return h;
      }
    }
    throw new IllegalArgumentException("a stored password hash is of no known kind");
  }

  /** What making or checking a hash costs, in the algorithm's iterations. */
  long iterations(String hash) {
    int rounds = Integer.parseInt(match(hash).group(1));
    return this == PBKDF2_SHA512 ? rounds : 1L << rounds;
  }

  /** Whether a hash is what {@link #make} would write now. */
  boolean isCurrent(String hash, int rounds) {
    var m = form.matcher(hash);
    return m.matches() && Integer.parseInt(m.group(1)) == rounds;
  }

  /**
   * The cost to use.
   *
   * @param asked zero for the usual one
   */
  int rounds(int asked) {
    if (asked != 0 && (asked < least || asked > most)) {
      throw new IllegalArgumentException(
          "identity.password_hash_rounds: " + asked + " is not between " + least + " and " + most);
    }
    return asked == 0 ? usual : asked;
  }

  java.util.regex.Matcher match(String hash) {
    var m = form.matcher(hash);
    if (!m.matches()) {
      throw new IllegalArgumentException("not a hash of " + this);
    }
    return m;
  }

  private static byte[] cut(byte[] password) {
    return password.length > BYTES_MAX ? Arrays.copyOf(password, BYTES_MAX) : password;
  }

  private static byte[] salt() {
    var salt = new byte[16];
    RANDOM.nextBytes(salt);
    return salt;
  }

  private static byte[] keyed(byte[] password, String salt) {
    var mac =
        new org.bouncycastle.crypto.macs.HMac(new org.bouncycastle.crypto.digests.SHA256Digest());
    mac.init(new KeyParameter(salt.getBytes(StandardCharsets.US_ASCII)));
    mac.update(password, 0, password.length);
    var out = new byte[32];
    mac.doFinal(out, 0);
    return Base64.getEncoder().encode(out);
  }

  private static byte[] unBcrypt(String text) {
    var out = new byte[16];
    int bits = 0;
    int value = 0;
    int at = 0;
    for (char c : text.toCharArray()) {
      value = value << 6 | ALPHABET.indexOf(c);
      bits += 6;
      if (bits >= 8 && at < out.length) {
        bits -= 8;
        out[at++] = (byte) (value >> bits);
      }
    }
    return out;
  }

  private static byte[] pbkdf2(byte[] password, byte[] salt, int rounds, int length) {
    var generator = new PKCS5S2ParametersGenerator(new SHA512Digest());
    generator.init(password, salt, rounds);
    return ((KeyParameter) generator.generateDerivedMacParameters(length * 8)).getKey();
  }
}
